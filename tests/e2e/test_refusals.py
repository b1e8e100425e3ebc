"""What <base>/ota must refuse, each with its own reason at the serial port and on <base>/ota/status, while the firmware
that runs stays the same process with the same bytes, and on line.

One device takes all of it, one message after the other.
"""

import base64
import dataclasses
import hashlib
import re
import subprocess
from typing import Callable

import pytest

from pytest_esb.lab import Lab
from on_line import Device, firmware
from signer import Signer, b64, compact, manifest, redescribed

SLOT = 4 << 20
RUNNING_SEQ = 11
FLOOR = 5


@pytest.fixture(scope="module")
def device(request):
    with Lab() as lab:
        device = Device(lab, "steady-1.0.0")
        device.confirm_update(firmware(lab.products, "steady-1.1.0").read_bytes(), floor=FLOOR)
        yield device
        lab.keep = lab.keep or bool(request.session.testsfailed)
        if lab.keep:
            print(f"\nlogs and files are in {lab.folder}")


class Operator:
    """Makes the messages; `newer` is an image that the device would take."""

    def __init__(self, device: Device):
        self.device = device
        self.key = device.signer
        self.other = Signer()
        running = firmware(device.lab.products, "steady-1.1.0").read_bytes()
        self.newer = redescribed(running, ver="1.2.0", seq=12)

    def manifest(self, served: bytes | None = None, **changes) -> dict:
        """Of the newer image; `served` is what the web server has instead."""
        url = self.device.serve(self.newer if served is None else served)
        return manifest(self.newer, url, **changes)

    def update(self, served: bytes | None = None, **changes) -> str:
        return self.key.envelope(self.manifest(served, **changes))

    def header(self, **changes) -> str:
        return self.key.envelope(self.manifest(), **changes)


@dataclasses.dataclass
class Case:
    title: str
    error: str
    make: Callable[[Operator], str]


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def spoiled_text(envelope: str, part: int) -> str:
    """Another character in the middle of the header, the payload or the signature."""
    parts = envelope.split(".")
    at = len(parts[part]) // 2
    other = "A" if parts[part][at] != "A" else "B"
    parts[part] = parts[part][:at] + other + parts[part][at + 1:]
    return ".".join(parts)


def other_payload(o: Operator) -> str:
    """A good signature, of another payload."""
    header, _, signature = o.update().split(".")
    return f"{header}.{b64(compact(o.manifest(ver='6.6.6')))}.{signature}"


def twice(o: Operator) -> bytes:
    return compact(o.manifest())[:-1] + b',"seq":99}'


def without(o: Operator, member: str) -> dict:
    return {name: value for name, value in o.manifest().items() if name != member}


def resealed(image: bytes) -> bytes:
    return redescribed(image)


def legacy(o: Operator) -> str:
    return f"{o.device.serve(o.newer)}|{hashlib.md5(o.newer).hexdigest()}"


def jwk(signer: Signer) -> dict:
    return {"kty": "EC", "crv": "P-256", "x": b64(signer.x), "y": b64(signer.y)}


