"""Updates by smaller files, from `esb sign` to the running process: the difference between two images, the power that goes
in the middle of it, and what follows when the file is not there."""

import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from pytest_esb.lab import Lab, Update, sha256, wait_until  # noqa: E402
from on_line import Device, firmware  # noqa: E402


@pytest.fixture
def device(request):
    with Lab() as lab:
        yield Device(lab, "steady-1.0.0")
        lab.keep = lab.keep or bool(request.session.testsfailed)


class Release:
    """What the operator has signed and put on the web server."""

    def __init__(self, device: Device):
        self.device = device
        self.old = firmware(device.lab.products, "steady-1.0.0")
        self.image = firmware(device.lab.products, "steady-1.1.0").read_bytes()
        self.file = device.web.files / "new.img"
        self.file.write_bytes(self.image)
        self.envelope = device.lab.folder / "new.jws"
        self.said = device.lab.esb("sign", "--key", device.lab.products.key, "--image", self.file, "--url",
                                   device.web.url("new.img"), "--pack", "--from", self.old, "-o", self.envelope).stdout
        (self.delta,) = device.web.files.glob("new.img.from-*")
        self.packed = device.web.files / "new.img.z"

    def fetched(self) -> dict[str, int]:
        """Bytes of bodies by file, as nginx has logged them."""
        log = (self.device.lab.logs / "nginx-access.log").read_text()
        sums: dict[str, int] = {}
        for name, size in re.findall(r'"GET /(\S+) HTTP/1.1" 20[06] (\d+)', log):
            sums[name] = sums.get(name, 0) + int(size)
        return sums

    def runs(self) -> bool:
        return self.device.running().program == sha256(self.image)


def test_a_device_takes_the_difference(device):
    release = Release(device)
    assert release.delta.stat().st_size < len(release.image) / 10, release.said
    update = Update(device.lab, device.broker, device.identity, release.envelope)
    assert update.finish() == 0, update.screen
    assert release.runs()
    assert f"{release.delta.stat().st_size} bytes, the difference from seq 10" in update.screen
    assert release.fetched() == {release.delta.name: release.delta.stat().st_size}


def test_the_power_goes_in_the_middle_of_it(device):
    release = Release(device)
    device.web.stop()
    device.web.rate = str(release.delta.stat().st_size // 10)  # so that there is a middle
    device.web.start()
    since = device.offer(release.envelope.read_text().strip())
    device.status.wait_for(since, state="downloading", form="from")
    done = wait_until("the first blocks", lambda: [m for m in device.status.messages[since:] if m["done"] >= 0x10000])
    assert done[-1]["state"] == "downloading"
    device.chip.power_off()
    device.web.stop()
    device.web.rate = "0"
    device.web.start()
    since = len(device.status.messages)
    device.chip.power_on()
    device.status.wait_for(since, patience=60, state="confirmed")
    assert release.runs()
    assert set(release.fetched()) == {release.delta.name}, "nothing but the difference"


def test_without_the_difference_it_takes_the_compressed_image(device):
    release = Release(device)
    release.delta.unlink()
    since = device.offer(release.envelope.read_text().strip())
    device.status.wait_for(since, state="downloading", form="z", error="http.status")
    device.status.wait_for(since, patience=60, state="confirmed")
    assert release.runs()
    assert release.fetched() == {"new.img.z": release.packed.stat().st_size}


def test_wrong_files_end_with_the_image_itself(device):
    release = Release(device)
    for file in (release.delta, release.packed):
        bytes_of_it = bytearray(file.read_bytes())
        half = len(bytes_of_it) // 2  # one bit alone may be one that a coder passes over
        bytes_of_it[half:] = bytes(byte ^ 0xFF for byte in bytes_of_it[half:])
        file.write_bytes(bytes_of_it)
    since = device.offer(release.envelope.read_text().strip())
    device.status.wait_for(since, patience=60, state="confirmed")
    assert release.runs()
    errors = {m["error"] for m in device.status.messages[since:] if m["error"]}
    assert errors == {"ota.packed"}
