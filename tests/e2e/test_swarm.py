"""Many devices in one process: on line, back after the broker has restarted, and after faults."""

import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from pytest_esb.lab import Products  # noqa: E402
from on_line import firmware  # noqa: E402

DEVICES = 40


def swarm(*arguments, **variables) -> subprocess.CompletedProcess:
    products = Products()
    return subprocess.run([products.esb, "swarm", *map(str, arguments)], capture_output=True, text=True, timeout=120,
                          env={**os.environ, **variables})


def test_all_come_back_from_all_that_happens_to_them():
    done = swarm(DEVICES, "--image", firmware(Products(), "steady-1.0.0"), "--quiet", 1, "--broker-restart", "--faults", 7,
                 "--for", 4, "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["devices"] == DEVICES
    for figure in ("bytes", "online_ms", "back_ms", "all_back_ms", "recovered_ms"):
        assert figures[figure] > 0, figures
    assert figures["bytes"] < 1_000_000


def test_the_serial_port_of_one_of_them_is_shown():
    done = swarm(3, "--image", firmware(Products(), "steady-1.0.0"), "--quiet", 1, "--serial", 1)
    assert done.returncode == 0, done.stderr
    assert "mqtt: connected to 127.0.0.1" in done.stderr
    assert "3 devices in one process" in done.stdout


def test_what_cannot_be_is_said_in_one_line(tmp_path):
    (tmp_path / "none.img").write_bytes(b"no image")
    (tmp_path / "tmp").mkdir()
    done = swarm(3, "--image", tmp_path / "none.img", TMPDIR=str(tmp_path / "tmp"))
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if line.startswith("esb: ")] == done.stderr.splitlines()[-1:]
    assert swarm(0, "--image", tmp_path / "none.img").returncode == 2
    assert not any((tmp_path / "tmp").iterdir()), "the laboratory is cleared away"