CASES = [
    # The file
    Case("first byte flipped", "ota.hash", lambda o: o.update(flipped(o.newer, 0))),
    Case("one byte flipped in the middle", "ota.hash", lambda o: o.update(flipped(o.newer, len(o.newer) // 2))),
    Case("last byte flipped", "ota.hash", lambda o: o.update(flipped(o.newer, len(o.newer) - 1))),
    Case("a byte of the descriptor's magic flipped", "ota.no_descriptor", lambda o: o.update(flipped(o.newer, 0x400))),
    Case("other contents, sealed again", "ota.hash", lambda o: o.update(resealed(flipped(o.newer, 0x2000)))),
    Case("longer by one byte", "ota.size", lambda o: o.update(o.newer + b"\0")),
    Case("shorter by one byte", "ota.size", lambda o: o.update(o.newer[:-1])),
    Case("empty", "ota.size", lambda o: o.update(b"")),
    Case("descriptor of another seq", "ota.descriptor", lambda o: o.update(redescribed(o.newer, seq=13))),
    Case("descriptor of another version", "ota.descriptor", lambda o: o.update(redescribed(o.newer, ver="1.2.1"))),
    Case("descriptor of another app", "ota.descriptor", lambda o: o.update(redescribed(o.newer, app="basics"))),
    Case("descriptor of another chip", "ota.descriptor", lambda o: o.update(redescribed(o.newer, hw="esp32"))),
    Case("404", "http.status", lambda o: o.update(url=[o.device.web.url("nowhere.img")])),
    # The URL
    Case("ftp", "url.scheme", lambda o: o.update(url=["ftp://127.0.0.1/i.img"])),
    Case("file", "url.scheme", lambda o: o.update(url=["file:///etc/hostname"])),
    Case("no scheme", "url.bad", lambda o: o.update(url=["127.0.0.1/i.img"])),
    Case("https without a trust anchor", "http.https", lambda o: o.update(url=["https://127.0.0.1/i.img"])),
    Case("no URL", "manifest.urls", lambda o: o.update(url=[])),
    Case("five URLs", "manifest.urls", lambda o: o.update(url=["http://127.0.0.1/i.img"] * 5)),
    # Who and what it is for
    Case("another app", "ota.wrong_app", lambda o: o.update(app="kitchen")),
    Case("another app by letter case", "ota.wrong_app", lambda o: o.update(app="Basic")),
    Case("another chip", "ota.wrong_hw", lambda o: o.update(hw="esp32c3")),
    Case("another device", "ota.wrong_device", lambda o: o.update(dev=["ESP-0123456789AB"])),
    Case("the running seq, another image", "ota.seq", lambda o: o.update(seq=RUNNING_SEQ)),
    Case("a lower seq", "ota.seq", lambda o: o.update(seq=RUNNING_SEQ - 1)),
    Case("the floor itself", "ota.seq", lambda o: o.update(seq=FLOOR)),
    Case("below the floor", "ota.below_floor", lambda o: o.update(seq=FLOOR - 1)),
    Case("larger than the slot", "ota.too_large", lambda o: o.update(size=SLOT + 1)),
    # The manifest's form
    Case("size of zero", "manifest.member", lambda o: o.update(size=0)),
    Case("no seq", "manifest.member", lambda o: o.key.envelope(without(o, "seq"))),
    Case("seq as a text", "manifest.member", lambda o: o.update(seq="12")),
    Case("seq of 2^53", "json.number", lambda o: o.update(seq=1 << 53)),
    Case("a hash too short", "manifest.member", lambda o: o.update(sha256="00" * 31)),
    Case("a hash of zeros", "manifest.no_hash", lambda o: o.update(sha256="00" * 32)),
    Case("a hash of ones", "manifest.no_hash", lambda o: o.update(sha256="ff" * 32)),
    Case("the hash of nothing", "manifest.no_hash", lambda o: o.update(sha256=hashlib.sha256().hexdigest())),
    Case("a member twice", "json.duplicate", lambda o: o.key.envelope(twice(o))),
    Case("too deep", "json.too_deep", lambda o: o.update(more=[[[[1]]]])),
    Case("a NUL", "json.nul", lambda o: o.update(ver="1.2\0")),
    Case("not JSON", "json.syntax", lambda o: o.key.envelope(b"seq=12")),
    Case("an image encrypted in an unknown way", "manifest.encryption", lambda o: o.update(enc={"alg": "A128GCM"})),
    # Who signed, and how
    Case("signed by a stranger", "key.unknown", lambda o: o.other.envelope(o.manifest())),
    Case("signed by a stranger under our key's name", "crypto.bad_signature",
         lambda o: o.other.envelope(o.manifest(), kid=o.key.kid)),
    Case("a good signature of another payload", "crypto.bad_signature", other_payload),
    Case("a character of the payload changed", "crypto.bad_signature", lambda o: spoiled_text(o.update(), 1)),
    Case("a character of the signature changed", "crypto.bad_signature", lambda o: spoiled_text(o.update(), 2)),
    Case("signature of zeros", "crypto.bad_signature", lambda o: o.header(sign=lambda _: bytes(64))),
    Case("signature in DER", "envelope.malformed", lambda o: o.header(sign=o.key.der_signature)),
    Case("no signature", "envelope.malformed", lambda o: o.header(sign=lambda _: b"")),
    Case("alg none", "envelope.alg", lambda o: o.header(alg="none", sign=lambda _: b"")),
    Case("alg None", "envelope.alg", lambda o: o.header(alg="None", sign=lambda _: b"")),
    Case("alg HS256 with the public key as secret", "envelope.alg", lambda o: o.header(alg="HS256", sign=o.key.hmac)),
    Case("alg es256", "envelope.alg", lambda o: o.header(alg="es256")),
    Case("alg ES384", "envelope.alg", lambda o: o.header(alg="ES384")),
    Case("alg missing", "envelope.alg", lambda o: o.header(alg=None)),
    Case("header member jwk", "envelope.header",
         lambda o: o.other.envelope(o.manifest(), jwk={"kty": "EC", "x": b64(o.other.x), "y": b64(o.other.y)})),
    Case("header member jku", "envelope.header", lambda o: o.header(jku="http://127.0.0.1/keys")),
    Case("header member x5c", "envelope.header", lambda o: o.header(x5c="MIIB")),
    Case("header member crit", "envelope.header", lambda o: o.header(crit="exp")),
    Case("header member b64", "envelope.header", lambda o: o.header(b64=False)),
    Case("kid missing", "envelope.header", lambda o: o.header(kid=None)),
    Case("typ JWT", "envelope.typ", lambda o: o.header(typ="JWT")),
    Case("typ in capitals", "envelope.typ", lambda o: o.header(typ="ESB-UPDATE")),
    Case("typ missing", "envelope.typ", lambda o: o.header(typ=None)),
    Case("an update called a command", "manifest.member", lambda o: o.header(typ="esb-command")),
    Case("an update called a key set", "manifest.member", lambda o: o.header(typ="esb-keys")),
    # The envelope's form
    Case("one part", "envelope.malformed", lambda o: "hello"),
    Case("four parts", "envelope.malformed", lambda o: o.update() + ".e30"),
    Case("padding", "envelope.malformed", lambda o: o.update() + "="),
    Case("line break in the middle", "envelope.malformed", lambda o: o.update().replace(".", "\n.", 1)),
    Case("larger than 3500 bytes", "envelope.too_large", lambda o: o.update(more="x" * 2500)),
    Case("as large as the broker delivers", "envelope.too_large", lambda o: "x" * 8000),
    Case("the legacy form", "ota.legacy_off", legacy),
    # The other envelopes
    Case("a command for another device", "ota.wrong_device",
         lambda o: o.key.envelope({"cmd": "rollback", "dev": ["ESP-1"], "ctr": 1}, typ="esb-command")),
    Case("an unknown command", "manifest.member",
         lambda o: o.key.envelope({"cmd": "explode", "dev": [o.device.identity], "ctr": 1}, typ="esb-command")),
    Case("a key set that skips a version", "ota.key_version",
         lambda o: o.key.envelope({"ver": 3, "keys": [jwk(o.other)]}, typ="esb-keys")),
    Case("a stranger's key set", "key.unknown",
         lambda o: o.other.envelope({"ver": 2, "keys": [jwk(o.other)]}, typ="esb-keys")),
]


def payload_id(message: str) -> str:
    """How reports name an envelope: the first 16 hex digits of its payload's SHA-256."""
    payload = message.split(".")[1]
    return hashlib.sha256(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))).hexdigest()[:16]


refused: list[str] = []
WRITTEN_AT_ONCE = 10  # messages that get as far as a download, then one a minute; anew with each start


def starts(device) -> int:
    """Since the power came."""
    return sum(line.startswith("=====") for line in device.chip.lines)


def start_again(device):
    assert starts(device) == 2  # 1.0.0, and 1.1.0 after the update; none since
    device.chip.power_off()
    device.chip.power_on()
    device.chip.expect(r"mqtt: connected")
    device.require_on_line()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_refused(device, case):
    if len(refused) == WRITTEN_AT_ONCE - 2:
        start_again(device)
    message = case.make(Operator(device))
    before = device.running()
    since = device.offer(message)
    device.chip.expect(rf"ota: failed[^\r\n]*: [a-zA-Z][^\r\n]+ \({re.escape(case.error)}\)\r*\n")
    report = device.status.wait_for(since, state="failed", error=case.error)
    assert report["why"]
    assert device.running() == before
    device.require_on_line()
    refused.append(case.title)


def test_nothing_changed(device):
    after = device.lab.esb_json("devices", "--broker", device.broker.tools, "--for", "0.3")
    assert [(row["ident"], row["online"], row["ver"], row["seq"]) for row in after] == [
        (device.identity, True, "1.1.0", RUNNING_SEQ)]
    slots = device.chip.slots()
    assert slots["b"]["ver"] == "1.1.0"
    assert device.chip.slot_bytes("b") == device.chip.running_program()
    assert starts(device) == 1


def test_refusals_name_the_envelope_once_its_signature_is_good(device):
    operator = Operator(device)
    good = operator.update(app="kitchen")
    assert device.status.wait_for(device.offer(good), state="failed")["id"] == payload_id(good)
    stranger = operator.other.envelope(operator.manifest())
    assert device.status.wait_for(device.offer(stranger), state="failed")["id"] == ""


def test_a_command_is_obeyed_once(device):
    operator = Operator(device)
    command = operator.key.envelope({"cmd": "cancel", "dev": [device.identity], "ctr": 7}, typ="esb-command")
    device.offer(command)
    assert device.status.wait_for(device.offer(command), state="failed")["error"] == "ota.counter"
    refused.append("a command repeated")


def test_the_tool_says_why_in_one_line(device):
    envelope = device.lab.folder / "refused.jws"
    envelope.write_text(Operator(device).update(app="kitchen"))
    done = subprocess.run([device.lab.products.esb, "ota", device.identity, envelope, "--broker", device.broker.tools,
                           "--timeout", "20"], capture_output=True, text=True, timeout=30,
                          env=device.lab.environment)
    assert done.returncode == 1
    assert "ota.wrong_app" in done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_count(capsys):
    with capsys.disabled():
        print(f"{len(refused)} refusals")
    assert len(refused) == len(CASES) + 1
