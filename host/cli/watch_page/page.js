"use strict";
// What the chip does comes as lines of its trace, here as on the terminal; one function a kind of line says what it changes.
const period = 250; // ms between two looks
const shownLines = 600;
const hotFor = 1500; // ms that a unit of flash stands out after it was written
const areas = ["chip", "state", "radio", "net", "tls", "mqtt", "http", "flash", "nvs", "pin", "timer"];
const quietAtFirst = new Set(["timer", "net"]);

const $ = id => document.getElementById(id);
const seen = { line: 0, serial: 0 };
const shows = new Set(areas.filter(area => !quietAtFirst.has(area)));
let flash = null;
let paused = false;
let outputs = new Map(); // what the firmware does with its pins, by kind and number
let inputs = { own: false, pins: {}, adc: {} };

function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

async function act(what) {
  await fetch("do", {
    method: "POST", headers: { "Content-Type": "application/json", "X-ESB": "1" }, body: JSON.stringify(what),
  });
  await look();
}

// --- States ---

const moods = {
  good: new Set(["up", "up since a moment", "connected", "open", "open for the result"]),
  bad: new Set(["refused", "disconnected", "went back", "off"]),
};

function setMachine(name, now, way) {
  const machine = document.querySelector(`[data-machine="${name}"]`);
  if (!machine) return;
  const [, state, trail] = machine.children;
  if (state.textContent !== now) {
    machine.classList.remove("moved");
    void machine.offsetWidth; // so that the animation begins anew
    machine.classList.add("moved");
  }
  state.textContent = now;
  trail.textContent = way;
  machine.dataset.mood = moods.good.has(now) ? "good" : moods.bad.has(now) ? "bad" : "";
}

function clearMachines() {
  for (const name of ["wifi", "portal", "update", "broker"]) setMachine(name, "–", "");
}

let peer = ""; // the broker that is tried

function takeState(line) {
  setMachine(line.what, line.to, `${line.from} → ${line.because}`);
}

let suite = ""; // of TLS, opened last

function takeTls(line) {
  if (line.what === "open") suite = line.suite.replace(/^TLS-/, "").replace("-WITH-", " · ");
}

function takeMqtt(line) {
  if (line.what === "connecting") {
    peer = `${line.host}:${line.port}`;
    setMachine("broker", "connecting", peer);
  } else if (line.what === "open") {
    setMachine("broker", "secure", `${peer} · ${suite}`);
  } else if (line.what === "connack") {
    setMachine("broker", line.code === 0 ? "connected" : "refused", `${peer} · ${suite}`);
  } else if (line.what === "closed") {
    setMachine("broker", "disconnected", `${peer} · ${line.why}`);
  }
}

function takeChip(line) {
  if (line.what !== "boot") return;
  $("boot").textContent = `boot ${line.boot} after ${line.reason}, slot ${line.slot} (${line.state}), ${Math.round(line.image / 1024)} KiB`;
  outputs = new Map();
  clearMachines();
}

// --- Pins ---

function takePin(line) {
  if (line.what === "i2c") return;
  const kind = line.what === "adc" ? "adc" : line.what;
  const number = line.what === "adc" ? line.channel : line.pin;
  for (const other of ["input", "output", "pwm"]) {
    if (kind !== "adc" && other !== kind) outputs.delete(`${other} ${number}`);
  }
  outputs.set(`${kind} ${number}`, { kind, number, value: line.level ?? line.share ?? 0 });
}

