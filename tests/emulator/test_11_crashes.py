"""Crashes of a chip: what each leaves in the partition travels over MQTT, and `esb coredump` tells task, function and line.

A crash ends the emulator, as every restart does, so the next start is a power-on to the firmware and no safe mode comes about.
"""

import json
import re

import pytest

from idf_build import CRASH_KINDS, FULL, IdfBuild
from on_chip import ChipDevice
from pytest_esb.lab import StepFailed, wait_until

# What the command is told, what the panic handler says of it, the function in which it happens.
ABORTED = r"abort\(\) was called|assert failed"
KINDS = {
    "abort": (ABORTED, "give_up"),
    "read": (r"Load access fault", "read_nowhere"),
    "write": (r"Store access fault", "write_nowhere"),
    "heap": (rf"{ABORTED}|access fault", "spoil_the_heap"),
    "double-free": (rf"{ABORTED}|access fault", "free_twice"),
    "assert": (ABORTED, "assert_what_is_wrong"),
    "interrupt": (r"Load access fault", "read_in_an_interrupt"),
    "trap": (r"Breakpoint", "run_into_a_trap"),
    "call": (r"Instruction access fault", "operator"),  # a tail call: who has called that function is told
}
GOES_ON = ("divide", "unaligned")  # RISC-V divides by zero without a trap, and this processor reads any address
PASSPHRASE = "correct horse battery"


@pytest.fixture(scope="module")
def device(lab):
    made = ChipDevice(lab, IdfBuild(lab.products, profile=FULL), CRASH_KINDS)
    made.elf = made.build.elf_file(CRASH_KINDS)
    made.chip.ask("config set wifi.1.ssid Greenhouse", r"ok")
    made.chip.ask(f'config set wifi.1.pass "{PASSPHRASE}"', r"ok")
    return made


def coredump(device: ChipDevice, *more) -> str:
    return device.lab.esb("coredump", device.identity, "--broker", device.broker.tools, *more).stdout


def crash(device: ChipDevice, kind: str, said: str):
    device.chip.type(f"crash {kind}")
    device.chip.expect(said)
    device.chip.expect(r"crash: the one before left \d+ bytes")
    device.chip.expect(r"ping: echo after \d+ ms")


def require_told(device: ChipDevice, kind: str, function: str, record, task: str = "esb"):
    kept = device.lab.folder / f"{kind}.core"
    told = coredump(device, "--elf", device.elf, "--out", kept, "--forget")
    device.chip.ask("crash nothing", r"it goes on")  # what came before is done
    record(f"core dump after {kind}, bytes", kept.stat().st_size)
    assert f"\ntask {task}\n" in told, told
    at = re.search(rf"\b{function} ?\(.*\) at \S*crash_kinds\.cpp:(\d+)", told)
    assert at and int(at[1]) in line_of(function), told
    print(f"{kind}: task {task}, {at[0]}, {kept.stat().st_size} bytes")


def line_of(function: str) -> range:
    """The lines of a function in the source."""
    lines = CRASH_KINDS.source.read_text().splitlines()
    if function == "operator":
        return range(next(i for i, line in enumerate(lines, 1) if "esb_main" in line), len(lines))
    first = next(i for i, line in enumerate(lines, 1) if re.search(rf"\b{function}\((std::size_t n)?\) {{", line))
    last = first if lines[first - 1].endswith("}") else next(i for i, line in enumerate(lines, 1) if i > first and line == "}")
    return range(first, last + 1)


def test_a_device_that_has_not_crashed_sends_nothing(device):
    with pytest.raises(StepFailed, match="sends nothing"):
        coredump(device)


@pytest.mark.parametrize("kind", GOES_ON)
def test_the_processor_goes_on(device, kind):
    device.chip.ask(f"crash {kind}", r"it goes on")


@pytest.mark.parametrize("kind", KINDS)
def test_a_crash_is_told_with_task_function_and_line(device, kind, record):
    said, function = KINDS[kind]
    crash(device, kind, said)
    require_told(device, kind, function, record, "IDLE" if kind == "interrupt" else "esb")


def test_a_stack_that_is_used_up_is_told_with_its_task(device, record):
    """No registers: ESP-IDF keeps none of a task whose frame lies below its stack."""
    crash(device, "stack", r"A stack overflow in task esb has been detected")
    kept = device.lab.folder / "stack.core"
    told = coredump(device, "--elf", device.elf, "--out", kept)
    record("core dump after stack, bytes", kept.stat().st_size)
    assert "A stack overflow in task esb" in told and "\ntask esb\n" in told, told


def test_the_log_and_the_status_tell_of_it(device):
    assert json.loads(device.broker.retained(f"{device.base}/status"))["crash"] > 0
    device.chip.ask("log", r"the run before crashed at 0x[0-9a-f]{8}")


def test_another_program_is_refused(device):
    other = device.build.products_folder / "other.elf"
    other.write_bytes(device.elf.read_bytes() + b"!")
    with pytest.raises(StepFailed, match="another program"):
        device.lab.esb("coredump", "--from", device.lab.folder / "abort.core", "--elf", other)
    other.unlink()


def test_no_secret_is_in_what_a_crash_leaves(device):
    kept = sorted(device.lab.folder.glob("*.core"))
    assert len(kept) >= len(KINDS)
    for file in kept:
        left = file.read_bytes()
        assert b"esb\0" in left  # a task's name: what is looked for would be found
        for secret in (device.psk.encode(), bytes.fromhex(device.psk), PASSPHRASE.encode()):
            assert secret not in left, file.name


def test_forgotten_is_erased_in_flash(device):
    coredump(device, "--forget")
    device.chip.ask("status", r"up: \d+ s")
    wait_until("nothing is left", lambda: device.chip.partition("coredump")[:4] == b"\xff" * 4)


def test_the_watchdog_of_a_task_that_hangs(device, record):
    """By a clock that counts instructions: by the host's, a busy host would have the other watchdog bite first."""
    device.chip.power_off()
    device.chip.watchdogs, device.chip.counting = True, 3
    device.chip.power_on()
    device.chip.expect(r"ping: echo after \d+ ms", 180)
    device.chip.type("crash hang")
    device.chip.expect(r"Task watchdog got triggered", 180)
    device.chip.watchdogs, device.chip.counting = False, None  # from the next start on
    device.chip.expect(r"crash: the one before left \d+ bytes", 180)
    device.chip.expect(r"ping: echo after \d+ ms")
    require_told(device, "hang", "hang", record)
