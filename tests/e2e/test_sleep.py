"""examples/sleeper with real processes: it wakes, publishes and sleeps; what was sent to it meanwhile waits at the broker.

The clock jumps over the sleeps. The broker is known by a certificate, so that there is a TLS session to go on with. The tests
build on one another; each begins and ends with the device asleep.
"""

import json

import pytest

from certified import Certified
from pytest_esb.clock import CLOCK, Clock
from pytest_esb.lab import Lab, wait_until
from on_line import NETWORK, Topic, firmware

IMAGE = "../../examples/sleeper-{}"
CONSOLE = 31  # seconds until nobody is expected at the serial port any more


class Sleeper(Certified):
    def __init__(self, lab: Lab):
        super().__init__(lab, IMAGE.format("1.0.0"))
        self.minutes = 5
        self.clock = Clock()
        self.clock.watch(self.chip.air)
        self.reports = Topic(lab, self.broker, f"{self.base}/config/status")
        self.clock.server.ahead = 0  # it is there before it is asked
        self.chip.ask(f"config set time.server {CLOCK}", r"time: 20\d\d-[^\r\n]* UTC\r*\n")
        self.chip.ask(f"config set probe.minutes {self.minutes}", r"ok\r*\n")
        self.goes_to_user_listener(mqtt__0__trust="ca", mqtt__0__ca=self.pki.pem("root"))
        self.readings = Topic(lab, self.broker, f"{self.base}/app/moisture")
        self.clock.jump(seconds=CONSOLE)
        self.falls_asleep()

    def falls_asleep(self, patience: float = 60):
        self.chip.expect(rf"vchip: deep sleep for {self.minutes * 60_000} ms", patience)

    def wake(self):
        self.clock.jump(minutes=self.minutes)
        self.chip.expect(r"vchip: boot \d+ \(deep-sleep\)")

    def wake_and_sleep(self) -> list[str]:
        """What it said in between."""
        before = len(self.chip.lines)
        self.wake()
        self.falls_asleep()
        return self.chip.lines[before:]


@pytest.fixture(scope="module")
def device(request):
    with Lab() as lab:
        yield Sleeper(lab)
        lab.keep = lab.keep or bool(request.session.testsfailed)
        if lab.keep:
            print(f"\nlogs and files are in {lab.folder}")


def test_ten_wakes_bring_ten_readings_by_what_was_kept(device):
    before = len(device.readings.messages)
    for number in range(10):
        said = device.wake_and_sleep()
        assert any(line.startswith("wifi: joined") and line.endswith(", as before the sleep") for line in said), said
        assert any(line.startswith("tls: ") and line.endswith(", session resumed") for line in said), said
        assert any(line.startswith("mqtt: connected") and line.endswith(", session resumed") for line in said), said
        assert not any("error" in line or "SAFE MODE" in line for line in said), said
        wait_until("the reading", lambda: len(device.readings.messages) == before + number + 1)
    assert device.broker.retained(f"{device.base}/online") == "0"


def test_a_setting_that_was_changed_while_it_slept_counts_from_the_next_wake_on(device):
    since = len(device.reports.messages)
    device.set(probe__minutes=7)
    device.wake()
    device.minutes = 7
    device.falls_asleep()
    device.reports.wait_for(since, state="kept", error="")
    device.wake_and_sleep()


def test_an_update_that_was_sent_while_it_slept_is_installed_and_confirmed_first(device):
    since = device.offer(device.signed(firmware(device.lab.products, IMAGE.format("1.1.0")).read_bytes(), seq=2, ver="1.1.0"))
    device.wake()
    device.chip.expect(r"sleep: not yet: an update is under way")
    device.chip.expect(r"ota: confirmed")
    device.falls_asleep()
    device.status.wait_for(since, state="confirmed")
    said = device.wake_and_sleep()
    assert any("===== sleeper 1.1.0" in line for line in said), said


def test_an_access_point_that_was_replaced_is_found_as_usual(device):
    device.chip.air.networks = [NETWORK | {"bssid": "02:99:00:00:00:01", "channel": 11}]
    said = device.wake_and_sleep()
    assert any("network not found" in line for line in said), said
    assert not any(line.endswith(", as before the sleep") for line in said), said
    assert any(line.endswith(", as before the sleep") for line in device.wake_and_sleep())


def test_an_address_that_leads_nowhere_is_given_up_for_dhcp(device):
    device.chip.air.networks = [NETWORK | {"bssid": "02:99:00:00:00:01", "channel": 11, "address": "10.7.0.3"}]
    before = len(device.readings.messages)
    said = device.wake_and_sleep()
    assert any("address 127.0.0.1, as before the sleep" in line for line in said), said
    assert any(line.endswith("address 10.7.0.3") for line in said), said
    wait_until("the reading", lambda: len(device.readings.messages) == before + 1)


def test_a_loss_of_power_in_its_sleep_is_a_start_like_any_other(device):
    device.chip.power_off()
    before = len(device.readings.messages)
    device.chip.power_on()
    device.chip.expect(r"wifi: joined [^\r\n]*address 10\.7\.0\.3\r*\n")
    device.chip.expect(r"ping: echo after \d+ ms")
    device.clock.jump(seconds=CONSOLE)
    device.falls_asleep()
    wait_until("the reading", lambda: len(device.readings.messages) == before + 1)
    status = json.loads(device.broker.retained(f"{device.base}/status"))
    assert status["reset"] == "power-on" and not status["safe"]
