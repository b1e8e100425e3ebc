"""From erased flash to a confirmed update, on the chip: the demo's story with the real boot loader, NVS, Wi-Fi driver,
lwIP and Mbed TLS."""

import re

import pytest

from pytest_esb.emulated_chip import HOST, OPEN_NETWORKS, EmulatedChip
from pytest_esb.lab import Lab
from idf_build import BASIC_1_0, BASIC_1_1, IdfBuild
from on_chip import ChipDevice

SUITE = "TLS-ECDHE-PSK-WITH-CHACHA20-POLY1305-SHA256"


@pytest.fixture(scope="module", params=["esp32c3", "esp32"])
def build(lab, request):
    return IdfBuild(lab.products, request.param)


@pytest.fixture(scope="module")
def chip(lab, build):
    return EmulatedChip(lab, build.flash(BASIC_1_0), build.target, f"first-boot-{build.target}")


def test_first_boot_prints_the_birth_lines_once(chip, build):
    chip.power_on()
    chip.expect(rf"===== basic 1\.0\.0 \(seq 1\) on {build.target}, slot a, after power-on =====")
    chip.expect(r"storage: formatted")
    identity, psk = chip.expect(r"MQTT ident=(ESP-[0-9A-F]{12}) psk=([0-9a-f]{32})").groups()
    ssid, password = chip.expect(r"AP ssid=(\S+) pass=(\S+)").groups()
    chip.expect(re.escape(f"WIFI:T:WPA;S:{ssid};P:{password};;"))
    assert ssid == identity
    first = chip.settle()
    assert sum(psk in line for line in first) == 1

    chip.power_off()
    chip.power_on()
    chip.expect(rf"MQTT ident={identity}\s")
    second = chip.settle()
    assert not any(psk in line or password in line for line in second)


def test_the_console_answers_and_takes_what_it_needs(chip):
    chip.ask("help", r"wifi connect")
    chip.ask("wifi info", r"network: not set")
    chip.ask("mqtt info", r"psk: set \(never shown\)")
    chip.ask("nonsense", r"error: unknown command, try: help")


@pytest.fixture
def device(build):
    with Lab(build.products) as lab:  # a laboratory holds one device
        yield ChipDevice(lab, build, BASIC_1_0)


def test_the_story(device, build, record):
    chip = device.chip
    assert SUITE in chip.text
    assert device.broker.retained(f"{device.base}/online") == "1"
    assert f'"hw":"{build.target}"' in device.broker.retained(f"{device.base}/status", 10)
    chip.ask("mqtt info", rf"suite: {SUITE}")

    since = device.offer(device.signed(device.image(BASIC_1_1)))
    chip.expect(r"ota: downloading", 120)
    chip.expect(r"ota: rebooting", 300)
    device.runs(BASIC_1_1, "b")
    chip.expect(r"ota: confirmed", 120)
    device.status.wait_for(since, state="confirmed", ver="1.1.0")

    chip.power_off()
    chip.power_on()
    device.runs(BASIC_1_1, "b")
    chip.expect(r"ping: echo after \d+ ms")
    on_line = chip.ask("status", r"up: (\d+) s")
    record(f"{build.target}: power-on to on line, seconds, at most", int(on_line[1]) + 1)


def test_every_network_that_is_not_there_has_a_reason(chip):
    chip.ask('wifi connect "Nobody has this name"', r"ok")
    chip.expect(r'wifi: "Nobody has this name": [^\r\n]*not found', 120)
    chip.ask(f"wifi connect {OPEN_NETWORKS[1]}", r"ok")
    chip.expect(rf'wifi: joined "{OPEN_NETWORKS[1]}", address', 120)
    chip.ask(f"mqtt server {HOST} 9", r"ok")
    chip.expect(r"mqtt: the other side refused the connection", 120)
