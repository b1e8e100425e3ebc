"""The plug-in: its options, its fixtures, and what is kept of a test that failed. docs/pytest-esb.md has an example of each."""

import os
import pathlib
import random

import pytest

from pytest_esb import cuts as every_cut
from pytest_esb.cuts import Cuts
from pytest_esb.faults import Faults
from pytest_esb.project import Project
from pytest_esb.scenario import Fleet, Scenario

LINES_SHOWN = 20  # of the serial log, with a failure
CUTS = pytest.StashKey[Cuts]()
SCENARIO = pytest.StashKey[Scenario]()
SAID = pytest.StashKey[list]()
SEED = pytest.StashKey[int]()


def pytest_addoption(parser):
    group = parser.getgroup("esb", "firmware on ESP32 Secure Base")
    group.addoption("--esb-image", metavar="FILE", help="the firmware (default: ESB_IMAGE, or the only *.img in build/)")
    group.addoption("--esb", metavar="FILE", help="the tool esb (default: ESB, or esb in PATH)")
    group.addoption("--esb-board-image", metavar="FILE", help="flash image of a board, for the fixture emulator")
    group.addoption("--every-cut", action="store_true",
                    help="run each test that has a chip again and again, with the power cut at each flash operation")
    group.addoption("--cut-stride", type=int, default=1, metavar="N", help="with --every-cut: only at each Nth operation")
    group.addoption("--cut-kind", choices=every_cut.KINDS, default="half-done", help="how an operation is torn (half-done)")
    group.addoption("--cut", metavar="N:KIND:SEED", help="once, with the power cut at this flash operation")
    group.addoption("--faults", nargs="?", const="random", metavar="SEED",
                    help="a hostile world: broker, air and power fail by dice; without SEED it takes one and prints it")


def pytest_configure(config):
    if config.getoption("--cut-stride") < 1:
        raise pytest.UsageError("--cut-stride is at least 1")
    config.stash[CUTS] = Cuts(config.getoption("--every-cut"), config.getoption("--cut-kind"),
                              config.getoption("--cut-stride"), config.getoption("--cut"))
    config.stash[SAID] = []
    if seed := config.getoption("--faults"):
        if seed != "random" and not seed.isdigit():
            raise pytest.UsageError(f"--faults takes a number, not {seed!r}; put other options between it and files")
        config.stash[SEED] = random.SystemRandom().randrange(1 << 32) if seed == "random" else int(seed)


def pytest_report_header(config):
    if (seed := config.stash.get(SEED, None)) is not None:
        return f"esb: a hostile world, --faults {seed}"


def pytest_terminal_summary(terminalreporter, config):
    for line in config.stash[SAID]:
        terminalreporter.write_line(line)
    if (seed := config.stash.get(SEED, None)) is not None:
        terminalreporter.write_line(f"esb: the same faults again: --faults {seed}")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    cuts = item.config.stash[CUTS]
    if not cuts.enabled or not {"chip", "fleet"} & set(getattr(item, "fixturenames", ())):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports, said = every_cut.run_protocol(item, nextitem, cuts)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    item.config.stash[SAID].append(f"esb: {item.nodeid}: {said}")
    return True


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    lab = item.stash.get(SCENARIO, None)
    if lab is None or not report.failed:
        return
    lab.keep = True
    report.sections.append(("esb laboratory", f"serial log, MQTT trace and flash image are in {lab.folder}\n{last_lines(lab)}"))


def last_lines(lab: Scenario) -> str:
    text = []
    for log in sorted(lab.logs.glob("*-serial.log")):
        lines = log.read_text(errors="replace").splitlines()[-LINES_SHOWN:]
        text += [f"the last lines of {log.name}:", *(f"  {line}" for line in lines)]
    faults = lab.logs / "faults.log"
    return "\n".join(text + (["faults:", faults.read_text()] if faults.exists() else []))


@pytest.fixture
def lab(request):
    """What the others are made in; its folder is kept when the test fails."""
    config = request.config
    project = Project(config.rootpath, config.getoption("--esb-image"), config.getoption("--esb"))
    with Scenario(project, config.stash[CUTS]) as scenario:
        request.node.stash[SCENARIO] = scenario
        hostile = None
        if (seed := config.stash.get(SEED, None)) is not None:
            scenario.hostile = True
            hostile = Faults(scenario, seed, request.node.nodeid)
            hostile.start()
        try:
            yield scenario
        finally:
            if hostile is not None:
                hostile.stop()
            for chip in scenario.chips:
                chip.pump()
    request.node.stash[SCENARIO] = None


@pytest.fixture
def chip(lab):
    """A new device with the firmware of the project, switched on."""
    return lab.new_chip()


@pytest.fixture
def fleet(lab):
    """Several devices: fleet.add(3)."""
    return Fleet(lab)


@pytest.fixture
def broker(lab):
    """A mosquitto with the operator's accounts; running."""
    return lab.broker


@pytest.fixture
def web(lab):
    """A web server for images; running."""
    return lab.web


@pytest.fixture
def air(lab):
    """The networks that the chips hear."""
    return lab.air


@pytest.fixture
def clock(lab):
    """The clock of all chips."""
    return lab.clock


@pytest.fixture
def emulator(lab, request):
    """The firmware as it is built for a board, on an emulated chip; skipped where there is none."""
    from pytest_esb.emulated_chip import EmulatedChip
    image = request.config.getoption("--esb-board-image")
    missing = [name for name, value in (("ESB_EMULATOR", os.environ.get("ESB_EMULATOR")), ("--esb-board-image", image)) if not value]
    if missing:
        pytest.skip(f"needs {' and '.join(missing)}")
    chip = EmulatedChip(lab, pathlib.Path(image).resolve(), os.environ.get("ESB_TARGET", "esp32c3"))
    chip.power_on()
    return chip
