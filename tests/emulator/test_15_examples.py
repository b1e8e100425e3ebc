"""The examples on the chip: their consoles say what docs/examples.md shows, and the broker hears what they promise."""

import json
import re
import subprocess
import time

import pytest

from pytest_esb.emulated_chip import EmulatedChip
from pytest_esb.lab import Lab, wait_until
from idf_build import BASIC_1_0, CLI_ONLY, CLI_WIFI, INTR, ROOT, WIFI_ONLY, WIFI_ONLY_WITH_PORTAL, IdfBuild
from on_chip import ChipDevice

PAGE = ROOT / "docs/examples.md"
SHOWN = {"basic": BASIC_1_0, "cli-only": CLI_ONLY, "wifi-only": WIFI_ONLY_WITH_PORTAL, "cli-wifi": CLI_WIFI, "intr": INTR}


def dialogue(name: str) -> list[str]:
    """The block below the example's heading. A line after "> " is typed."""
    page = PAGE.read_text(encoding="utf-8")
    return re.search(rf"^## {name}\n.*?^```\n(.*?)^```$", page, flags=re.M | re.S)[1].splitlines()


def pattern(line: str, target: str) -> str:
    """Of the page's chip or of another; numbers may be others; for … stands one word."""
    return re.sub(r"\d+", r"\\d+", re.escape(line.replace("esp32c3", target))).replace("…", r"\S+")


@pytest.mark.parametrize("target", ["esp32c3", "esp32"])
@pytest.mark.parametrize("name", SHOWN)
def test_it_says_what_the_page_shows(lab, name, target):
    chip = EmulatedChip(lab, IdfBuild(lab.products, target).flash(SHOWN[name]), target, name=f"{name}-{target}")
    chip.power_on()
    for line in dialogue(name):
        if line.startswith("> "):
            chip.type(line.removeprefix("> "))
        elif line == "(some seconds later)":
            time.sleep(5)
        else:
            chip.expect(rf"(?m)^{pattern(line, target)}\r*\n")
    chip.power_off()


class Example(ChipDevice):
    def heard(self, topic: str) -> str:
        """The next message of the example's own topic."""
        done = subprocess.run(self.broker.as_tool("mosquitto_sub", "-t", f"{self.base}/app/{topic}", "-C", "1", "-W", "60"),
                              capture_output=True, text=True, timeout=90)
        assert done.returncode == 0, f"nothing on {topic}: {done.stderr}"
        return done.stdout.rstrip("\n")


@pytest.fixture
def example(lab, request):
    with Lab(lab.products) as own:  # a laboratory holds one device
        yield Example(own, IdfBuild(own.products), request.param)


def on(firmware):
    return pytest.mark.parametrize("example", [firmware], indirect=True, ids=lambda given: given.name)


@on(WIFI_ONLY)
def test_wifi_only_publishes_while_on_line(example):
    air = json.loads(example.heard("air"))
    assert 600 <= air["co2"] < 650 and air["n"] >= 1
    assert example.broker.retained(f"{example.base}/app/unit") == "ppm"


@on(CLI_WIFI)
def test_cli_wifi_takes_its_target_by_mqtt(example):
    example.publish("app/target", "6")
    wait_until("the new target", lambda: "= 6" in example.chip.ask("config get heat.target", r"heat\.target = \d+\r*\n")[0])
    assert re.fullmatch(r"-?\d+(\.\d+)?", example.heard("temperature"))


def test_intr_counts_in_ram(lab):
    """The handler and all that it touches: while flash is being written, nothing else can be reached."""
    listing = subprocess.run(["nm", "-C", IdfBuild(lab.products).elf_file(INTR)], capture_output=True, text=True, check=True)
    at = {name: int(address, 16) for address, _, name in
          (line.split(maxsplit=2) for line in listing.stdout.splitlines() if line[0] != " ")}
    assert at["_iram_start"] <= at["count_pulse(void*)"] < at["_iram_end"]
    assert at["_data_start"] <= at["pulses"] < at["_bss_end"]
