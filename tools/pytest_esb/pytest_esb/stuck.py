"""Tells an emulator that has lost an interrupt from a firmware that hangs.

Then the firmware's scheduler is dead: its tick counter stands still, and the processor is for ever where it waits for an
interrupt. A firmware that hangs by itself either goes on counting or is somewhere else.
"""

import bisect
import dataclasses
import functools
import json
import pathlib
import socket
import subprocess
import time

TICKS = "xTickCount"  # of FreeRTOS: a hundred times a second
WAITING = ("vPortYield", "esp_cpu_wait_for_intr")
WATCHED = 5  # seconds: a busy host makes the guest slow, too
PATIENCE = 20  # seconds for an answer of the emulator


class EmulatorStuck(Exception):
    """What ran has neither passed nor failed. No StepFailed: nobody who expects the firmware to fail may take this for it."""


@dataclasses.dataclass(frozen=True)
class Symbols:
    """The places of one firmware that matter here."""
    ticks: int
    addresses: tuple[int, ...]  # of functions, ascending
    names: tuple[str, ...]

    def waits_in(self, address: int) -> str | None:
        at = bisect.bisect_right(self.addresses, address) - 1
        return self.names[at] if at >= 0 and self.names[at] in WAITING else None


def symbols_of(elf_file: pathlib.Path) -> Symbols | None:
    return _symbols_of(elf_file, elf_file.stat().st_mtime_ns)


@functools.cache
def _symbols_of(elf_file: pathlib.Path, _changed: int) -> Symbols | None:
    listing = subprocess.run(["nm", "--numeric-sort", "--defined-only", elf_file], capture_output=True, text=True, check=True)
    symbols = [line.split(maxsplit=2) for line in listing.stdout.splitlines()]
    functions = [(int(address, 16), name) for address, kind, name in symbols if kind in "tTwW"]
    ticks = next((int(address, 16) for address, _, name in symbols if name == TICKS), None)
    return None if ticks is None or not functions else Symbols(ticks, *zip(*functions))


class Monitor:
    """A conversation with a running emulator, in its machine protocol (QMP)."""

    def __init__(self, path: pathlib.Path):
        self.socket = socket.socket(socket.AF_UNIX)
        try:
            self.socket.settimeout(PATIENCE)
            self.socket.connect(str(path))
            self.lines = self.socket.makefile("rw")
            self.lines.readline()  # the greeting
            self._execute("qmp_capabilities")
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.socket.close()

    def _execute(self, command: str, **arguments):
        self.lines.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.lines.flush()
        answer = {}
        while "return" not in answer and "error" not in answer:  # events come in between
            answer = json.loads(self.lines.readline())
        return answer["return"]

    def _ask(self, line: str) -> str:
        return self._execute("human-monitor-command", **{"command-line": line})

    def set_link(self, network: str, up: bool):
        self._execute("set_link", name=network, up=up)

    def program_counter(self) -> int:
        words = self._ask("info registers").replace("=", " ").split()
        return int(next(value for name, value in zip(words, words[1:]) if name.lower() == "pc"), 16)

    def word(self, address: int) -> int:
        return int(self._ask(f"xp /1wx {address:#x}").split(":")[1], 16)


def why_stuck(monitor_at: pathlib.Path, elf_files: list[pathlib.Path]) -> str | None:
    """Looks for some seconds, or until there is a sign of life. Which of the firmwares is running is not known: all their
    tick counters must stand still."""
    firmwares = [symbols for symbols in map(symbols_of, elf_files) if symbols]
    try:
        with Monitor(monitor_at) as monitor:
            return _watch(monitor, firmwares)
    except TimeoutError:
        return f"it does not answer within {PATIENCE} s"
    except (OSError, ValueError):
        return None  # it is just ending: that is not stuck


def _watch(monitor: Monitor, firmwares: list[Symbols]) -> str | None:
    places: dict[str, int] = {}
    ticks = None
    until = time.monotonic() + WATCHED
    while time.monotonic() < until:
        at = monitor.program_counter()
        place = next(filter(None, (firmware.waits_in(at) for firmware in firmwares)), None)
        before, ticks = ticks, [monitor.word(firmware.ticks) for firmware in firmwares]
        if place is None or before not in (None, ticks):
            return None
        places[place] = at
        time.sleep(0.1)
    return f"no tick for {WATCHED} s, the processor waits in " + ", ".join(f"{name} ({at:#x})" for name, at in places.items())
