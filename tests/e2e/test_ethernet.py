"""The virtual chip with an Ethernet socket, as real processes: on line by cable alone, over to Wi-Fi and back, and an update."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from pytest_esb.lab import Chip, Lab, wait_until  # noqa: E402
from on_line import NETWORK, Device, Topic, firmware  # noqa: E402


class Wired(Device):
    """From erased flash to on line without a network's name."""

    def start_chip(self, image: str):
        self.chip = Chip(self.lab)
        self.lab.esb("vchip", "flash", "--flash", self.chip.flash, "--image", firmware(self.lab.products, image))
        self.chip.air.networks = [NETWORK]
        self.chip.cable(True)
        self.chip.power_on()
        self.take_birth()
        self.chip.expect(r"wire: address 127\.0\.0\.1\r*\n")
        self.chip.ask(f"mqtt server {self.host} {self.broker.port}", r"ok\r*\n")
        self.chip.expect(r"ping: echo after \d+ ms")
        self.about = Topic(self.lab, self.broker, f"{self.base}/status")

    def expect_link(self, link: str):
        wait_until(f"status by {link}", lambda: self.about.messages and self.about.messages[-1].get("link") == link)


@pytest.fixture
def device(request):
    with Lab() as lab:
        yield Wired(lab, "steady-1.0.0")
        lab.keep = lab.keep or bool(request.session.testsfailed)


def test_the_cable_serves_wifi_takes_over_and_an_update_comes_by_cable(device):
    device.expect_link("wire")
    device.chip.ask(f'wifi connect {NETWORK["ssid"]} "{NETWORK["passphrase"]}"', r"ok, on trial\r*\n")
    device.chip.cable(False)
    device.chip.expect(r"wire: cable out, back to Wi-Fi\r*\n")
    device.chip.expect(rf'wifi: joined "{NETWORK["ssid"]}"')
    device.chip.expect(r"ping: echo after \d+ ms")
    device.expect_link("wifi")
    device.chip.cable(True)
    device.chip.expect(r"wire: address 127\.0\.0\.1\r*\n")
    device.chip.expect(r"ping: echo after \d+ ms")
    device.expect_link("wire")
    device.confirm_update(firmware(device.lab.products, "steady-1.1.0").read_bytes())
    device.expect_link("wire")
    device.chip.ask("link", r"link: wire\r*\n")
