"""Settings with real processes: a key that is replaced, changes that revert themselves, and the way back to the first boot."""

import json
import subprocess

import pytest

from pytest_esb.lab import Broker, Chip, Lab, wait_until
from on_line import NETWORK, Topic

QUICK = 10  # seconds that a stage may take here


class Device:
    """A chip with the basic example and a broker, on line."""

    def __init__(self, lab: Lab):
        self.lab = lab
        self.chip = Chip(lab)
        self.broker = Broker(lab)
        self.broker.init()
        self.broker.start()
        lab.esb("vchip", "flash", "--flash", self.chip.flash, "--image", lab.products.basic_1_0)
        self.chip.air.networks = [NETWORK]
        self.chip.air.write()
        self.chip.power_on()
        born = self.chip.expect(r"MQTT ident=(\S+) psk=([0-9a-f]{32})\r*\n")
        self.identity, self.psk = born[1], born[2]
        self.base = self.identity.replace("-", "/")
        self.broker.add(self.identity, self.psk)
        self.set_up()
        self.status = Topic(lab, self.broker, f"{self.base}/config/status")
        wait_until("the first report", lambda: self.status.messages)

    def set_up(self):
        self.chip.ask(f"config set config.confirm {QUICK}", r"ok\r*\n")
        self.chip.ask(f'wifi connect {NETWORK["ssid"]} "{NETWORK["passphrase"]}"', r"ok\r*\n")
        self.chip.ask(f"mqtt server 127.0.0.1 {self.broker.port}", r"ok\r*\n")
        self.on_line()

    def on_line(self):
        self.chip.expect(r"ping: echo after \d+ ms", 60)

    def configure(self, **changes):
        text = json.dumps({name.replace("__", "."): value for name, value in changes.items()})
        subprocess.run(self.broker.as_tool("mosquitto_pub", "-q", "1", "-t", f"{self.base}/config", "-m", text),
                       check=True, timeout=30)

    def account(self) -> str:
        return next(line for line in (self.broker.folder / "accounts").read_text().splitlines()
                    if line.startswith(self.identity))

    def knocks(self, psk: str) -> bool:
        """Whether the broker lets a client with this key in."""
        done = subprocess.run(self.broker.as_device("mosquitto_pub", self.identity, psk, "-t", f"{self.base}/ping",
                                                    "-m", "knock"), capture_output=True, timeout=30)
        return done.returncode == 0


@pytest.fixture
def device(request):
    with Lab() as lab:
        yield Device(lab)
        lab.keep = lab.keep or bool(request.session.testsfailed)


def rotate(device: Device, **options):
    return device.lab.esb("broker", "rotate", device.broker.folder, device.identity, "--broker", device.broker.tools,
                          **options)


def test_rotation_replaces_the_key_and_the_old_one_is_refused(device):
    done = rotate(device)
    print(done.stdout)
    assert f"rotated the key of {device.identity}" in done.stdout
    device.on_line()
    _, key, *_ = device.account().split()
    assert key != device.psk and len(key) == 32
    assert not device.knocks(device.psk), "the old key still opens the door"
    device.chip.power_off()
    device.chip.power_on()
    device.on_line()
    again = rotate(device)
    assert again.returncode == 0
    assert device.account().split()[1] not in (key, device.psk)
    assert not device.knocks(key)


def test_a_rotation_without_the_device_changes_nothing(device):
    device.chip.power_off()
    wait_until("the will", lambda: device.broker.retained(f"{device.base}/online") == "0")
    before = device.account()
    assert rotate(device, check=False).returncode == 1
    assert device.account() == before


def test_a_rotation_that_was_broken_off_is_finished(device):
    """The broker knows the new key already, the device has it in its second slot, and then the tool dies."""
    new = "c0" * 16
    device.configure(mqtt__0__psk__1=new)
    device.status.wait_for(0, state="kept")
    accounts = device.broker.folder / "accounts"
    accounts.write_text(accounts.read_text().replace(device.psk, f"{new}<"))
    device.broker.add("ESP-OTHER", "aa" * 16)  # makes it read the folder
    assert "rotated" in rotate(device).stdout
    assert device.account().split()[1] == new
    assert not device.knocks(device.psk)


def test_a_wrong_broker_set_by_mqtt_reverts_itself(device):
    seen = len(device.status.messages)
    device.configure(mqtt__0__host="127.0.0.1", mqtt__0__port=1)
    device.status.wait_for(seen, state="staged", waits="broker")
    device.chip.expect(r"config: reverted: no message came back from the broker in time")
    device.on_line()
    message = device.status.wait_for(seen, state="reverted")
    assert message["error"] == "config.no_round_trip"
    print("\n".join(line for line in device.chip.lines if line.startswith(("config:", "mqtt:"))))


def test_a_wrong_network_set_by_console_reverts_itself(device):
    device.chip.ask("wifi connect Elsewhere password", r"ok|trial|staged")
    device.chip.expect(r"config: reverted: no address was obtained in time", 60)
    device.on_line()
    device.status.wait_for(0, state="reverted", error="config.no_address")
    device.chip.ask("config get wifi.0.ssid", NETWORK["ssid"])


def test_mistakes_change_nothing_and_are_named(device):
    seen = len(device.status.messages)
    device.configure(log__level="debug", no__such=1)
    refused = device.status.wait_for(seen, state="refused")
    assert (refused["error"], refused["setting"]) == ("setting.unknown", "no.such")
    seen = len(device.status.messages)
    device.configure(ota__legacy_md5=True)
    assert device.status.wait_for(seen, state="refused")["error"] == "setting.local_only"
    device.chip.ask("config get log.level", r"info")


def test_factory_reset_keeps_the_identity_and_makes_new_secrets(device):
    device.chip.type("factory-reset yes")
    born = device.chip.expect(r"MQTT ident=(\S+) psk=([0-9a-f]{32})\r*\n")
    assert born[1] == device.identity
    assert born[2] != device.psk
    device.chip.ask("config get mqtt.0.host", r"mqtt\.0\.host = *\r*\n")
    device.chip.ask("config get wifi.0.ssid", r"wifi\.0\.ssid = *\r*\n")
