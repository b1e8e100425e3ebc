"""The suite for the real chip, emulated. Without an ESP-IDF and an emulator in the environment it is skipped."""

import datetime
import json
import os
import pathlib
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / "e2e")]
os.environ.setdefault("ESB_PATIENCE", "90")  # the guest's clock is real time: on a busy host everything is late

from pytest_esb.lab import Lab, Products  # noqa: E402
from repeats import counted, pytest_runtest_makereport, pytest_runtest_protocol, summary  # noqa: E402, F401
from source_hash import LAST_RUN, source_hash  # noqa: E402

MISSING = [name for name in ("IDF_PATH", "ESB_EMULATOR") if not os.environ.get(name)]
results: dict[str, str] = {}
figures: dict[str, object] = {}


def pytest_ignore_collect():
    return bool(MISSING) or None


def pytest_terminal_summary(terminalreporter):
    if MISSING:
        terminalreporter.write_line(f"emulator suite skipped: {' and '.join(MISSING)} not set, see tests/emulator/README.md")
    for name, value in figures.items():
        terminalreporter.write_line(f"{name}: {value}")
    for line in summary() if counted else []:
        terminalreporter.write_line(line)


def pytest_runtest_logreport(report):
    if report.when == "call" or report.failed:
        results[report.nodeid.split("/")[-1]] = report.outcome


def pytest_sessionfinish(session, exitstatus):
    """What passed is recorded with the hash of what it has proven; files may be run one by one."""
    if MISSING:
        session.exitstatus = 0
        return
    if exitstatus != 0 or session.config.getoption("keyword") or not results:
        return
    last = json.loads(LAST_RUN.read_text()) if LAST_RUN.exists() else {}
    if last.get("src_esb") != source_hash():
        last = {"src_esb": source_hash(), "results": {}, "figures": {}}
    last["date"] = datetime.date.today().isoformat()
    last["results"] = dict(sorted((last["results"] | results).items()))
    last["figures"] |= figures
    last["repeats"] = dict(sorted((last.get("repeats", {}) | counted).items()))
    LAST_RUN.write_text(json.dumps(last, indent=1) + "\n")


@pytest.fixture(scope="session")
def record():
    """Figures that belong into last-run.json and on the screen."""
    return lambda name, value: figures.__setitem__(name, value)


@pytest.fixture(scope="module")
def lab(request):
    with Lab(Products()) as lab:
        yield lab
        lab.keep = lab.keep or bool(request.session.testsfailed)
        if lab.keep:
            print(f"\nlogs and files are in {lab.folder}")
