"""Encrypts and opens images without our own code: python's cryptography, which is OpenSSL."""

import base64
import json
import os
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from signer import b64

CHUNK = 4096
TAG = 16


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def coordinates(key: ec.EllipticCurvePublicKey) -> tuple[str, str]:
    numbers = key.public_numbers()
    return b64(numbers.x.to_bytes(32, "big")), b64(numbers.y.to_bytes(32, "big"))


def public_key(x: str, y: str) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicNumbers(int.from_bytes(unb64(x), "big"), int.from_bytes(unb64(y), "big"),
                                         ec.SECP256R1()).public_key()


def wrapping_key(ours: ec.EllipticCurvePrivateKey, theirs: ec.EllipticCurvePublicKey) -> bytes:
    """ECDH-ES+A256KW, RFC 7518 section 4.6, without apu and apv."""
    name = b"ECDH-ES+A256KW"
    info = struct.pack(">I", len(name)) + name + struct.pack(">III", 0, 0, 256)
    return ConcatKDFHash(hashes.SHA256(), 32, info).derive(ours.exchange(ec.ECDH(), theirs))


def wrapped_for(key: bytes, **devices: str) -> dict:
    """The manifest's `enc`; `devices`: identity and "x.y"."""
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    x, y = coordinates(ephemeral.public_key())
    return {"alg": "A256GCM", "epk": {"kty": "EC", "crv": "P-256", "x": x, "y": y},
            "for": {identity: b64(aes_key_wrap(wrapping_key(ephemeral, public_key(*text.split("."))), key))
                    for identity, text in devices.items()}}


def unwrapped(enc: dict, identity: str, ours: ec.EllipticCurvePrivateKey) -> bytes:
    sender = public_key(enc["epk"]["x"], enc["epk"]["y"])
    return aes_key_unwrap(wrapping_key(ours, sender), unb64(enc["for"][identity]))


def chunks(data: bytes, size: int) -> list[bytes]:
    return [data[at:at + size] for at in range(0, len(data), size)]


def additional(image_size: int, image_hash: bytes) -> bytes:
    return struct.pack(">I", -(-image_size // CHUNK)) + image_hash


def encrypted(image: bytes, key: bytes, image_hash: bytes) -> bytes:
    cipher = AESGCM(key)
    return b"".join(cipher.encrypt(struct.pack(">QI", 0, number), chunk, additional(len(image), image_hash))
                    for number, chunk in enumerate(chunks(image, CHUNK)))


def opened(file: bytes, key: bytes, manifest: dict) -> bytes:
    cipher = AESGCM(key)
    data = additional(manifest["size"], bytes.fromhex(manifest["sha256"]))
    return b"".join(cipher.decrypt(struct.pack(">QI", 0, number), chunk, data)
                    for number, chunk in enumerate(chunks(file, CHUNK + TAG)))


def new_key() -> bytes:
    return os.urandom(32)


def payload_of(envelope: str) -> dict:
    return json.loads(unb64(envelope.split(".")[1]))
