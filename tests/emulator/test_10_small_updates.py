"""Updates by smaller files on the chip: the difference between two images, the compressed image, and the power that goes in
the middle of a difference. Their times, beside that of the image itself, over a link of 20 KB a second: the emulator's own has
no limit, and then reading the image takes less time than unpacking. Unpacking takes what the host gives the emulator: at 50 KB
a second and on a busy host the difference (25 s) was no faster than the image (22 s)."""

import time

import pytest

from pytest_esb.emulated_chip import HOST
from idf_build import BASIC_1_0, BASIC_1_1, FULL, IdfBuild
from on_chip import ChipDevice


@pytest.fixture(scope="module")
def device(lab):
    return ChipDevice(lab, IdfBuild(lab.products, profile=FULL), BASIC_1_0)


@pytest.fixture(scope="module")
def life(device):
    """The flash of a device that is set up, so that every update can begin anew."""
    device.chip.power_off()
    return device.chip.flash.read_bytes()


@pytest.fixture(scope="module")
def release(device):
    return Release(device)


LINK = "20k"  # bytes a second, as nginx says it


@pytest.fixture(scope="module")
def seconds():
    return {}


class Release:
    """The image, the difference and the compressed one, with the envelopes that name them."""

    def __init__(self, device: ChipDevice):
        self.device = device
        device.web.stop()
        device.web.rate = LINK
        device.web.start()
        files = device.web.files
        old, self.file = device.lab.folder / "old.img", files / "new.img"
        old.write_bytes(device.image(BASIC_1_0))
        self.file.write_bytes(device.image(BASIC_1_1))
        self.envelopes = {"image": self._sign(), "z": self._sign("--pack"), "from": self._sign("--from", old)}
        (self.delta,) = files.glob("new.img.from-*")
        self.sizes = {"image": self.file.stat().st_size, "z": (files / "new.img.z").stat().st_size,
                      "from": self.delta.stat().st_size}

    def _sign(self, *more) -> str:
        envelope = self.device.lab.folder / "new.jws"
        self.device.lab.esb("sign", "--key", self.device.lab.products.key, "--image", self.file, "--url",
                            self.device.web.url("new.img", HOST), *more, "-o", envelope)
        return envelope.read_text().strip()


def begin(device: ChipDevice, life: bytes, envelope: str) -> int:
    device.chip.power_off()
    device.chip.flash.write_bytes(life)
    device.chip.power_on()
    device.chip.expect(r"ping: echo after \d+ ms")
    return device.offer(envelope)


def installed(device: ChipDevice):
    device.runs(BASIC_1_1, "b")
    device.chip.expect(r"ota: confirmed", 120)


@pytest.mark.parametrize("form", ["image", "z", "from"])
def test_an_update(device, life, release, record, seconds, form):
    """Timed from the offer to the restart: what comes behind it is the same for all."""
    since = begin(device, life, release.envelopes[form])
    began = time.monotonic()
    device.status.wait_for(since, 120, state="downloading", **({} if form == "image" else {"form": form}))
    device.status.wait_for(since, 300, state="rebooting")
    seconds[form] = time.monotonic() - began
    installed(device)
    record(f"an update by its form {form}: bytes, seconds to the restart", f"{release.sizes[form]:,}, {seconds[form]:.1f}")


def test_the_difference_takes_less_time(seconds, record):
    shares = {form: seconds[form] / seconds["image"] for form in ("z", "from")}
    record(f"time of an update against that of the image, at {LINK} bytes a second",
           ", ".join(f"{form} {share:.0%}" for form, share in shares.items()))
    assert shares["from"] <= 0.7


def test_the_power_goes_in_the_middle_of_a_difference(device, life, release, record):
    since = begin(device, life, release.envelopes["from"])
    device.status.wait_for(since, 120, state="downloading", form="from")
    done = device.status.wait_for_that(since, lambda message: message["done"] >= 0x20000, 120)["done"]
    device.chip.power_off()
    since = len(device.status.messages)
    device.chip.power_on()
    again = device.status.wait_for_that(since, lambda message: message["state"] == "downloading" and message["done"] > 0, 120)
    assert again["done"] >= done  # had it begun anew, it would tell of its first steps
    installed(device)
    record("a difference that lost its power: at byte, went on at byte", f"{done:,}, {again['done']:,}")
