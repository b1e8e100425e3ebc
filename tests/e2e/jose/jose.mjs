// Signs, verifies and encrypts with the library `jose`: one JSON request on standard input, its answer on standard output.
import { readFileSync } from "node:fs";
import { CompactEncrypt, CompactSign, FlattenedEncrypt, base64url, compactVerify, decodeProtectedHeader, errors } from "jose";
import { importJWK, importPKCS8 } from "jose";

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

// Whether the signature is right.
async function verify() {
  try {
    await compactVerify(request.verify, await importJWK(request.jwk, "ES256"), { algorithms: ["ES256"] });
    return "true";
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) return "false";
    throw error;
  }
}

// Only a key, under the recipient's.
async function wrap() {
  const [x, y] = request.key.split(".");
  const key = await importJWK({ kty: "EC", crv: "P-256", x, y }, request.header.alg);
  const made = await new FlattenedEncrypt(bytes)
    .setProtectedHeader(request.header)
    .setContentEncryptionKey(base64url.decode(request.wrap))
    .encrypt(key);
  return JSON.stringify({ epk: decodeProtectedHeader(made).epk, encrypted_key: made.encrypted_key });
}

process.stdout.write(await (request.verify ? verify() : request.wrap ? wrap() : request.key ? encrypt() : sign()));