function drawPin(pin) {
  const row = make("div", { className: "pin" });
  row.dataset.pin = `${pin.kind} ${pin.number}`;
  const title = make("b", { textContent: pin.kind === "adc" ? `Channel ${pin.number}` : `Pin ${pin.number}` });
  const what = make("span", { className: "what" });
  row.append(title, what);
  if (pin.kind === "output") {
    row.append(make("span", { className: "led" }));
  } else if (pin.kind === "pwm") {
    row.append(make("meter", { max: 1024 }));
  } else if (pin.kind === "input") {
    const level = make("input", { type: "checkbox", ariaLabel: `Level at pin ${pin.number}` });
    level.addEventListener("change", () => act({ pin: [pin.number, level.checked ? 1 : 0] }));
    row.append(level);
  } else {
    const share = make("input", { type: "range", min: 0, max: 1024, value: 0, ariaLabel: `Voltage at channel ${pin.number}` });
    share.addEventListener("input", () => act({ adc: [pin.number, Number(share.value)] }));
    row.append(share);
  }
  return row;
}

function updatePin(row, pin) {
  const [, what, control] = row.children;
  if (pin.kind === "output") {
    what.textContent = pin.value ? "output, high" : "output, low";
    control.classList.toggle("lit", pin.value === 1);
  } else if (pin.kind === "pwm") {
    what.textContent = `pulses, ${Math.round(pin.value / 10.24)} %`;
    control.value = pin.value;
  } else if (pin.kind === "input") {
    const level = inputs.pins[pin.number] === 1;
    what.textContent = level ? "input, high" : "input, low";
    control.checked = level;
    control.disabled = !inputs.own;
  } else {
    what.textContent = `analogue, read ${Math.round(pin.value / 10.24)} %`;
    control.disabled = !inputs.own;
    if (document.activeElement !== control) control.value = inputs.adc[pin.number] ?? 0;
  }
}

function showPins() {
  const wanted = [...outputs.values()].sort((a, b) => (a.kind === "adc") - (b.kind === "adc") || a.number - b.number);
  const rows = [...$("pins").children];
  const same = rows.length === wanted.length && rows.every((row, i) => row.dataset.pin === `${wanted[i].kind} ${wanted[i].number}`);
  if (!same) $("pins").replaceChildren(...wanted.map(drawPin));
  wanted.forEach((pin, i) => updatePin($("pins").children[i], pin));
  $("no-pins").hidden = wanted.length > 0;
  $("other-pins").hidden = inputs.own;
}

// --- Radio ---

function bars(rssi) {
  const lit = rssi >= -55 ? 4 : rssi >= -67 ? 3 : rssi >= -78 ? 2 : 1;
  const all = make("span", { className: "bars", ariaHidden: "true" });
  for (let i = 0; i < 4; ++i) all.append(make("i", { className: i < lit ? "lit" : "" }));
  return all;
}

function drawNetwork(network, number) {
  const box = make("input", { type: "checkbox" });
  box.addEventListener("change", () => act({ network: [number, box.checked ? 1 : 0] }));
  const about = `${network.rssi} dBm${network.lock ? ", with a password" : ", open"}`;
  return make("label", { className: "switch" },
    make("span", {}, bars(network.rssi), network.ssid, make("small", { textContent: about })), box);
}

function showAir(air) {
  $("air").checked = air.on;
  $("phone").checked = air.phone;
  $("button").checked = air.button;
  if ($("networks").childElementCount !== air.networks.length) {
    $("networks").replaceChildren(...air.networks.map(drawNetwork));
  }
  air.networks.forEach((network, i) => {
    const box = $("networks").children[i].lastElementChild;
    box.checked = network.on;
    box.disabled = !air.on;
  });
}

// --- Flash ---

// An image is erased in blocks of 64 KiB, data in units of 4: a cell each, unless there were too many.
const cellOf = part => (part.app || part.size > 1 << 20 ? 16 : 1);
const levelOf = count => (count === 0 ? 0 : count === 1 ? 1 : count < 5 ? 2 : count < 20 ? 3 : 4);
const sizeText = bytes => (bytes >= 1 << 20 ? `${Math.round(bytes / (1 << 20) * 10) / 10} MiB` : `${bytes / 1024} KiB`);

