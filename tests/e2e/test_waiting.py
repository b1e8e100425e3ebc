"""An update that waits for somebody's word, with real processes: `esb agent` offers what was signed, the device announces it
and holds it over losses of power, Home Assistant's Install installs it; what is skipped stays away.

One device runs steady-1.0.0; the tests build on one another.
"""

import json
import subprocess
import threading

import pytest

from pytest_esb.lab import Lab, StepFailed, wait_until
from on_line import Device
from releases import Releases


class Agent:
    """`esb agent` in the background."""

    def __init__(self, device: Device):
        self.folder = device.lab.folder / "updates"
        self.folder.mkdir()
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [device.lab.products.esb, "agent", "--updates", self.folder, "--broker", device.broker.tools],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=device.lab.environment)
        threading.Thread(target=self._read, daemon=True).start()
        device.lab.keep_track(self)

    def _read(self):
        self.lines.extend(self.process.stdout)

    def expect(self, words: str):
        try:
            wait_until(f"the agent says {words}", lambda: any(words in line for line in self.lines))
        except StepFailed as failure:
            raise StepFailed(f"{failure}; it said {self.lines}") from None

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def device(request):
    with Lab() as lab:
        made = Device(lab, "steady-1.0.0")
        made.broker.remove(made.identity)
        lab.esb("broker", "add", made.broker.folder, made.identity, "-", "--home-assistant", stdin=made.psk + "\n")
        made.chip.ask("config set ha.discovery on", r"ok\r*\n")
        made.chip.ask("config set ota.when ask", r"ok\r*\n")
        made.agent = Agent(made)
        yield made
        lab.keep = lab.keep or bool(request.session.testsfailed)
        if lab.keep:
            print(f"\nlogs and files are in {lab.folder}")


def sign(device: Device) -> tuple[str, str]:
    """Puts a signed update into the agent's folder; its version and its envelope."""
    image = Releases.next(device)
    envelope = device.signed(image)
    (device.agent.folder / f"{Releases.seq}.jws").write_text(envelope + "\n")
    return f"2.0.{Releases.seq}", envelope


def entity(device: Device) -> dict:
    """What Home Assistant was told of the update."""
    topic = f"homeassistant/update/{device.identity}/firmware/config"
    return json.loads(wait_until("the announcement", lambda: device.broker.retained(topic)))


def press(device: Device):
    """Home Assistant's Install."""
    told = entity(device)
    subprocess.run(device.broker.as_tool("mosquitto_pub", "-q", "1", "-t", told["command_topic"],
                                         "-m", told["payload_install"]), check=True, timeout=20)


def test_the_agent_offers_it_and_the_device_waits(device):
    version, _ = sign(device)
    device.agent.expect(f"{version} (seq {Releases.seq}) offered")
    report = device.status.wait_for(0, state="waiting", ver=version)
    assert report["when"] == "ask" and report["waits_for"] == "ask" and report["installed"] == "1.0.0"
    device.chip.ask("ota status", r"waits: for somebody's word")
    device.require_on_line()


def test_a_folder_that_is_away_for_a_moment_ends_no_agent(device):
    aside = device.agent.folder.with_name("aside")
    device.agent.folder.rename(aside)
    device.agent.expect("is offered on")
    aside.rename(device.agent.folder)
    version, _ = sign(device)
    device.agent.expect(f"{version} (seq {Releases.seq}) offered")


def test_it_waits_over_a_loss_of_power_and_is_postponed(device):
    version = f"2.0.{Releases.seq}"
    device.chip.power_off()
    since = len(device.status.messages)
    device.chip.power_on()
    device.chip.expect(r"ping: echo after \d+ ms")
    device.status.wait_for(since, state="waiting", waits_for="ask", ver=version)
    device.publish("ota/do", "postpone 2h")
    device.status.wait_for(since, state="waiting", waits_for="postponed", ver=version)
    since = len(device.status.messages)
    device.publish("ota/do", "no such word")
    device.chip.expect(r"ota/do: error: this is not install, postpone <time> or skip \(ota\.word\)")
    device.status.wait_for(since, state="waiting", waits_for="postponed", ver=version)


def test_install_installs_it(device):
    version = f"2.0.{Releases.seq}"
    since = len(device.status.messages)
    press(device)
    device.status.wait_for(since, state="downloading", ver=version)
    device.status.wait_for(since, patience=60, state="confirmed")  # what runs calls itself 1.1.0


def test_what_is_skipped_stays_away_and_what_was_cancelled_is_brought_for_a_press(device):
    device.chip.expect(r"ping: echo after \d+ ms")
    since = len(device.status.messages)
    skipped, envelope = sign(device)
    device.status.wait_for(since, state="waiting", ver=skipped)
    device.chip.ask("ota skip", r"ok: ")
    device.status.wait_for(since, state="failed", ver=skipped, error="ota.skipped")
    since = device.offer(envelope)
    device.status.wait_for(since, state="failed", ver=skipped, error="ota.skipped")
    since = len(device.status.messages)
    version, _ = sign(device)
    device.status.wait_for(since, state="waiting", ver=version)
    device.publish("ota", device.signer.envelope({"cmd": "cancel", "ctr": 1}, typ="esb-command"))
    device.status.wait_for(since, state="failed", error="cancelled")
    since = len(device.status.messages)
    press(device)
    device.agent.expect(f"{version} waits there, and somebody has pressed Install: said")
    device.status.wait_for(since, patience=60, state="confirmed")
