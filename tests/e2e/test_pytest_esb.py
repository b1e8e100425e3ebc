"""The plug-in as a project uses it: pytest runs in a folder of its own, with the image of examples/basic."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

import pytest_esb
from pytest_esb.cuts import Cuts
from pytest_esb.faults import Faults
from pytest_esb.lab import Lab, Products, StepFailed

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "tools/pytest_esb"


class Project:
    """A folder with tests, and what pytest says about them."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        products = Products()
        (folder / "tests").mkdir()
        (folder / "pytest.ini").write_text("[pytest]\ntestpaths = tests\n")
        shutil.copy(products.key, folder / "update-key.pem")
        self.places = folder / "tmp"
        self.places.mkdir()
        self.environment = {**os.environ, "ESB": str(products.esb), "ESB_IMAGE": str(products.basic_1_0),
                            "NEXT_IMAGE": str(products.basic_1_1), "PYTHONPATH": str(PLUGIN), "TMPDIR": str(self.places)}

    def run(self, tests: str, *options: str) -> subprocess.CompletedProcess:
        (self.folder / "tests/test_it.py").write_text(tests)
        return subprocess.run([sys.executable, "-B", "-m", "pytest", "-p", "pytest_esb", "-p", "no:cacheprovider", "-q", *options],
                              cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120)

    def kept(self) -> list[pathlib.Path]:
        return sorted(self.places.glob("esb-lab-*"))


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


EVERYTHING = """
import os

def test_one_device_lives_through_it(chip, air, broker, clock, web):
    chip.ask("lamp on", "lamp is on")
    chip.go_on_line()
    chip.publish("lamp", "off", retain=True)
    assert chip.expect_message("lamp/state") == "off"
    air.off()
    chip.expect("signal lost")
    air.on()
    chip.expect("ping: echo after")
    broker.restart()
    chip.expect("ping: echo after")
    clock.jump(days=400)
    chip.ask("status", "up: 345600[0-9][0-9] s")
    chip.expect_message("temperature")
    update = chip.update(os.environ["NEXT_IMAGE"])
    chip.cut_power(during="update")
    chip.expect("ota: confirmed")
    assert update.finish() == 0
    assert web.url("x").endswith("/x")

def test_a_fleet(fleet):
    fleet.add(2)
    fleet.go_on_line()
    one, other = fleet
    assert one.identity != other.identity
    other.publish("lamp", "on")
    assert other.expect_message("lamp/state") == "on"

def test_the_button(chip):
    chip.press_button(0.1)
    chip.ask("lamp on", "lamp is on")

def test_a_board(emulator):
    pass
"""


def test_every_fixture_does_what_its_page_says(project):
    done = project.run(EVERYTHING, "-rs")
    assert "3 passed, 1 skipped" in done.stdout, done.stdout
    assert "needs ESB_EMULATOR and --esb-board-image" in done.stdout
    assert project.kept() == []


FAILING = """
def test_what_is_not_so(chip, broker):
    chip.go_on_line()
    chip.publish("lamp", "on")
    chip.expect_message("lamp/state", "on")
    chip.expect("the lamp is broken", patience=0.2)
"""


def test_of_a_failure_logs_messages_and_flash_are_kept_in_a_folder_that_is_named(project):
    done = project.run(FAILING)
    assert done.returncode == 1 and "did not print /the lamp is broken/" in done.stdout
    (folder,) = project.kept()
    assert f"serial log, MQTT trace and flash image are in {folder}" in done.stdout
    assert "mqtt: connected" in (folder / "logs/chip-serial.log").read_text()
    assert re.search(r"ESP/\w+/app/lamp/state  on", (folder / "logs/mqtt.log").read_text())
    assert (folder / "chip.flash").stat().st_size > 1 << 20


CUT = """
def test_a_setting_is_kept(chip):
    chip.ask("config set log.level debug", "ok")
    chip.ask("config get log.level", "log.level = debug")

def test_the_power_stays_on(chip):
    chip.ask("config set log.level debug", "ok")
    before = chip.lines[0]
    assert chip.lab.cuts.target is None or "boot 1" not in before
"""


