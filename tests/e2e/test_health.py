"""Safe mode and the flight recorder with real processes: firmware that crashes whenever it is on line, the way out by an
update, and what `esb log` says of it all."""

import subprocess
import threading

import pytest

from pytest_esb.lab import Lab, wait_until
from on_line import Device, firmware


@pytest.fixture(scope="module")
def device(request):
    with Lab() as lab:
        yield Device(lab, "crash_looping-1.0.0")
        lab.keep = lab.keep or bool(request.session.testsfailed)
        if lab.keep:
            print(f"\nlogs and files are in {lab.folder}")


class LogInWords:
    """`esb log` as it runs: the lines it has printed."""

    def __init__(self, device: Device):
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [device.lab.products.esb, "log", device.identity, "--broker", f"127.0.0.1:{device.broker.tools_port}"],
            stdout=subprocess.PIPE, text=True, env=device.lab.environment)
        threading.Thread(target=self._read, daemon=True).start()
        device.lab.keep_track(self)

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def wait_for(self, text: str):
        wait_until(f"a line with '{text}'", lambda: any(text in line for line in list(self.lines)))

    def stop(self):
        self.process.kill()
        self.process.wait()


def test_three_crashes_are_a_safe_mode(device):
    device.chip.expect(r"SAFE MODE")
    device.chip.ask("status", r"mode: safe")
    device.chip.expect(r"ping: echo after \d+ ms")
    device.chip.ask("log", r"safe mode entered")


def test_the_loss_of_power_does_not_end_it(device):
    device.chip.power_off()
    device.chip.power_on()
    device.chip.expect(r"SAFE MODE")
    device.chip.expect(r"ping: echo after \d+ ms")
    device.chip.ask("log", r"started after panic")


def test_an_update_ends_it_and_esb_log_says_so(device):
    log = LogInWords(device)
    device.confirm_update(firmware(device.lab.products, "steady-1.1.0").read_bytes())
    device.chip.ask("status", r"reset: software")
    assert not any("mode: safe" in line for line in device.chip.lines[-8:])
    log.wait_for("update rebooting")
    log.wait_for("update confirmed")
