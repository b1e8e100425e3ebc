"""A phone's view of `esb label`: zbarimg reads the pictures back, from a device that was really born."""

import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from pytest_esb.lab import Chip, Lab  # noqa: E402


def read_code(picture: pathlib.Path) -> str:
    done = subprocess.run(["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", picture],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout.removesuffix("\n")


def picture_of(drawing: str, path: pathlib.Path, scale: int = 6):
    """What the terminal shows, as a plain grey map: a character is one dot wide and two high."""
    halves = {"█": (0, 0), "▀": (0, 255), "▄": (255, 0), " ": (255, 255)}
    rows = []
    for line in drawing.splitlines():
        if set(line) <= set(halves):
            rows += [[halves[c][half] for c in line] for half in (0, 1)]
    width = len(rows[0])
    dots = b"".join(bytes(v for v in row for _ in range(scale)) * scale for row in rows)
    path.write_bytes(b"P5 %d %d 255\n" % (width * scale, len(rows) * scale) + dots)


@pytest.fixture(scope="module")
def lab():
    with Lab() as lab:
        yield lab


@pytest.fixture(scope="module")
def born(lab):
    """The serial log of a first boot, and its WIFI: line."""
    chip = Chip(lab)
    lab.esb("vchip", "flash", "--flash", chip.flash, "--image", lab.products.basic_1_0)
    chip.air.write()
    chip.power_on()
    code = chip.expect(r"(WIFI:T:WPA;[^\r\n]*)\r*\n")[1]
    chip.power_off()
    return lab.logs / "chip-serial.log", code


def test_the_picture_says_what_the_device_said(lab, born):
    log, code = born
    lab.esb("label", "--birth", log, "-o", "label.png")
    assert read_code(lab.folder / "label.png") == code


def test_a_factory_pipes_the_port_into_it(lab, born):
    log, code = born
    lab.esb("label", "--birth", "-", "-o", "piped.png", stdin=log.read_text())
    assert read_code(lab.folder / "piped.png") == code


def test_the_terminals_drawing_can_be_read_too(lab, born):
    log, code = born
    picture_of(lab.esb("label", "--birth", log, quiet=True).stdout, lab.folder / "drawn.pgm")
    assert read_code(lab.folder / "drawn.pgm") == code


@pytest.mark.parametrize("password", ['semi;colon:"quote",back\\slash', "~" * 63, "with  spaces in it"])
def test_passwords_with_special_characters(lab, password):
    lab.esb("label", "ESP-C44F330A9C35", "-", "-o", "odd.png", stdin=password + "\n")
    escaped = "".join("\\" + c if c in '\\;,:"' else c for c in password)
    assert read_code(lab.folder / "odd.png") == f"WIFI:T:WPA;S:ESP-C44F330A9C35;P:{escaped};;"