def test_the_power_is_cut_at_each_operation_and_a_failure_names_its_own(project):
    done = project.run(CUT, "--every-cut", "--cut-stride", "3")
    cuts = re.search(r"test_a_setting_is_kept: (\d+) cuts \(half-done\) in (\d+) flash operations", done.stdout)
    assert cuts and int(cuts[1]) == (int(cuts[2]) - 1) // 3 + 1 and int(cuts[1]) > 2, done.stdout
    assert "1 failed, 1 passed" in done.stdout
    (again,) = set(re.findall(r"this one again: --cut (\S+)", done.stdout))
    assert again == "1:half-done:1"
    done = project.run(CUT, "--cut", again)
    assert "1 failed, 1 passed" in done.stdout


HOSTILE = """
import time

def test_the_lamp_obeys_in_the_end(chip):
    chip.go_on_line()
    for _ in range(3):
        chip.publish("lamp", "on", retain=True)
        chip.expect_message("lamp/state", "on")
        time.sleep(0.5)
        chip.ask("config get log.level", "log.level")
"""


def test_a_hostile_world_is_named_by_its_seed(project):
    done = project.run(HOSTILE, "--faults", "18")
    assert "1 passed" in done.stdout, done.stdout
    assert "--faults 18" in done.stdout
    done = project.run("def test_nothing(): pass", "--faults")
    assert re.search(r"the same faults again: --faults \d+", done.stdout)


class Nowhere:
    """A laboratory in which no fault can happen, and no time passes."""
    running_broker = None
    chips = ()

    def __init__(self, folder):
        self.logs = folder
        self.lock = self
        self.air = self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def changed(self):
        pass


def test_the_same_seed_throws_the_same_dice(tmp_path):
    def thrown(seed):
        faults = Faults(Nowhere(tmp_path), seed, "tests/test_it.py::test_x")
        waits = []

        class Over:
            def wait(self, seconds):
                waits.append(seconds)
                return len(waits) > 40

        faults._over = Over()
        faults.run()
        return waits, [line.split("  ")[-1] for line in faults.done]

    assert thrown(1) == thrown(1)
    assert thrown(1) != thrown(2)


def test_a_cut_counts_from_the_power_on_in_which_it_comes():
    cuts = Cuts(enabled=True, stride=3)
    assert cuts.targets(7) == ["1:half-done:1", "4:half-done:4", "7:half-done:7"]
    cuts.target = "12:before:1"
    assert cuts.option(0) == ["--cut", "12:before:1"]
    assert cuts.option(10) == ["--cut", "2:before:1"]
    assert cuts.option(12) == []


def test_a_laboratory_ends_all_that_it_started_also_when_one_does_not_end():
    class Thing:
        stopped = False

        def __init__(self, why: Exception | None = None):
            self.why = why

        def stop(self):
            self.stopped = True
            if self.why:
                raise self.why

    things = [Thing(), Thing(StepFailed("the first")), Thing(), Thing(StepFailed("the second")), Thing()]
    lab = Lab()
    with pytest.raises(StepFailed, match="the first"), lab:
        for thing in things:
            lab.keep_track(thing)
    assert all(thing.stopped for thing in things)
    shutil.rmtree(lab.folder)


def test_without_pexpect_it_stops_nobody(project):
    hidden = project.folder / "hidden"
    hidden.mkdir()
    (hidden / "pexpect.py").write_text("raise ImportError('hidden')\n")
    project.environment["PYTHONPATH"] = f"{hidden}:{PLUGIN}"
    done = project.run("def test_of_somebody_else(): pass", "-v")
    assert "1 passed" in done.stdout and "pexpect is missing" in done.stdout, done.stdout + done.stderr


def test_the_package_has_the_version_of_the_tool():
    said = subprocess.run([Products().esb, "--version"], capture_output=True, text=True, check=True).stdout
    assert said.split()[1] == pytest_esb.__version__
