"""A real broker with both versions of MQTT: the setting, the session through a restart, a second device."""

import json
import subprocess

import pytest

from pytest_esb.lab import Lab, wait_until
from on_line import Device

NEXT = r"ping: echo after \d+ ms"


@pytest.fixture(scope="module")
def device(request):
    with Lab() as lab:
        yield Device(lab, "steady-1.0.0")
        lab.keep = lab.keep or bool(request.session.testsfailed)
        if lab.keep:
            print(f"\nlogs and files are in {lab.folder}")


def version_of(device: Device) -> str:
    return json.loads(device.broker.retained(f"{device.base}/status", 1) or "{}").get("mqtt", "")


def use(device: Device, word: str):
    device.chip.type(f"config set mqtt.version {word}")
    device.chip.expect(r"mqtt: connected to [^\r\n]*" + ("" if word == "3" else ", MQTT 5.0"))
    device.chip.expect(NEXT)


@pytest.mark.parametrize("word, version", [("5", "5.0"), ("3", "3.1.1"), ("auto", "5.0")])
def test_the_setting_decides(device, word, version):
    use(device, word)
    device.chip.ask("mqtt info", rf"version: {version}")
    wait_until("the version in the status", lambda: version_of(device) == version)


def test_the_broker_keeps_the_session_through_a_restart(device):
    device.chip.power_off()
    device.publish("config", '{"config.confirm":61}')  # QoS 1, not retained: it waits at the broker
    device.chip.power_on()
    device.chip.expect(r"MQTT 5\.0, session resumed")
    device.chip.expect(NEXT)
    device.chip.ask("config get config.confirm", r"61")


def test_a_second_device_is_told_in_words(device):
    """mosquitto 2.0.11 closes without saying why (a broker that says so: tests/unit/mqtt/connect5_test.cpp)."""
    rival = subprocess.Popen(device.broker.as_device("mosquitto_sub", device.identity, device.psk, "-t",
                                                     f"{device.base}/ping", "-i", device.identity, "-V", "5"),
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        device.chip.expect(r"\(link\.second_device\)", 60)
    finally:
        rival.kill()
        rival.wait()
    device.chip.expect(NEXT, 150)
