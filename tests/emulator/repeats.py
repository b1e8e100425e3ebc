"""A test whose emulator got stuck is repeated with a fresh one, since it has shown nothing of the firmware.

The tests of a file share a chip, and most begin where the one before has ended. So what is repeated is the file, from its
beginning; what it has reported already is not reported again, unless it fails now.
"""

import pytest
from _pytest.runner import runtestprotocol

from pytest_esb.emulated_chip import EmulatedChip
from pytest_esb.stuck import EmulatorStuck

REPEATS = 3  # of a file, at most
counted: dict[str, int] = {}  # repeats, by file
reasons: list[str] = []


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """With its first test the whole file runs; when it is the others' turn, they have run."""
    items = [other for other in item.session.items if other.path == item.path]
    if item is items[0]:
        _run_file(items)
    return True


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Whatever a test has waited for in vain: the reason may be its emulator."""
    outcome = yield
    report = outcome.get_result()
    if not report.failed or call.when == "teardown":
        return
    stuck = str(call.excinfo.value) if call.excinfo.errisinstance(EmulatorStuck) else _why_one_is_stuck()
    if stuck:
        report.emulator_stuck = stuck
        report.longrepr = f"{stuck}\n\n{report.longreprtext}"


def summary() -> list[str]:
    return [f"emulator stuck, files repeated: {sum(counted.values())}", *reasons]


def _why_one_is_stuck() -> str | None:
    return next(filter(None, (chip.why_stuck() for chip in list(EmulatedChip.switched_on))), None)


def _run_file(items):
    file = items[0].path.name
    reported: set[str] = set()
    for repeat in range(REPEATS + 1):
        counted[file] = repeat
        if _run_once(items, reported, is_last=repeat == REPEATS):
            return


def _run_once(items, reported: set[str], is_last: bool) -> bool:
    """False: the emulator got stuck, and of that nothing was reported."""
    session = items[0].session
    for item, following in zip(items, [*items[1:], None]):
        reports = runtestprotocol(item, log=False, nextitem=following)
        stuck = next((report.emulator_stuck for report in reports if hasattr(report, "emulator_stuck")), None)
        if stuck:
            reasons.append(f"{item.path.name}::{item.name}: {stuck.partition(';')[0]}")
        if stuck and not is_last:
            session._setupstate.teardown_exact(None)  # the file's chip goes
            return False
        _report(item, reports, reported)
        if session.shouldfail or session.shouldstop:
            return True
    return True


def _report(item, reports, reported: set[str]):
    if item.nodeid in reported and not any(report.failed for report in reports):
        return
    reported.add(item.nodeid)
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
