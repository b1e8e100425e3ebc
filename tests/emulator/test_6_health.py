"""Networks and brokers come and go, firmware crashes whenever it is on line, and the flight recorder remembers."""

import pytest

from emulated_chip import OPEN_NETWORKS
from idf_build import BASIC_1_0, BASIC_1_1, CRASH_LOOPING, IdfBuild
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
    device.chip.expect(r"mqtt[^\r\n]*\(")  # why the broker was lost
    device.chip.expect(r"on line after")
    device.chip.expect(r"started after software, firmware seq 1")
    device.chip.power_off()


@pytest.fixture(scope="module")
def looping(lab):
    return ChipDevice(lab, IdfBuild(lab.products), CRASH_LOOPING, restarts_inside=True)


def test_three_crashes_are_a_safe_mode(looping):
    looping.chip.expect(r"Guru Meditation Error")
    looping.chip.expect(r"SAFE MODE", 300)
    assert looping.chip.text.count("Guru Meditation Error") == 3
    looping.chip.expect(r"ping: echo after \d+ ms", 180)
    assert looping.facts()["safe"]
    looping.chip.ask("log", r"started after panic")
    looping.chip.expect(r"safe mode entered")


def test_the_loss_of_power_does_not_end_it(looping):
    looping.chip.power_off()
    looping.chip.restarts_inside = False  # from here on what counts is in flash
    looping.chip.power_on()
    looping.chip.expect(r"SAFE MODE")
    looping.chip.expect(r"ping: echo after \d+ ms")
    looping.chip.ask("log", r"started after panic")


def test_an_update_ends_it(looping):
    since = looping.offer(looping.signed(looping.image(BASIC_1_1)))
    looping.runs(BASIC_1_1, "b")
    looping.chip.expect(r"ota: confirmed", 120)
    looping.status.wait_for(since, state="confirmed", ver="1.1.0")
    assert not looping.facts()["safe"]
    looping.chip.ask("log", r"safe mode entered")
    looping.chip.expect(r"update confirmed")
