"""The original's URL|md5: off unless somebody at the device turns it on."""

import hashlib
import json

import pytest

from pytest_esb.lab import Lab, sha256
from on_line import Device, firmware


@pytest.fixture(scope="module")
def device(request):
    with Lab() as lab:
        yield Device(lab, "steady-1.0.0")
        lab.keep = lab.keep or bool(request.session.testsfailed)


@pytest.fixture(scope="module")
def image(device):
    return firmware(device.lab.products, "steady-1.1.0").read_bytes()


def message(device: Device, served: bytes, promised: bytes) -> str:
    return f"{device.serve(served)}|{hashlib.md5(promised).hexdigest()}"


def refused(device: Device, text: str) -> str:
    before = device.running()
    report = device.status.wait_for(device.offer(text), state="failed")
    device.chip.expect(rf"ota: failed[^\r\n]*\({report['error']}\)")
    assert device.running() == before
    return report["error"]


def test_it_is_off_from_birth(device, image):
    device.chip.ask("config get ota.legacy_md5", r"ota\.legacy_md5 = off\r*\n")
    assert refused(device, message(device, image, image)) == "ota.legacy_off"


def test_no_message_turns_it_on(device, image):
    device.publish("config", json.dumps({"ota.legacy_md5": True}), "-r")
    device.publish("config", json.dumps({"ota.legacy_md5": "on"}))
    device.require_on_line()
    device.chip.ask("config get ota.legacy_md5", r"ota\.legacy_md5 = off\r*\n")
    assert refused(device, message(device, image, image)) == "ota.legacy_off"


def test_the_console_turns_it_on(device, image):
    device.chip.ask("config set ota.legacy_md5 on", r"ok\r*\n")
    device.chip.ask("config get ota.legacy_md5", r"ota\.legacy_md5 = on\r*\n")


def test_what_is_wrong_is_refused_all_the_same(device, image):
    assert refused(device, message(device, image, image[:-1])) == "ota.hash"
    assert refused(device, "http://127.0.0.1/x|123") == "ota.legacy_malformed"
    assert refused(device, f"|{'1' * 32}") == "url.bad"
    assert refused(device, f"http://127.0.0.1/x|{'0' * 32}") == "manifest.no_hash"
    stranger = firmware(device.lab.products, "steady-1.0.0").read_bytes().replace(b"basic\0", b"kitch\0", 1)
    assert refused(device, message(device, stranger, stranger)) == "ota.wrong_app"


def test_it_updates(device, image):
    since = device.offer(message(device, image, image))
    device.chip.expect(r"===== basic 1\.1\.0 \(seq 11\) on vchip, slot b")
    device.chip.expect(r"ota: confirmed")
    assert device.status.wait_for(since, state="confirmed")["ver"] == "1.1.0"
    assert sha256(device.chip.running_program()) == sha256(image)


def test_turned_off_again_it_is_refused_again(device, image):
    device.chip.ask("config set ota.legacy_md5 off", r"ok\r*\n")
    assert refused(device, message(device, image, image)) == "ota.legacy_off"
