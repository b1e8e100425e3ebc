"""Makes envelopes without our own code: a second opinion on the format, and a way to make what `esb sign` refuses to."""

import base64
import hashlib
import hmac
import json
import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

DESCRIPTOR_AT = 0x400  # of the virtual chip's images
ESP_DESCRIPTOR_AT = 0x120  # of ESP-IDF's, which begin with this byte:
ESP_MAGIC = 0xE9
DESCRIPTOR = struct.Struct("<II32s16s32s40x")  # magic, seq, app, hw, ver
SEAL = 32  # bytes: the SHA-256 at the end of an image


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def compact(document) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def describe(image: bytes) -> dict:
    at = ESP_DESCRIPTOR_AT if image[0] == ESP_MAGIC else DESCRIPTOR_AT
    _, seq, app, hw, ver = DESCRIPTOR.unpack_from(image, at)
    text = lambda field: field.rstrip(b"\0").decode()
    return {"app": text(app), "hw": text(hw), "ver": text(ver), "seq": seq}


def redescribed(image: bytes, **changes) -> bytes:
    """The image with another descriptor, sealed again."""
    about = describe(image) | changes
    fields = DESCRIPTOR.pack(0x31425345, about["seq"], *(about[name].encode() for name in ("app", "hw", "ver")))
    body = image[:DESCRIPTOR_AT] + fields + image[DESCRIPTOR_AT + len(fields):-SEAL]
    return body + hashlib.sha256(body).digest()


def manifest(image: bytes, *urls: str, **changes) -> dict:
    return describe(image) | {"floor": 0, "size": len(image), "sha256": hashlib.sha256(image).hexdigest(),
                              "url": list(urls)} | changes


class Signer:
    def __init__(self, key: ec.EllipticCurvePrivateKey | None = None):
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        numbers = self.key.public_key().public_numbers()
        self.x, self.y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        members = {"crv": "P-256", "kty": "EC", "x": b64(self.x), "y": b64(self.y)}
        self.kid = hashlib.sha256(compact(members)).hexdigest()[:8]  # RFC 7638

    @classmethod
    def from_pem(cls, path) -> "Signer":
        return cls(serialization.load_pem_private_key(path.read_bytes(), None))

    def public_pem(self) -> bytes:
        return self.key.public_key().public_bytes(serialization.Encoding.PEM,
                                                  serialization.PublicFormat.SubjectPublicKeyInfo)

    def der_signature(self, text: bytes) -> bytes:
        return self.key.sign(text, ec.ECDSA(hashes.SHA256()))

    def signature(self, text: bytes) -> bytes:
        r, s = decode_dss_signature(self.der_signature(text))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def hmac(self, text: bytes) -> bytes:
        """What a verifier confuses with ES256 if it lets the header choose: the public key as a shared one."""
        return hmac.digest(self.public_pem(), text, "sha256")

    def header(self, **changes) -> dict:
        """The header; a member changed to None is left out."""
        members = {"alg": "ES256", "kid": self.kid, "typ": "esb-update"} | changes
        return {name: value for name, value in members.items() if value is not None}

    def envelope(self, payload: dict | bytes, sign=None, **header) -> str:
        body = payload if isinstance(payload, bytes) else compact(payload)
        text = f"{b64(compact(self.header(**header)))}.{b64(body)}"
        return f"{text}.{b64((sign or self.signature)(text.encode()))}"
