"""Firmware that crashes whenever it is on line ends in safe mode, and an update is the way out."""

import pytest

from idf_build import BASIC_1_1, CRASH_LOOPING, IdfBuild
from on_chip import ChipDevice


@pytest.fixture(scope="module")
def device(lab):
    """Restarts stay inside one emulator, so that reset reasons and RTC memory are the chip's own."""
    return ChipDevice(lab, IdfBuild(lab.products), CRASH_LOOPING, restarts_inside=True)


def test_three_crashes_are_a_safe_mode(device):
    device.chip.expect(r"Guru Meditation Error")
    device.chip.expect(r"SAFE MODE", 300)
    assert device.chip.text.count("Guru Meditation Error") == 3
    device.chip.expect(r"ping: echo after \d+ ms", 180)
    assert device.facts()["safe"]
    device.chip.ask("log", r"started after panic")
    device.chip.expect(r"safe mode entered")


def test_the_loss_of_power_does_not_end_it(device):
    device.chip.power_off()
    device.chip.restarts_inside = False  # from here on what counts is in flash
    device.chip.power_on()
    device.chip.expect(r"SAFE MODE")
    device.chip.expect(r"ping: echo after \d+ ms")
    device.chip.ask("log", r"started after panic")


def test_an_update_ends_it(device):
    since = device.offer(device.signed(device.image(BASIC_1_1)))
    device.runs(BASIC_1_1, "b")
    device.chip.expect(r"ota: confirmed", 120)
    device.status.wait_for(since, state="confirmed", ver="1.1.0")
    assert not device.facts()["safe"]
    device.chip.ask("log", r"safe mode entered")
    device.chip.expect(r"update confirmed")
