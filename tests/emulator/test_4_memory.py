"""What the connection costs, and that it costs the same after twenty of them."""

import time

import pytest

from pytest_esb.emulated_chip import OPEN_NETWORKS
from idf_build import BASIC_1_0, IdfBuild
from on_chip import ChipDevice

RECONNECTS = 20
TOLERANCE = 512  # bytes
FORGOTTEN = 150  # seconds


@pytest.fixture(scope="module")
def device(lab):
    return ChipDevice(lab, IdfBuild(lab.products), BASIC_1_0)


def reconnect(device: ChipDevice, number: int):
    """The whole way anew: Wi-Fi, address, TLS, MQTT. Every fifth time the broker goes away and comes back instead."""
    if number % 5 == 4:
        device.broker.stop()
        device.chip.expect(r"mqtt: [^\r\n]*next try in")
        device.broker.start()
        device.chip.expect(r"ping: echo after \d+ ms", 180)
    else:
        device.join(OPEN_NETWORKS[1 - number % 5 % 2])


def facts_once_free(device: ChipDevice, enough: int) -> dict:
    """lwIP remembers a connection that it has closed for two minutes, in memory of the heap."""
    until = time.monotonic() + FORGOTTEN
    while (facts := device.facts())["heap"] < enough and time.monotonic() < until:
        time.sleep(2)
    return facts


def test_reconnects_do_not_grow(device, record):
    for number in range(4):
        reconnect(device, number)  # what is allocated once and kept has its place now
    time.sleep(1)
    before = device.facts()
    for number in range(RECONNECTS):
        reconnect(device, number)
    after = facts_once_free(device, before["heap"] - TOLERANCE)
    record(f"heap free before and after {RECONNECTS} reconnects", f"{before['heap']} {after['heap']}")
    record("heap free at the lowest", after["heap_min"])
    assert after["heap"] >= before["heap"] - TOLERANCE
