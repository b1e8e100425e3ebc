// Signs and encrypts with the library `jose`: one JSON request on standard input, its answer on standard output.
import { readFileSync } from "node:fs";
import { CompactEncrypt, CompactSign, importJWK, importPKCS8 } from "jose";

const request = JSON.parse(readFileSync(0, "utf8"));
const bytes = new TextEncoder().encode(request.text);

async function encrypt() {
  const [x, y] = request.key.split(".");
  const key = await importJWK({ kty: "EC", crv: "P-256", x, y }, request.header.alg);
  const made = new CompactEncrypt(bytes).setProtectedHeader(request.header);
  if (request.parties) made.setKeyManagementParameters({ apu: bytes, apv: bytes });
  return made.encrypt(key);
}

async function sign() {
  const key = await importPKCS8(request.pem, "ES256");
  return new CompactSign(bytes).setProtectedHeader(request.header).sign(key);
}

process.stdout.write(await (request.key ? encrypt() : sign()));
