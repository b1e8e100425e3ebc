"""Networks and brokers come and go, and the flight recorder remembers."""

import pytest

from pytest_esb.emulated_chip import OPEN_NETWORKS
from idf_build import BASIC_1_0, IdfBuild
from on_chip import ChipDevice


@pytest.fixture(scope="module")
def device(lab):
    """Restarts stay inside one emulator, so that reset reasons and RTC memory are the chip's own."""
    return ChipDevice(lab, IdfBuild(lab.products), BASIC_1_0, restarts_inside=True)


def test_the_network_is_switched(device):
    for network in OPEN_NETWORKS[1], OPEN_NETWORKS[2]:
        device.join(network)
        device.chip.ask("wifi info", rf'network: "?{network}')


def test_the_broker_goes_down_and_comes_up(device):
    up = device.facts()["up"]
    device.broker.stop()
    device.chip.expect(r"mqtt: [^\r\n]*next try in")
    assert not device.facts()["online"]
    device.broker.start()
    device.chip.expect(r"ping: echo after \d+ ms", 120)
    device.require_on_line()
    assert device.facts()["up"] > up and device.chip.text.count("===== basic") == 1, "it has restarted"


def test_the_recorder_outlives_a_restart(device):
    first = device.chip.ask("log", r"started after power-on, firmware seq 1")
    device.chip.ask("restart", r"restarting")
    device.chip.expect(r"===== basic 1\.0\.0 [^\r\n]*, after software")
    device.chip.expect(r"ping: echo after \d+ ms")
    device.chip.ask("log", first[0])
    device.chip.expect(r"broker: the connection was closed")
    device.chip.expect(r"on line after")
    device.chip.expect(r"started after software, firmware seq 1")
    device.chip.power_off()
