"""The emulator is killed at random moments of updates and of changes of settings. It always boots, an authorized image
runs, the settings are the old or the new ones, and in the end the update is done.

ESB_CHIP_KILLS says how often (30 during updates; two thirds of that during changes); ESB_SEED repeats an earlier run.
"""

import collections
import os
import random
import re
import time

import pytest

from pytest_esb.lab import StepFailed
from idf_build import BASIC_1_0, BASIC_1_1, IdfBuild
from on_chip import ChipDevice

KILLS = int(os.environ.get("ESB_CHIP_KILLS", "30"))
SEED = int(os.environ.get("ESB_SEED") or random.SystemRandom().randrange(1 << 32))
BANNER = r"===== basic (\S+) \(seq (\d+)\) on esp32c3, slot ([ab])"


@pytest.fixture(scope="module")
def device(lab):
    print(f"\nESB_SEED={SEED}")
    return ChipDevice(lab, IdfBuild(lab.products), BASIC_1_0)


@pytest.fixture(scope="module")
def dice():
    return random.Random(SEED)


def let_run(device: ChipDevice, seconds: float):
    try:
        device.chip.expect(r"the emulator ended with status", seconds)
    except StepFailed:
        return
    pytest.fail("the emulator died by itself")


def boots_as(device: ChipDevice) -> str:
    """Power on; the version that runs, which must be an authorized image, whole in its slot."""
    device.chip.power_on()
    version, _, slot = device.chip.expect(BANNER).groups()
    image = device.image({"1.0.0": BASIC_1_0, "1.1.0": BASIC_1_1}[version])
    assert device.chip.slot(slot)[:len(image)] == image
    return version


def test_settings_are_old_or_new(device, dice, record):
    """Of a setting that needs no trial, so that every answer is a promise."""
    chip = device.chip
    values = [60]
    kills = max(1, KILLS * 2 // 3)
    for number in range(kills):
        values.append(100 + number)
        chip.type(f"config set config.confirm {values[-1]}")
        let_run(device, dice.uniform(0, 0.4))
        answered = re.search(r"(?m)^ok\r*$", chip.text[chip.seen:]) is not None
        chip.power_off()
        boots_as(device)
        chip.expect(rf"MQTT ident={device.identity}\s")
        stored = int(chip.ask("config get config.confirm", r"config\.confirm = (\d+)[\r\n]")[1])
        allowed = values[-1:] if answered else values[-2:]
        assert stored in allowed, f"kill {number}: {stored} is not one of {allowed} (seed {SEED})"
        values = [stored]
    record("kills during changes of settings", kills)
    chip.expect(r"ping: echo after \d+ ms")


@pytest.fixture(scope="module")
def life(device):
    """The flash of a device that is set up, so that an update can begin anew."""
    device.chip.power_off()
    return device.chip.flash.read_bytes()


def test_an_update_survives(device, life, dice, record):
    """One offer is enough until the new firmware has run: the broker keeps what the device has not acknowledged, the
    device keeps what it has. Only a trial that lost its power waits for its back-off, or for the next offer."""
    envelope = device.signed(device.image(BASIC_1_1), floor=2)
    began = time.monotonic()
    start_over(device, life, envelope)
    confirm(device, envelope)
    duration = time.monotonic() - began
    start_over(device, life, envelope)
    moments = collections.Counter()
    updates = 0
    for _ in range(KILLS):
        state = run_into(device, life, envelope, dice, duration)
        moments[state] += 1
        device.chip.power_off()
        version = boots_as(device)
        device.chip.expect(rf"MQTT ident={device.identity}\s")
        status = device.chip.ask("status", r"firmware: ([^\r\n]*)[\r\n]")
        if version == "1.1.0" and "on trial" not in status[1]:
            updates += 1
            start_over(device, life, envelope)
    confirm(device, envelope)
    record("an update without a kill, seconds", round(duration))
    record("kills during updates", f"{KILLS}, after the report of {dict(moments)}; {updates + 1} updates confirmed")


def run_into(device: ChipDevice, life: bytes, envelope: str, dice: random.Random, duration: float) -> str:
    """Lets the device run to a random moment and tells what it had reported by then. A trial that lost its power waits
    for its back-off, and a confirmed update is over: nothing would be under way to be killed."""
    while True:
        let_run(device, dice.uniform(0, duration))
        state = last_state(device.chip.text)
        if state not in ("rolled_back", "confirmed"):
            return state
        start_over(device, life, envelope)


def start_over(device: ChipDevice, life: bytes, envelope: str):
    device.chip.power_off()
    device.chip.flash.write_bytes(life)
    device.chip.power_on()
    device.chip.expect(r"ping: echo after \d+ ms")
    device.offer(envelope)


def confirm(device: ChipDevice, envelope: str):
    """Lets the update come to its end."""
    for _ in range(4):
        try:
            device.chip.expect(r"ota: confirmed", 90)
            break
        except StepFailed:
            device.offer(envelope)
    device.runs_now(BASIC_1_1)


def last_state(text: str) -> str:
    states = re.findall(r"ota: (\w+)", text)
    return states[-1] if states else "nothing yet"
