"""The chip refuses what it must, and the real boot loader goes back from a release that crashes or is never on line."""

import pytest

from idf_build import BASIC_1_0, CRASHING, OFFLINE, IdfBuild
from on_chip import ChipDevice
from signer import Signer, manifest


@pytest.fixture(scope="module")
def device(lab):
    return ChipDevice(lab, IdfBuild(lab.products), BASIC_1_0)


def require_refused(device: ChipDevice, envelope: str, error: str):
    since = device.offer(envelope)
    assert device.status.wait_for(since, state="failed")["error"] == error
    device.require_on_line()


def test_a_flipped_byte(device):
    image = device.image(CRASHING)
    at = len(image) // 2
    served = image[:at] + bytes([image[at] ^ 1]) + image[at + 1:]
    require_refused(device, device.signer.envelope(manifest(image, device.serve(served))), "ota.hash")


def test_another_key(device):
    image = device.image(CRASHING)
    require_refused(device, Signer().envelope(manifest(image, device.serve(image))), "key.unknown")


def test_what_is_not_newer(device):
    require_refused(device, device.signed(device.image(BASIC_1_0)), "ota.seq")


def test_a_release_that_is_never_on_line_goes_back(device):
    since = device.offer(device.signed(device.image(OFFLINE)))
    device.runs(OFFLINE, "b")
    device.runs(BASIC_1_0, "a")
    device.chip.expect(r'ota: rolled_back "2\.2\.0"[^\r\n]*\(ota\.trial_silent\)')
    device.status.wait_for(since, state="rolled_back", ver="2.2.0", error="ota.trial_silent")
    device.chip.expect(r"ping: echo after \d+ ms")


def test_a_release_that_crashes_goes_back(device):
    """The slot is switched by a fresh emulator: inside one, code of the old slot stays translated. So the restart after the
    crash is a power cycle too, and the device can only tell that the trial was cut short."""
    command = {"cmd": "cancel", "dev": [device.identity], "ctr": 1}
    device.offer(device.signer.envelope(command, typ="esb-command"))
    since = device.offer(device.signed(device.image(CRASHING)))
    device.chip.expect(r"ota: rebooting", 300)
    device.chip.expect(r"Guru Meditation Error", 300)  # perhaps before its first line has left the queue
    device.chip.expect(r"===== basic 1\.0\.0 \(seq 1\) on esp32c3, slot a", 300)
    device.chip.expect(r'ota: rolled_back "2\.0\.0"[^\r\n]*\(ota\.trial_power\)', 300)
    device.status.wait_for(since, state="rolled_back", ver="2.0.0", error="ota.trial_power")
    device.chip.expect(r"ping: echo after \d+ ms")
