"""Improv by the browser's own library, improv-wifi-serial-sdk, at the serial port of a virtual chip.

The browser has a pseudo-terminal as its port, the chip has another one; a cable between them shows every byte.
"""

import json
import os
import pathlib
import pty
import select
import shutil
import subprocess
import sys
import threading
import tty

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import npm  # noqa: E402
from pytest_esb.lab import Chip, Lab, Products, wait_until  # noqa: E402

HERE = pathlib.Path(__file__).parent / "improv"
STATE_READY, STATE_PROVISIONED = 2, 4


@pytest.fixture(scope="module")
def sdk():
    return npm.install(HERE, "improv-sdk")


class Cable(threading.Thread):
    """Carries bytes between the chip's port and the browser's; somebody may type at the chip beside the browser."""

    def __init__(self, chip_fd: int):
        super().__init__(daemon=True)
        self.chip_fd = chip_fd
        self.browser_fd, self.port_fd = pty.openpty()
        tty.setraw(self.port_fd)
        self.port = os.ttyname(self.port_fd)
        self.from_chip = b""
        self.typed: list[bytes] = []
        self.plugged = True

    def run(self):
        while self.plugged:
            ready, _, _ = select.select([self.chip_fd, self.browser_fd], [], [], 0.02)
            if self.chip_fd in ready:
                piece = os.read(self.chip_fd, 4096)
                self.from_chip += piece
                os.write(self.browser_fd, piece)
            if self.browser_fd in ready:
                os.write(self.chip_fd, os.read(self.browser_fd, 4096))
            elif self.typed:
                os.write(self.chip_fd, self.typed.pop(0))

    def unplug(self):
        self.plugged = False
        self.join(5)
        os.close(self.browser_fd)
        os.close(self.port_fd)


def split(stream: bytes) -> tuple[list[bytes], bytes]:
    """Frames, found only where a line begins, and everything else."""
    frames, rest, at_begin = [], b"", True
    while stream:
        if at_begin and stream.startswith(b"IMPROV\x01"):
            size = 9 + stream[8] + 2
            assert stream[size - 1] == 0x0A
            frames.append(stream[:size])
            stream = stream[size:]
            continue
        at_begin = stream[:1] == b"\n"
        rest += stream[:1]
        stream = stream[1:]
    return frames, rest


class Bench:
    def __init__(self, lab: Lab, sdk: pathlib.Path):
        self.sdk = sdk
        self.chip = Chip(lab)
        self.chip.air.networks = [{"ssid": "Greenhouse", "passphrase": "correct horse battery", "rssi": -48},
                                  {"ssid": "Caf\u00e9 \u2615", "rssi": -71}]
        self.chip.air.write()
        lab.esb("vchip", "flash", "--flash", self.chip.flash, "--image", lab.products.basic_1_0)
        self.chip.power_on()
        tty.setraw(self.chip.terminal.child_fd)
        self.identity = self.chip.expect(r"AP ssid=(\S+) pass=[^\r\n]*\r*\n")[1]
        self.chip.settle()
        self.cable = Cable(self.chip.terminal.child_fd)
        self.cable.start()

    def browser(self, *steps) -> list[dict]:
        """Runs the steps; one answer for each."""
        done = subprocess.run([npm.NODE, HERE / "session.mjs", self.sdk, self.cable.port, json.dumps(steps)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100)
        assert done.returncode == 0 and not done.stderr, done.stderr
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(steps)
        return answers


@pytest.fixture(scope="module")
def bench(sdk):
    with Lab() as lab:
        bench = Bench(lab, sdk)
        yield bench
        bench.cable.unplug()


CONNECT = ("connect", 1500)  # as ESP Web Tools does it


def test_it_is_found_and_says_who_it_is(bench):
    found, name = bench.browser(CONNECT, ("name",))
    assert found["ok"], found
    assert found["state"] == STATE_READY
    about = found["value"]
    assert (about["firmware"], about["version"], about["chipFamily"], about["name"]) == \
        ("basic", "1.0.0", "vchip", bench.identity)
    assert name["value"] == bench.identity


def test_it_lists_the_networks(bench):
    _, scan = bench.browser(CONNECT, ("scan",))
    assert scan["value"] == [{"name": "Caf\u00e9 \u2615", "rssi": -71, "secured": False},
                             {"name": "Greenhouse", "rssi": -48, "secured": True}]


def test_a_wrong_passphrase_is_told(bench):
    _, wrong = bench.browser(CONNECT, ("provision", "Greenhouse", "wrong horse battery"))
    assert (wrong["ok"], wrong["failure"]) == (False, "UNABLE_TO_CONNECT"), wrong


def test_frames_and_lines_do_not_mix(bench):
    begin = len(bench.cable.from_chip)
    bench.cable.typed += [b"help\n", b"config list --json\n", b"ident", b"ity\n"] * 10
    answers = bench.browser(CONNECT, *[("state",), ("name",)] * 20, ("scan",))
    assert all(answer["ok"] for answer in answers), answers
    wait_until("everything typed is answered", lambda: not bench.cable.typed)
    bench.browser(CONNECT)
    frames, rest = split(bench.cable.from_chip[begin:])
    assert len(frames) >= 47
    assert b"IMPROV" not in rest
    lines = [line for line in rest.replace(b"\r", b"").split(b"\n") if line]
    assert lines.count(f"identity: {bench.identity}".encode()) == 10
    assert sum(json.loads(line)["ok"] for line in lines if line.startswith(b"{")) == 10
    assert not [line for line in lines if line.startswith(b"error:")]


def test_the_right_passphrase_brings_it_on_line_and_a_second_connection_knows(bench):
    _, joined, _, again = bench.browser(CONNECT, ("provision", "Greenhouse", "correct horse battery"),
                                        ("disconnect",), CONNECT)
    assert (joined["ok"], joined["state"]) == (True, STATE_PROVISIONED), joined
    assert "url" not in joined  # no page is served on this side
    assert (again["ok"], again["state"]) == (True, STATE_PROVISIONED), again
    assert b"wifi: joined \"Greenhouse\", address " in bench.cable.from_chip


def test_after_a_restart_it_is_on_line_by_itself(bench):
    begin = len(bench.cable.from_chip)
    bench.cable.typed.append(b"restart\n")
    wait_until("it joins again", lambda: b"wifi: joined \"Greenhouse\"" in bench.cable.from_chip[begin:])
    (found,) = bench.browser(CONNECT)
    assert (found["ok"], found["state"]) == (True, STATE_PROVISIONED), found
