"""examples/sleeper on the chip: it wakes, publishes, hears the acknowledgement and sleeps again, woken by the RTC's timer.

The emulator needs the RTC's clock for it, see README.md. The broker is known by a certificate, so that there is a TLS session to
go on with.
"""

import re

import pytest

from certified_chip import CertifiedChip
from idf_build import FULL, SLEEPER, IdfBuild
from on_line import Topic
from pytest_esb.clock import TimeServer
from pytest_esb.emulated_chip import HOST
from pytest_esb.lab import wait_until

PAUSE = 60  # seconds, the shortest that the example's setting allows


@pytest.fixture(scope="module")
def device(lab):
    """Restarts stay inside one emulator: its clock and the retained memory are what this is about."""
    made = CertifiedChip(lab, IdfBuild(lab.products, profile=FULL), SLEEPER, restarts_inside=True)
    made.reports = Topic(lab, made.broker, f"{made.base}/config/status")
    made.readings = Topic(lab, made.broker, f"{made.base}/app/moisture")
    server = TimeServer("127.0.0.1")
    made.set(time__server=HOST, probe__minutes=1)
    wait_until("the device knows the time", lambda: server.answered, 120)
    made.goes_to_user_listener(mqtt__0__trust="ca", mqtt__0__ca=made.pki.pem("root"))
    return made


def falls_asleep(device):
    device.chip.expect(rf"sleep: for {PAUSE} s\r*\n", 120)


def test_it_sleeps_once_nobody_is_at_the_console(device):
    falls_asleep(device)


@pytest.mark.parametrize("number", (1, 2))
def test_a_wake_brings_a_reading_by_what_was_kept(device, number, record):
    before = len(device.readings.messages)
    since = len(device.chip.text)
    device.chip.expect(r"===== sleeper 1\.0\.0 [^\r\n]*, after deep-sleep", PAUSE + 60)
    falls_asleep(device)
    said = device.chip.text[since:]
    assert re.search(r"wifi: joined [^\r\n]*, as before the sleep", said), said
    assert re.search(r"tls: TLS-[\w-]+, session resumed", said), said
    assert re.search(r"mqtt: connected [^\r\n]*, session resumed", said), said
    assert "error" not in said and "SAFE MODE" not in said, said
    wait_until("the reading", lambda: len(device.readings.messages) == before + 1)


def test_it_is_off_line_while_it_sleeps(device):
    wait_until("the last will", lambda: device.broker.retained(f"{device.base}/online") == "0", 120)
    device.chip.power_off()
