"""What the connection costs, and that it costs the same after twenty of them."""

import time

import pytest

from emulated_chip import OPEN_NETWORKS
from idf_build import BASIC_1_0, IdfBuild
from on_chip import ChipDevice

RECONNECTS = 20
TOLERANCE = 512  # bytes


@pytest.fixture(scope="module")
def device(lab):
    return ChipDevice(lab, IdfBuild(lab.products), BASIC_1_0)


def heap(device: ChipDevice) -> tuple[int, int]:
    device.chip.type("status")
    free, lowest = device.chip.expect(r"heap: (\d+) bytes free, (\d+) at the lowest").groups()
    return int(free), int(lowest)


def reconnect(device: ChipDevice, number: int):
    """The whole way anew: Wi-Fi, address, TLS, MQTT. Every fifth time the broker goes away and comes back as well."""
    if number % 5 == 4:
        device.broker.stop()
        device.chip.expect(r"mqtt: [^\r\n]*next try in")
        device.broker.start()
    else:
        device.chip.type(f"wifi connect {OPEN_NETWORKS[number % 2]}")
    device.chip.expect(r"ping: echo after \d+ ms", 180)


def test_reconnects_do_not_grow(device, record):
    for number in range(4):
        reconnect(device, number + 1)  # what is allocated once and kept has its place now
    time.sleep(1)
    before = heap(device)
    for number in range(RECONNECTS):
        reconnect(device, number)
    time.sleep(1)
    after = heap(device)
    record(f"heap free before and after {RECONNECTS} reconnects", f"{before[0]} {after[0]}")
    record("heap free at the lowest", after[1])
    assert after[0] >= before[0] - TOLERANCE
