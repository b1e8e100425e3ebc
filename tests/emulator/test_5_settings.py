"""A change that would cut the device off takes itself back, on the chip."""

import pytest

from pytest_esb.emulated_chip import OPEN_NETWORKS
from pytest_esb.lab import wait_until
from idf_build import BASIC_1_0, IdfBuild
from on_chip import ChipDevice
from on_line import Topic

QUICK = 10  # seconds that a stage may take here


@pytest.fixture(scope="module")
def device(lab):
    device = ChipDevice(lab, IdfBuild(lab.products), BASIC_1_0)
    device.chip.ask(f"config set config.confirm {QUICK}", r"ok\r*\n")
    return device


@pytest.fixture(scope="module")
def reports(lab, device):
    reports = Topic(lab, device.broker, f"{device.base}/config/status")
    wait_until("the first report", lambda: reports.messages)
    return reports


def test_a_wrong_broker_set_by_mqtt_reverts_itself(device, reports):
    seen = len(reports.messages)
    device.configure(mqtt__0__host="127.0.0.1", mqtt__0__port=1)
    reports.wait_for(seen, state="staged", waits="broker")
    device.chip.expect(r"config: reverted: no message came back from the broker in time")
    device.chip.expect(r"ping: echo after \d+ ms")
    assert reports.wait_for(seen, state="reverted")["error"] == "config.no_round_trip"
    device.chip.ask("config get mqtt.0.port", rf"mqtt\.0\.port = {device.broker.port}")


def test_a_wrong_network_set_by_console_reverts_itself(device, reports):
    seen = len(reports.messages)
    device.chip.ask("wifi connect Elsewhere", r"ok, on trial")
    device.chip.expect(r"config: reverted: no address was obtained in time")
    device.chip.expect(r"ping: echo after \d+ ms")
    reports.wait_for(seen, state="reverted", error="config.no_address")
    device.chip.ask("config get wifi.0.ssid", rf'wifi\.0\.ssid = "?{OPEN_NETWORKS[0]}')