function takeFlash(line, number) {
  if (!flash || number <= flash.line) return;
  const first = Math.floor(line.offset / flash.unit);
  const last = Math.floor((line.offset + line.size - 1) / flash.unit);
  const counts = line.what === "erase" ? flash.erases : flash.programs;
  for (let unit = first; unit <= last && unit < counts.length; ++unit) {
    counts[unit] += 1;
    flash.hot.set(unit, performance.now());
  }
  flash.dirty = true;
}

async function loadFlash() {
  const loaded = await (await fetch("flash")).json();
  flash = { ...loaded, hot: new Map(), dirty: true };
  $("flash").replaceChildren(...flash.partitions.map(part => make("div", { className: "part" },
    make("b", { textContent: part.name }, make("small", { textContent: sizeText(part.size) })),
    make("canvas", { role: "img" }))));
}

function drawPart(part, canvas, colours, now) {
  const each = cellOf(part);
  const first = part.offset / flash.unit;
  const cells = Math.ceil(part.size / flash.unit / each);
  const width = canvas.parentElement.clientWidth && canvas.clientWidth;
  if (!width) return;
  const pitch = 12;
  const columns = Math.max(1, Math.floor((width + 2) / pitch));
  const height = Math.ceil(cells / columns) * pitch;
  const scale = window.devicePixelRatio || 1;
  canvas.width = width * scale;
  canvas.height = height * scale;
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  let erases = 0;
  let most = 0;
  for (let cell = 0; cell < cells; ++cell) {
    let count = 0;
    let hot = false;
    for (let unit = first + cell * each; unit < Math.min(first + (cell + 1) * each, flash.erases.length); ++unit) {
      count = Math.max(count, flash.erases[unit]);
      erases += flash.erases[unit];
      hot ||= now - (flash.hot.get(unit) ?? -hotFor) < hotFor;
    }
    most = Math.max(most, count);
    const x = (cell % columns) * pitch;
    const y = Math.floor(cell / columns) * pitch;
    pen.fillStyle = colours[levelOf(count)];
    pen.beginPath();
    pen.roundRect(x, y, pitch - 2, pitch - 2, 2.5);
    pen.fill();
    if (!hot) continue;
    pen.lineWidth = 2;
    pen.strokeStyle = colours[5];
    pen.beginPath();
    pen.roundRect(x + 1, y + 1, pitch - 4, pitch - 4, 2);
    pen.stroke();
  }
  canvas.title = `${part.name}: erases of 4 KiB: ${erases}, most of one: ${most}`;
  canvas.ariaLabel = canvas.title;
}

function showFlash() {
  if (!flash) return;
  const now = performance.now();
  for (const [unit, when] of flash.hot) {
    if (now - when < hotFor) continue;
    flash.hot.delete(unit);
    flash.dirty = true;
  }
  if (!flash.dirty) return;
  flash.dirty = false;
  const style = getComputedStyle(document.documentElement);
  const colours = ["--w0", "--w1", "--w2", "--w3", "--w4", "--hot"].map(name => style.getPropertyValue(name));
  flash.partitions.forEach((part, i) => drawPart(part, $("flash").children[i].lastElementChild, colours, now));
  const erases = flash.erases.reduce((a, b) => a + b, 0);
  const most = Math.max(...flash.erases);
  $("flash-sum").textContent = `${sizeText(flash.size)} · erases of 4 KiB since it is watched: ${erases}, most of one: ${most}`;
}

