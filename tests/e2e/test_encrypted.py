"""Encrypted images, from the operator's disk to the running process: what others have encrypted is taken, what `esb`
encrypts others can open, and nobody else sees the image or its key."""

import hashlib
import json
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import encryption  # noqa: E402
import npm  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402
from pytest_esb.lab import PATIENCE, Lab, sha256, wait_until  # noqa: E402
from on_line import Device, firmware  # noqa: E402
from signer import b64, manifest, redescribed  # noqa: E402

HERE = pathlib.Path(__file__).parent / "jose"


@pytest.fixture(scope="module")
def device(request):
    with Lab() as lab:
        made = Device(lab, "steady-1.0.0")
        status = json.loads(wait_until("the status", lambda: made.broker.retained(f"{made.base}/status")))
        made.key = status["enc"]
        made.seq = 11
        yield made
        lab.keep = lab.keep or bool(request.session.testsfailed)


def next_image(device: Device) -> bytes:
    """Newer than what runs."""
    device.seq += 1
    base = firmware(device.lab.products, "steady-1.1.0").read_bytes()
    return redescribed(base, ver=f"1.1.{device.seq}", seq=device.seq)


def confirm(device: Device, envelope: str, image: bytes):
    """The image runs. (What it says of itself is what was compiled into it.)"""
    since = device.offer(envelope)
    device.status.wait_for(since, patience=60, state="confirmed")
    assert device.running().program == sha256(image)


def offer_of(device: Device, image: bytes, key: bytes, enc: dict) -> str:
    file = encryption.encrypted(image, key, hashlib.sha256(image).digest())
    return device.signer.envelope(manifest(image, device.serve(file), enc=enc))


def windows(image: bytes):
    """Pieces of it that are nowhere else by chance."""
    for at in range(0x1000, len(image) - 64, len(image) // 40):
        window = image[at:at + 32]
        if len(set(window)) > 16:
            yield window


def test_what_others_have_encrypted_is_taken(device):
    image, key = next_image(device), encryption.new_key()
    confirm(device, offer_of(device, image, key, encryption.wrapped_for(key, **{device.identity: device.key})), image)
    flash = device.chip.flash.read_bytes()
    assert key not in flash and b64(key).encode() not in flash


def test_a_key_that_jose_has_wrapped_is_taken(device):
    folder = npm.install(HERE, "jose")
    (folder / "jose.mjs").write_text((HERE / "jose.mjs").read_text())
    image, key = next_image(device), encryption.new_key()
    request = {"text": "", "key": device.key, "wrap": b64(key), "header": {"alg": "ECDH-ES+A256KW", "enc": "A256GCM"}}
    done = subprocess.run([npm.NODE, folder / "jose.mjs"], input=json.dumps(request), capture_output=True, text=True,
                          timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    confirm(device, offer_of(device, image, key, {"alg": "A256GCM", "epk": made["epk"],
                                                  "for": {device.identity: made["encrypted_key"]}}), image)


def sign(device: Device, image: bytes, *more) -> tuple[str, bytes]:
    """The envelope, and the file that the web server has."""
    source = device.lab.folder / "image.img"
    source.write_bytes(image)
    file = device.web.files / f"{device.seq}.enc"
    envelope = device.lab.folder / "image.jws"
    device.lab.esb("sign", "--key", device.lab.products.key, "--image", source, "--url", device.web.url(file.name),
                   "--encrypt", file, *more, "-o", envelope)
    return envelope.read_text().strip(), file.read_bytes()


def test_what_esb_has_encrypted_is_taken_and_others_can_open_it(device):
    image = next_image(device)
    ours = ec.generate_private_key(ec.SECP256R1())
    envelope, file = sign(device, image, "--for", f"{device.identity}={device.key}", "--for",
                          f"ESP-0123456789AB={'.'.join(encryption.coordinates(ours.public_key()))}")
    payload = encryption.payload_of(envelope)
    assert payload["dev"] == [device.identity, "ESP-0123456789AB"]
    key = encryption.unwrapped(payload["enc"], "ESP-0123456789AB", ours)
    assert encryption.opened(file, key, payload) == image
    assert all(window not in file for window in windows(image))
    confirm(device, envelope, image)
    for place in (*device.lab.logs.iterdir(), device.broker.folder / "mosquitto.log"):
        seen = place.read_bytes()
        assert key.hex().encode() not in seen and b64(key).encode() not in seen, place


def test_a_trusted_broker_may_carry_the_key(device):
    image = next_image(device)
    envelope, file = sign(device, image, "--broker-trusted")
    payload = encryption.payload_of(envelope)
    assert encryption.opened(file, encryption.unb64(payload["enc"]["key"]), payload) == image
    confirm(device, envelope, image)


def test_two_files_of_one_image_have_nothing_in_common(device):
    image = next_image(device)
    (_, first), (_, second) = sign(device, image, "--broker-trusted"), sign(device, image, "--broker-trusted")
    same = sum(a == b for a, b in zip(encryption.chunks(first, 16), encryption.chunks(second, 16)))
    assert same == 0


@pytest.mark.parametrize("arguments, complaint", [
    ([], "whom is the image for?"),
    (["--for", "ESP-1"], "give IDENTITY=x.y"),
    (["--for", "ESP-1=x.y"], "public key"),
    (["--for", "ESP/1=x.y"], "is not an identity"),
    (["--broker-trusted", "--for", "DEVICE"], "exclude each other"),
    (["--for", "DEVICE", "--for", "DEVICE"], "is there twice"),
])
def test_one_clear_error_for_each_mistake(device, arguments, complaint):
    source = firmware(device.lab.products, "steady-1.1.0")
    arguments = [f"{device.identity}={device.key}" if word == "DEVICE" else word for word in arguments]
    file = device.lab.folder / "refused.enc"
    done = device.lab.esb("sign", "--key", device.lab.products.key, "--image", source, "--url", "http://a/b",
                          "--encrypt", file, *arguments, check=False)
    assert done.returncode != 0 and complaint in done.stderr, done.stderr
    assert not file.exists()
