#!/usr/bin/python3
"""The transcript of docs/kit.md: from an empty folder to own firmware with an own setting and an own command, its test
with a loss of power, and an update. Prints each command with the seconds it took, and counts them.

    ESB_BUILD=build/release tests/e2e/stranger.py
"""

import os
import pathlib
import re
import sys
import tempfile
import time

import pexpect

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools/pytest_esb"))
from kit import PATIENCE, Installed, build_folder, run  # noqa: E402

# What a stranger types into main.cpp and tests/test_greenhouse.py: what stands there, and what comes in its place.
OWN_CODE = [
    ('     .help = "seconds between two readings"},\n',
     '     .help = "seconds between two readings"},\n'
     '    {.name = "alarm.high", .type = settings::Type::integer, .low = 0, .high = 60, .fallback = "35",\n'
     '     .help = "degrees above which it is too warm"},\n'),
    ('    device.debug("temperature", temperature);\n',
     '    device.add_command({"alarm", "", "is it too warm?", [&device](console::Arguments, console::Report& report) {\n'
     '                            const auto high = static_cast<double>(device.settings().integer("alarm.high"));\n'
     '                            report.say("it is ").fact("alarm", temperature > high ? "too warm" : "well");\n'
     '                            return Status();\n'
     '                        }});\n'
     '    device.debug("temperature", temperature);\n'),
]
OWN_TEST = '''

def test_the_alarm_outlives_a_loss_of_power(chip):
    chip.ask("config set alarm.high 10", "ok")
    chip.cut_power()
    chip.ask("alarm", "it is too warm")
'''
CHANGE = ('"it is "', '"the greenhouse is "')


class Transcript:
    def __init__(self, installed: Installed, out=sys.stdout):
        self.installed = installed
        self.out = out
        self.commands = 0
        self.began = time.monotonic()

    def line(self, text: str):
        self.out.write(text + "\n")
        self.out.flush()

    def command(self, text: str, folder: pathlib.Path) -> str:
        began = time.monotonic()
        said = run("sh", "-c", text, cwd=folder, env=self.installed.environment).stdout
        self.counted(text, time.monotonic() - began)
        return said

    def counted(self, text: str, seconds: float):
        self.commands += 1
        self.line(f"$ {text:<52} {seconds:6.1f} s")

    def edit(self, file: pathlib.Path, *changes: tuple[str, str]):
        text = file.read_text()
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        file.write_text(text)
        self.line(f"  ({file.name} is edited)")

    def end(self):
        minutes = (time.monotonic() - self.began) / 60
        self.line(f"{self.commands} commands, {minutes:.1f} minutes without the typing")


def tell(installed: Installed, folder: pathlib.Path, out=sys.stdout) -> Transcript:
    told = Transcript(installed, out)
    told.command("esb new greenhouse", folder)
    project = folder / "greenhouse"
    told.edit(project / "main.cpp", *OWN_CODE)
    test = project / "tests/test_greenhouse.py"
    told.edit(test, (test.read_text(), test.read_text() + OWN_TEST))
    told.command("cmake -B build && cmake --build build", project)
    said = told.command("ctest --test-dir build -V", project)
    told.line("  " + re.search(r"\d+ passed", said)[0] + ", two of them with a loss of power")

    began = time.monotonic()
    chip = pexpect.spawn(str(installed.esb), ["run", "--watch"], cwd=str(project), encoding="utf-8", timeout=PATIENCE,
                         dimensions=(40, 200), env={**installed.environment, "NO_COLOR": "1"})
    chip.delaybeforesend = None
    try:
        chip.expect("ping: echo after")
        told.counted("esb run --watch", time.monotonic() - began)
        chip.send("config set alarm.high 10\r")
        chip.expect(r"serial \| ok")
        chip.send("alarm\r")
        told.line("  > alarm: " + (chip.expect(r"serial \| (it is too warm)"), chip.match[1])[1])
        began = time.monotonic()
        told.edit(project / "main.cpp", CHANGE)
        chip.expect(r"update \| (confirmed \S+)")
        told.line(f"  {chip.match[1]}, {time.monotonic() - began:.1f} s after it was saved")
        chip.send("alarm\r")
        told.line("  > alarm: " + (chip.expect(r"serial \| (the greenhouse is too warm)"), chip.match[1])[1])
        chip.sendintr()
        chip.expect(pexpect.EOF)
    finally:
        chip.close(force=True)
    told.end()
    return told


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        os.mkdir(f"{place}/kit")
        os.mkdir(f"{place}/work")
        tell(Installed(pathlib.Path(place, "kit"), build_folder()), pathlib.Path(place, "work"))
