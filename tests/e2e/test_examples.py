"""Every example does on the virtual chip what its first lines promise."""

import json
import re
import subprocess

import pytest

from pytest_esb.lab import Broker, Chip, Lab, wait_until
from on_line import NETWORK


class Example:
    def __init__(self, lab: Lab, name: str):
        self.lab = lab
        self.chip = Chip(lab)
        self.broker: Broker | None = None
        lab.esb("vchip", "flash", "--flash", self.chip.flash, "--image", lab.products.build / f"examples/{name}-1.0.0.img")
        self.chip.air.networks = [NETWORK]
        self.chip.air.write()
        self.chip.power_on()
        born = self.chip.expect(r"MQTT ident=(\S+) psk=([0-9a-f]{32})\r*\n")
        self.identity, self.psk = born[1], born[2]
        self.base = self.identity.replace("-", "/")

    def go_on_line(self):
        self.broker = Broker(self.lab)
        self.broker.init()
        self.broker.start()
        self.broker.add(self.identity, self.psk)
        self.chip.ask(f'wifi connect {NETWORK["ssid"]} "{NETWORK["passphrase"]}"', r"ok\r*\n")
        self.chip.ask(f"mqtt server 127.0.0.1 {self.broker.port}", r"ok\r*\n")
        self.chip.expect(r"ping: echo after \d+ ms", 60)

    def heard(self, topic: str) -> str:
        """The next message of the device's own topic."""
        done = subprocess.run(self.broker.as_tool("mosquitto_sub", "-t", f"{self.base}/app/{topic}", "-C", "1", "-W", "30"),
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"nothing on {topic}: {done.stderr}"
        return done.stdout.rstrip("\n")

    def say(self, topic: str, text: str):
        subprocess.run(self.broker.as_tool("mosquitto_pub", "-q", "1", "-t", f"{self.base}/app/{topic}", "-m", text),
                       check=True, timeout=30)

    def number(self, line: str, pattern: str) -> int:
        return int(self.chip.ask(line, pattern)[1])


@pytest.fixture
def example(request):
    with Lab() as lab:
        yield Example(lab, request.param)
        lab.keep = lab.keep or bool(request.session.testsfailed)


def on(name: str):
    return pytest.mark.parametrize("example", [name], indirect=True)


@on("cli-only")
def test_cli_only_runs_without_a_network_and_opens_no_access_point(example):
    chip = example.chip
    chip.ask("config set relay.cycles 2000", r"setting\.range")
    chip.ask("config set relay.cycles 3", r"ok\r*\n")
    chip.ask("run", r"running 3 cycles\r*\n")
    chip.ask("run", r"busy")
    wait_until("three cycles", lambda: example.number("debug show cycles", r"cycles = (\d+)\r*\n") == 3)
    chip.ask("run too many words", r"console\.too_many")
    chip.ask("stop", r"stopped after 3 cycles\r*\n")
    chip.ask("portal open", r"wifi\.no_portal")
    assert not [line for line in chip.lines if line.startswith("portal: open")]


@on("wifi-only")
def test_wifi_only_publishes_json_while_on_line(example):
    example.chip.expect(r"portal: open, ")
    example.go_on_line()
    air = json.loads(example.heard("air"))
    assert 600 <= air["co2"] < 650 and air["n"] >= 1
    assert example.broker.retained(f"{example.base}/app/unit") == "ppm"


@on("cli-wifi")
def test_cli_wifi_heats_without_a_network_and_takes_its_target_by_every_way(example):
    chip = example.chip
    chip.ask("heat 25", r"ok\r*\n")
    wait_until("it heats", lambda: chip.ask("debug show heating", r"heating = (yes|no)\r*\n")[1] == "yes")
    chip.ask("heat 31", r"setting\.range")
    chip.ask("config get heat.target", r"heat\.target = 25\r*\n")
    example.go_on_line()
    example.say("target", "6")
    wait_until("the new target", lambda: "heat.target = 6" in chip.ask("config get heat.target",
                                                                      r"heat\.target = \d+\r*\n")[0])
    example.say("target", "hot")
    assert re.fullmatch(r"-?\d+(\.\d+)?", example.heard("temperature"))


@on("intr")
def test_intr_counts_pulses_and_publishes_their_number(example):
    before = example.number("debug show pulses", r"pulses = (\d+)\r*\n")
    wait_until("pulses", lambda: example.number("debug show pulses", r"pulses = (\d+)\r*\n") > before + 2)
    example.go_on_line()
    first = int(example.heard("litres"))
    assert int(example.heard("litres")) > first