const redrawFlash = () => { if (flash) { flash.dirty = true; showFlash(); } };
new ResizeObserver(redrawFlash).observe($("flash"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawFlash);

// --- Trace ---

const known = new Set(["ms", "area", "what", "way", "lost"]);

function valueText(key, value) {
  if (key === "offset") return `0x${value.toString(16)}`;
  return /[\s=,"]/.test(String(value)) ? JSON.stringify(value) : String(value);
}

function drawLine(line) {
  const words = make("span", {}, make("strong", { textContent: `${line.way === "out" ? "→ " : line.way === "in" ? "← " : ""}${line.what}` }));
  for (const [key, value] of Object.entries(line)) {
    if (known.has(key) || value === "") continue;
    words.append(" ", make("span", { className: "key", textContent: `${key}=` }), valueText(key, value));
  }
  if (line.lost) words.append(` (${line.lost} lines lost before)`);
  const row = make("li", {}, make("time", { textContent: (line.ms / 1000).toFixed(3) }),
    make("span", { className: "area", textContent: line.area }), words);
  row.style.setProperty("--of", `var(--${line.area})`);
  row.dataset.area = line.area;
  row.hidden = !shows.has(line.area);
  return row;
}

function isAtEnd(box) { return box.scrollTop + box.clientHeight >= box.scrollHeight - 24; }

function showLines(lines) {
  if (paused || lines.length === 0) return;
  const box = $("trace");
  const follow = isAtEnd(box);
  box.append(...lines.map(drawLine));
  while (box.childElementCount > shownLines) box.firstElementChild.remove();
  if (follow) box.scrollTop = box.scrollHeight;
}

for (const area of areas) {
  const button = make("button", { type: "button", textContent: area, ariaPressed: String(shows.has(area)) });
  button.style.setProperty("--of", `var(--${area})`);
  button.addEventListener("click", () => {
    if (!shows.delete(area)) shows.add(area);
    button.ariaPressed = String(shows.has(area));
    const box = $("trace");
    const follow = isAtEnd(box);
    for (const row of box.children) if (row.dataset.area === area) row.hidden = !shows.has(area);
    if (follow) box.scrollTop = box.scrollHeight;
  });
  $("areas").append(button);
}
$("pause").addEventListener("click", () => {
  paused = !paused;
  $("pause").ariaPressed = String(paused);
  $("pause").textContent = paused ? "Go on" : "Pause";
});

// --- Serial port ---

function showSerial(text) {
  if (!text) return;
  const box = $("serial");
  const follow = isAtEnd(box);
  box.append(text.replaceAll("\r", ""));
  if (box.textContent.length > 60000) box.textContent = box.textContent.slice(-50000);
  if (follow) box.scrollTop = box.scrollHeight;
}

$("typing").addEventListener("submit", event => {
  event.preventDefault();
  act({ type: `${$("typed").value}\n` });
  $("typed").value = "";
});

// --- Power and switches ---

let isOn = false;
function showPower(on) {
  isOn = on;
  document.body.classList.toggle("on", on);
  $("power").ariaPressed = String(on);
  $("power").textContent = on ? "Power on" : "Power off";
  $("reset").disabled = !on;
  if (on) return;
  $("boot").textContent = "without power";
  clearMachines();
  outputs = new Map();
}
$("power").addEventListener("click", () => act({ power: !isOn }));
$("reset").addEventListener("click", async () => {
  await act({ power: false });
  await act({ power: true });
});
for (const name of ["air", "phone", "button"]) $(name).addEventListener("change", event => act({ [name]: event.target.checked }));

// --- Live ---

const takers = { state: takeState, tls: takeTls, mqtt: takeMqtt, chip: takeChip, pin: takePin, flash: takeFlash };

function take(live) {
  for (const [number, line] of live.lines) takers[line.area]?.(line, number);
  seen.line = live.line;
  seen.serial = live.serial;
  showLines(live.lines.map(([, line]) => line));
  showSerial(live.text);
  inputs = live.pins;
  showAir(live.air);
  showPower(live.power);
  showPins();
  showFlash();
}

let looking = null;
async function look() {
  looking ??= (async () => {
    try {
      const answer = await fetch(`live?line=${seen.line}&serial=${seen.serial}`);
      if (answer.ok) take(await answer.json());
      $("away").hidden = answer.ok;
    } catch {
      $("away").hidden = false;
      showPower(false);
    } finally {
      looking = null;
    }
  })();
  await looking;
}

async function live() {
  await look();
  setTimeout(live, document.hidden ? 2000 : period);
}
loadFlash().then(live, live);
