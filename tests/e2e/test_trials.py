"""New firmware that crashes, hangs, or never gets on line: the boot loader goes back by itself, the device reports why,
crashes end in quarantine, silence in a few more trials with back-off.

One device runs steady-1.0.0 throughout (it waits 2 to 4 s before another trial); the tests build on one another.
"""

import re
import time

import pytest

from pytest_esb.lab import Lab, sha256
from on_line import Device, firmware

OLD_BANNER = r"===== basic 1\.0\.0 \(seq 10\) on vchip, slot a"
FIRST_WAIT = 2.0  # seconds: the shortest of steady's back-off


@pytest.fixture(scope="module")
def device(request):
    with Lab() as lab:
        yield Device(lab, "steady-1.0.0")
        lab.keep = lab.keep or bool(request.session.testsfailed)
        if lab.keep:
            print(f"\nlogs and files are in {lab.folder}")


def image_of(device: Device, name: str) -> bytes:
    return firmware(device.lab.products, name).read_bytes()


def trial(device: Device, version: str) -> float:
    """Waits until the new image is booted on trial; when that was."""
    device.chip.expect(r"ota: rebooting")
    device.chip.expect(r"vchip: boot \d+ \(software\): slot ota_1 \(pending verify\)")
    return time.monotonic()


def back(device: Device, version: str, error: str, since: int | None = None) -> float:
    """Waits until the old image runs again and says why; when that was."""
    device.chip.expect(OLD_BANNER)
    device.chip.expect(rf'ota: rolled_back "{re.escape(version)}"[^\r\n]*: [^\r\n]+ \({re.escape(error)}\)\r*\n')
    when = time.monotonic()
    if since is not None:
        report = device.status.wait_for(since, state="rolled_back", ver=version)
        assert report["error"] == error
    return when


def require_old_firmware(device: Device):
    assert sha256(device.chip.running_program()) == sha256(image_of(device, "steady-1.0.0"))
    device.require_on_line()


def refuse_again(device: Device, image: bytes, **changes):
    since = device.offer(device.signed(image, **changes))
    assert device.status.wait_for(since, state="failed")["error"] == "ota.quarantined"


@pytest.mark.parametrize("name, version, death, error", [
    ("crashing-2.0.0", "2.0.0", r"vchip: the firmware crashed \(signal 4\)", "ota.trial_crashed"),
    ("hanging-2.1.0", "2.1.0", r"vchip: watchdog: the firmware hangs", "ota.trial_hung"),
])
def test_crash_and_hang_go_back_and_the_second_time_into_quarantine(device, name, version, death, error):
    image = image_of(device, name)
    since = device.offer(device.signed(image))
    trial(device, version)
    device.chip.expect(death)
    ended = back(device, version, error, since)
    device.chip.expect(r"ping: echo after \d+ ms")
    require_old_firmware(device)

    since = len(device.status.messages)
    assert trial(device, version) - ended >= FIRST_WAIT
    device.chip.expect(death)
    back(device, version, error, since)
    device.chip.expect(r"ping: echo after \d+ ms")
    refuse_again(device, image)
    refuse_again(device, image, ver=version, exp=4102444800)  # the same image in another envelope
    require_old_firmware(device)


def test_silence_goes_back_and_is_tried_three_times_with_back_off(device):
    image = image_of(device, "offline-2.2.0")
    device.offer(device.signed(image))
    ended = None
    for number in range(3):
        since = len(device.status.messages)
        began = trial(device, "2.2.0")
        assert ended is None or began - ended >= FIRST_WAIT
        device.chip.expect(r"===== basic 2\.2\.0 \(seq 22\) on vchip, slot b")
        device.chip.ask("status", r"on trial")  # it runs, and its console answers
        device.chip.expect(r'ota: rolled_back "2\.2\.0"[^\r\n]*\(ota\.trial_silent\)')
        ended = back(device, "2.2.0", "ota.trial_silent", since)
    boots = len([line for line in device.chip.lines if line.startswith("=====")])
    time.sleep(2 * FIRST_WAIT + 1)  # longer than any wait of steady's
    assert len([line for line in device.chip.lines if line.startswith("=====")]) == boots
    require_old_firmware(device)


def test_silence_is_not_quarantine(device):
    """Whoever offers it again gets another trial; a loss of power in it is reported as what it is."""
    since = device.offer(device.signed(image_of(device, "offline-2.2.0")))
    trial(device, "2.2.0")
    device.chip.expect(r"===== basic 2\.2\.0")
    device.chip.expect(r"ota: trial")
    device.chip.power_off()
    device.chip.power_on()
    back(device, "2.2.0", "ota.trial_power", since)
    device.chip.expect(r"ping: echo after \d+ ms")


def test_a_good_update_is_taken_after_all_that(device):
    """Also while the failed one waits for its next trial."""
    image = image_of(device, "steady-1.1.0")
    command = {"cmd": "cancel", "dev": [device.identity], "ctr": 1}
    since = device.offer(device.signer.envelope(command, typ="esb-command"))
    assert device.status.wait_for(since, state="failed")["error"] == "cancelled"
    device.confirm_update(image)
    assert sha256(device.chip.running_program()) == sha256(image)
