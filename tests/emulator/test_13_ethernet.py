"""Ethernet on the emulated ESP32: on line by cable without a network's name, over to Wi-Fi and back, and an update by cable."""

import pytest

from pytest_esb.emulated_chip import EmulatedChip
from idf_build import BASIC_1_0, BASIC_1_1, WIRED, Firmware, IdfBuild
from on_chip import JOIN, ChipDevice


class WiredChip(ChipDevice):
    def start_chip(self, image: Firmware):
        self.chip = EmulatedChip(self.lab, self.build.flash(image), self.build.target, wired=True)
        self.chip.power_on()
        self.take_birth()
        self.chip.expect(r"wire: address 10\.0\.2\.\d+\r*\n")
        self.chip.ask(f"mqtt server {self.host} {self.broker.port}", r"ok\r*\n")
        self.chip.expect(r"ping: echo after \d+ ms")


@pytest.fixture(scope="module")
def device(lab):
    return WiredChip(lab, IdfBuild(lab.products, "esp32", WIRED), BASIC_1_0)


def test_the_cable_serves(device):
    device.chip.ask("link", r"link: wire\r*\n")
    assert device.facts()["link"] == "wire"


def test_an_update_comes_by_cable(device):
    device.confirm_update(device.image(BASIC_1_1))
    device.runs_now(BASIC_1_1)
    device.chip.ask("link", r"link: wire\r*\n")


# The last: once the cable has been out, ESP-IDF's driver for the emulator looks at another receive descriptor than the one
# that is filled next (openeth_enable() begins with the first, its own index stays), and what comes waits for a ringful.
def test_wifi_takes_over_and_gives_way(device):
    device.chip.ask(JOIN, r"ok")
    device.chip.cable(False)
    device.chip.expect(r"wire: cable out, back to Wi-Fi\r*\n")
    device.chip.expect(r"wifi: joined")
    device.chip.expect(r"ping: echo after \d+ ms")
    device.chip.cable(True)
    device.chip.expect(r"wire: address 10\.0\.2\.\d+\r*\n")
    device.chip.expect(r"ping: echo after \d+ ms")
