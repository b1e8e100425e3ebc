// A browser's part of an Improv session: gives improv-wifi-serial-sdk a serial port like the one of the Web Serial API.
//
//   node session.mjs SDK_FOLDER PORT STEPS      STEPS: JSON, [["connect", 1500], ["scan"], ["provision", "ssid", "pass"]]
//
// Prints one line of JSON for each step: {"step","ok","value" or "failure","state","error"}.
import fs from "node:fs";
import { register } from "node:module";
import path from "node:path";
import tty from "node:tty";
import { pathToFileURL } from "node:url";

// The SDK is written for bundlers: its imports have no endings, and its package does not say that it is made of modules.
register(
  "data:text/javascript," +
    encodeURIComponent(`export async function resolve(name, context, next) {
      const ours = context.parentURL?.includes("/improv-wifi-serial-sdk/") && name.startsWith(".");
      const found = await next(ours && !name.endsWith(".js") ? name + ".js" : name, context);
      return found.url.includes("/improv-wifi-serial-sdk/") ? { ...found, format: "module" } : found;
    }`),
);
globalThis.CustomEvent ??= class extends Event {
  constructor(type, options) {
    super(type, options);
    this.detail = options?.detail ?? null;
  }
};

const [sdkFolder, portPath, stepsText] = process.argv.slice(2);
const serial = path.join(sdkFolder, "node_modules/improv-wifi-serial-sdk/dist/serial.js");
const { ImprovSerial } = await import(pathToFileURL(serial));

class Port {
  constructor(file) {
    this.out = fs.openSync(file, fs.constants.O_WRONLY | fs.constants.O_NOCTTY);
    const input = new tty.ReadStream(fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOCTTY));
    input.setRawMode(true);
    this.input = input;
    this.readable = new ReadableStream({
      start: (stream) => input.on("data", (bytes) => stream.enqueue(new Uint8Array(bytes))),
    });
    this.writable = new WritableStream({
      write: (bytes) => {
        for (let done = 0; done < bytes.length; ) done += fs.writeSync(this.out, bytes, done);
      },
    });
  }
  close() {
    this.input.destroy();
    fs.closeSync(this.out);
  }
}

const silent = { log() {}, debug() {}, error: (...words) => console.error(...words) };
let port;
let improv;
const steps = {
  async connect(timeout) {
    port = new Port(portPath);
    improv = new ImprovSerial(port, silent);
    return await improv.initialize(timeout);
  },
  async disconnect() {
    await improv.close();
    port.close();
  },
  state: async () => await improv.requestCurrentState(),
  scan: async () => await improv.scan(),
  name: async () => await improv.getDeviceName(),
  provision: async (ssid, password) => await improv.provision(ssid, password),
};

for (const [step, ...words] of JSON.parse(stepsText)) {
  const line = { step };
  try {
    line.value = await steps[step](...words);
    line.ok = true;
  } catch (failure) {
    line.ok = false;
    line.failure = String(failure?.message ?? failure);
  }
  console.log(JSON.stringify({ ...line, state: improv?.state, error: improv?.error, url: improv?.nextUrl }));
}
process.exit(0);
