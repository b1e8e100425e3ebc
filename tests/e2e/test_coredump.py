"""Crashes of ten kinds on the virtual chip: what each leaves travels over MQTT, and `esb coredump` tells signal, function and
line. No secret is in it.
"""

import json
import pathlib
import re
import subprocess

import pytest

from pytest_esb.lab import Lab, StepFailed
from on_line import NETWORK, Device

SOURCE = pathlib.Path(__file__).parent / "firmware/crash_kinds.cpp"

# What the command is told, the signal, the function in which it happens. In the heap's own checks it is libc that gives up.
KINDS = {
    "read": (11, "read_nowhere"), "write": (11, "write_nowhere"), "abort": (6, "give_up"), "trap": (4, "run_into_a_trap"),
    "divide": (8, "divide_by_zero"), "stack": (11, "use_up_the_stack"), "double-free": (6, "free_twice"),
    "heap": (6, "spoil_the_heap"), "call": (11, None), "hang": (6, "hang"),
}


def line_of(function: str) -> range:
    """The lines of a function in the source."""
    lines = SOURCE.read_text().splitlines()
    first = next(i for i, line in enumerate(lines, 1) if re.search(rf"\b{function}\((std::size_t n)?\) {{", line))
    last = first if lines[first - 1].endswith("}") else next(i for i, line in enumerate(lines, 1) if i > first and line == "}")
    return range(first, last + 1)


@pytest.fixture(scope="module")
def device(request):
    with Lab() as lab:
        made = Device(lab, "crash_kinds-1.0.0")
        made.crashes = 0
        yield made
        lab.keep = lab.keep or bool(request.session.testsfailed)


def program(device: Device) -> pathlib.Path:
    return device.lab.products.build / "tests/e2e/crash_kinds-1.0.0"


def coredump(device: Device, *more) -> str:
    return device.lab.esb("coredump", device.identity, "--broker", device.broker.tools, *more).stdout


def crash(device: Device, kind: str):
    device.chip.type(f"crash {kind}")
    device.chip.expect(r"boot \d+ \((panic|task-watchdog)\)", patience=20)
    device.chip.expect(r"ping: echo after \d+ ms", patience=30)
    device.crashes += 1
    if device.crashes % 3 == 0:  # in safe mode now, without the author's command
        device.chip.type("safe-mode leave")
        device.chip.expect(r"ping: echo after \d+ ms", patience=30)


def test_a_device_that_has_not_crashed_sends_nothing(device):
    with pytest.raises(StepFailed, match="sends nothing"):
        coredump(device)


@pytest.mark.parametrize("kind", KINDS)
def test_a_crash_is_told_with_function_and_line(device, kind):
    signal, function = KINDS[kind]
    crash(device, kind)
    told = coredump(device, "--elf", program(device), "--forget")
    assert told.startswith(f"signal {signal} ("), told
    if function is None:
        return
    at = re.search(rf"\b{function}\b.* at \S*crash_kinds\.cpp:(\d+)", told)
    assert at and int(at[1]) in line_of(function), told


def test_what_is_kept_is_read_again_and_another_program_is_refused(device, tmp_path):
    crash(device, "abort")
    kept = tmp_path / "core"
    first = coredump(device, "--elf", program(device), "--out", kept)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert device.lab.esb("coredump", "--from", kept, "--elf", program(device)).stdout == first
    other = device.lab.products.build / "tests/e2e/steady-1.0.0"
    with pytest.raises(StepFailed, match="another program"):
        device.lab.esb("coredump", "--from", kept, "--elf", other)


def test_the_log_and_the_status_tell_of_it(device):
    status = json.loads(subprocess.run(device.broker.as_tool("mosquitto_sub", "-C", "1", "-t", f"{device.base}/status"),
                                       capture_output=True, timeout=20, check=True).stdout)
    assert status["crash"] > 0
    device.chip.ask("log", r"the run before crashed at 0x[0-9a-f]{8}")


def test_no_secret_is_in_what_a_crash_leaves(device, tmp_path):
    kept = tmp_path / "core"
    coredump(device, "--out", kept)
    left = kept.read_bytes()
    for secret in (device.psk.encode(), bytes.fromhex(device.psk), NETWORK["passphrase"].encode()):
        assert secret not in left
    assert re.fullmatch(rb"esb-crash 1\nbuild-id [0-9a-f]{40}\nsignal \d+\n(frame 0x[0-9a-f]+\n)+end\n", left)


def test_wrong_words_change_nothing(device):
    for word in ("send x", "sendx", "send -1", "send 99999999", "forget", "forget all", "send 1 2"):
        device.publish("crash/do", word)
        device.chip.expect(r"crash/do: error: .*\(crash\.word\)")
    coredump(device, "--forget")
    device.publish("crash/do", "send")
    device.chip.expect(r"crash/do: error: .*\(crash\.nothing\)")
