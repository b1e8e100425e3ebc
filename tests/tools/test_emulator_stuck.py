"""The chip's suite tells an emulator that lost an interrupt from a firmware that hangs, and repeats what it was doing.
Needs neither the emulator nor ESP-IDF: the emulator's monitor is played by this file."""

import json
import os
import pathlib
import select
import socketserver
import sys
import threading
import types

import pytest

pytest_plugins = ["pytester"]
SUITE = pathlib.Path(__file__).parents[1] / "emulator"
LABORATORY = pathlib.Path(__file__).parents[2] / "tools/pytest_esb"
sys.path[:0] = [str(SUITE)]

from pytest_esb import stuck  # noqa: E402
from pytest_esb.emulated_chip import EmulatedChip  # noqa: E402

FIRMWARE = stuck.Symbols(0x3FC90000, (0x40380000, 0x40380100, 0x40380140), ("prvIdleTask", "vPortYield", "main_task"))
NEWER = stuck.Symbols(0x3FC90010, FIRMWARE.addresses, FIRMWARE.names)


class Emulator(socketserver.ThreadingUnixStreamServer):
    """Answers like QEMU, with an event in between."""
    daemon_threads = True

    def __init__(self, path: pathlib.Path, counters=(), at=0x40380104):
        super().__init__(str(path), Conversation)
        self.ticks = dict.fromkeys((FIRMWARE.ticks, NEWER.ticks), 100)
        self.counters, self.at = counters, at
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def says(self, line: str) -> str:
        if line == "info registers":
            return f" V      =   0\n pc       {self.at:08x}\n mhartid  00000000\n"
        address = int(line.split()[-1], 16)
        self.ticks[address] += address in self.counters
        return f"{address:08x}: 0x{self.ticks[address]:08x}\n"


class Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b'{"QMP": {}}\n')
        for line in self.rfile:
            question = json.loads(line)
            said = self.server.says(question["arguments"]["command-line"]) if question["arguments"] else {}
            self.wfile.write(b'{"event": "RTC_CHANGE"}\n' + json.dumps({"return": said}).encode() + b"\n")


@pytest.fixture
def why_stuck(tmp_path, monkeypatch):
    monkeypatch.setattr(stuck, "WATCHED", 0.5)
    monkeypatch.setattr(stuck, "symbols_of", {"old": FIRMWARE, "new": NEWER, "other": None}.__getitem__)

    def look(**emulator):
        with Emulator(tmp_path / "qmp", **emulator):
            return stuck.why_stuck(tmp_path / "qmp", ["old", "new", "other"])
    return look


def test_no_tick_and_waiting_for_an_interrupt_is_stuck(why_stuck):
    assert why_stuck() == "no tick for 0.5 s, the processor waits in vPortYield (0x40380104)"


@pytest.mark.parametrize("counter", [FIRMWARE.ticks, NEWER.ticks])
def test_a_firmware_that_counts_is_alive(why_stuck, counter):
    assert why_stuck(counters=(counter,)) is None


@pytest.mark.parametrize("at", [0x40380000, 0x40380140, 0x1000])
def test_a_firmware_that_hangs_elsewhere_has_itself_to_blame(why_stuck, at):
    assert why_stuck(at=at) is None


def test_an_emulator_that_is_gone_is_not_stuck(tmp_path):
    assert stuck.why_stuck(tmp_path / "qmp", []) is None


SHARED_CHIP = f"""
import sys
import pytest
sys.path[:0] = [{str(SUITE)!r}, {str(LABORATORY)!r}]
from pytest_esb.stuck import EmulatorStuck

runs = []

@pytest.fixture(scope="module")
def chip():
    runs.append("on")
    yield runs
    runs.append("off")

def test_first(chip):
    chip.append("first")

def test_second(chip):
    if runs.count("on") <= STUCK:
        raise EmulatorStuck("emulator stuck: no tick")

def test_third(chip):
    assert runs == ["on", "first", "off"] * STUCK + ["on", "first"]
"""


@pytest.fixture
def suite(pytester):
    pytester.makeconftest(f"""
        import sys
        sys.path[:0] = [{str(SUITE)!r}, {str(LABORATORY)!r}]
        from repeats import pytest_runtest_makereport, pytest_runtest_protocol, summary

        def pytest_terminal_summary(terminalreporter):
            for line in summary():
                terminalreporter.write_line(line)
    """)
    return pytester


def run(suite, stuck_times: int):
    suite.makepyfile(test_shared=SHARED_CHIP.replace("STUCK", str(stuck_times)), test_other="def test_it(): pass")
    return suite.runpytest_subprocess("-p", "no:cacheprovider", "-q")


@pytest.mark.parametrize("times", [0, 1, 3])
def test_the_file_is_repeated_with_a_fresh_chip(suite, times):
    result = run(suite, times)
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines([f"emulator stuck, files repeated: {times}",
                                 *["test_shared.py::test_second: emulator stuck: no tick"] * times])


def test_what_is_stuck_for_ever_fails_as_stuck(suite):
    result = run(suite, 4)
    result.assert_outcomes(passed=2, failed=2)  # one more has met the chip that is stuck
    result.stdout.fnmatch_lines(["emulator stuck: no tick", "emulator stuck, files repeated: 3"])


def test_what_fails_is_not_repeated(suite):
    suite.makepyfile("def test_it(): assert False")
    result = suite.runpytest_subprocess("-p", "no:cacheprovider", "-q")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["emulator stuck, files repeated: 0"])


def test_a_serial_port_that_the_next_emulator_has_opened_is_read_on(tmp_path, monkeypatch):
    """Its end was readable; when it is read its other side is open again, without a byte."""
    lab = types.SimpleNamespace(folder=tmp_path, logs=tmp_path, keep_track=lambda chip: None)
    (tmp_path / "image").write_bytes(b"")
    chip = EmulatedChip(lab, tmp_path / "image")
    monkeypatch.setattr(select, "select", lambda readable, *_: (readable, [], []))
    with open(tmp_path / "chip.uart.out", "wb", buffering=0) as port:
        chip._read_what_is_there(0)
        port.write(b"ping")
        chip._read_what_is_there(0)
    chip.stop()
    assert chip.text == "ping"
