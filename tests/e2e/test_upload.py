"""tools/ota_upload.py, which PlatformIO's `ota` environment calls: signed, served, published and confirmed in one command."""

import pathlib
import subprocess
import sys

import pytest

from pytest_esb.lab import PATIENCE, Lab, sha256
from on_line import Device, firmware

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "tools/ota_upload.py"


@pytest.fixture(scope="module")
def device(request):
    with Lab() as lab:
        yield Device(lab, "steady-1.0.0")
        lab.keep = lab.keep or bool(request.session.testsfailed)


def upload(device: Device, image: pathlib.Path, *more: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, SCRIPT, "--image", image, "--key", device.lab.products.key, "--ident",
                           device.identity, "--broker", device.broker.tools, "--esb", device.lab.products.esb, *more],
                          capture_output=True, text=True, timeout=2 * PATIENCE, env=device.lab.environment)


def test_serves_the_image_itself(device):
    image = firmware(device.lab.products, "steady-1.1.0")
    done = upload(device, image, "--serve", "127.0.0.1")
    assert done.returncode == 0, done.stderr
    device.chip.expect("ota: confirmed")
    assert sha256(device.chip.running_program()) == sha256(image.read_bytes())


def test_tells_when_the_device_refuses(device):
    old = firmware(device.lab.products, "steady-1.0.0")
    done = upload(device, old, "--url", device.serve(old.read_bytes()))
    assert done.returncode == 1
    assert "ota.seq" in done.stdout + done.stderr


@pytest.mark.parametrize("arguments, problem", [
    (["--image", "nowhere.bin"], "nowhere.bin does not exist"),
    (["--key", "nowhere.pem"], "nowhere.pem does not exist"),
])
def test_missing_files_are_one_line(device, arguments, problem):
    done = upload(device, firmware(device.lab.products, "steady-1.1.0"), "--serve", "127.0.0.1", *arguments)
    assert done.returncode == 1
    assert done.stderr == f"ota_upload: {problem}\n"
