"""Brokers that know nothing of us: a device and `esb` on mosquitto, RabbitMQ, NATS and aedes.

TLS by an authority, a user and a password. mosquitto always; the others with ESB_FULL, where they are installed.
"""

import json
import os
import subprocess
import time

import pytest

from pytest_esb.lab import PATIENCE, Lab, WebServer, wait_until
from on_line import Device, Topic, firmware
from peers import PASSWORD, USER, Aedes, Mosquitto, Nats, Peer, RabbitMq, skip_unless_there
from signer import Signer, manifest
from story import Session

FULL = os.environ.get("ESB_FULL") in ("1", "ON")
PEERS = [Mosquitto, Nats, RabbitMq, Aedes]


class Guest(Device):
    """A device at such a broker, from erased flash to on line."""

    host = "localhost"

    def __init__(self, lab: Lab, peer: type[Peer]):  # not the base's, which makes a broker of ours
        self.lab = lab
        self.broker = peer(lab)
        self.web = WebServer(lab)
        self.signer = Signer.from_pem(lab.products.key)
        self.broker.start()
        self.web.start()
        self.start_chip("steady-1.0.0")

    def take_birth(self):
        born = self.chip.expect(r"MQTT ident=(\S+) psk=([0-9a-f]{32})\r*\n")
        self.identity = born[1]
        self.base = self.identity.replace("-", "/")

    def go_on_line(self, join: str):
        self.chip.ask(join, r"ok\r*\n")
        self.chip.ask("mqtt ca", r"then a line with a dot\r*\n")
        for line in self.broker.ca.read_text().splitlines():
            self.chip.terminal.sendline(line)
        self.chip.ask(".", r"ok\r*\n")
        self.chip.ask(f'mqtt user {USER} "{PASSWORD}"', r"ok\r*\n")
        self.chip.ask(f"mqtt server {self.host} {self.broker.port}", r"ok\r*\n")
        self.on_line_again()

    def on_line_again(self, patience: float = 60):
        self.chip.expect(r"ping: echo after \d+ ms", patience)

    def esb(self, *arguments, timeout=PATIENCE) -> subprocess.CompletedProcess:
        command, *rest = arguments
        return self.lab.esb(command, *rest, *self.broker.words(), timeout=timeout)


@pytest.fixture(scope="module", params=PEERS, ids=lambda peer: peer.name)
def device(request):
    peer = request.param
    if peer is not Mosquitto and not FULL:
        pytest.skip("with ESB_FULL")
    skip_unless_there(peer)
    with Lab() as lab:
        yield Guest(lab, peer)
        lab.keep = lab.keep or bool(request.session.testsfailed)


def is_a(device, *peers) -> bool:
    return isinstance(device.broker, peers)


def test_it_is_on_line_with_tls_and_a_password(device, capsys):
    device.chip.ask("mqtt info", r"suite: TLS-ECDHE-ECDSA-\S+\r*\n")
    device.require_on_line()
    with capsys.disabled():
        print(f" {device.broker.name} {device.broker.version()}", end="")


def test_what_is_retained_is_there_for_who_comes_later(device):
    assert wait_until("online", lambda: device.broker.retained(f"{device.base}/online")) == "1"
    assert json.loads(device.broker.retained(f"{device.base}/status"))["app"] == "basic"


def test_the_tool_sees_it(device):
    if is_a(device, RabbitMq):
        pytest.xfail("RabbitMQ 3.10 sends nothing retained to a subscription with wildcards")
    seen = json.loads(device.esb("devices", "--for", "2", "--json").stdout)
    assert [one["ident"] for one in seen] == [device.identity]


def test_qos_is_as_the_broker_offers_it(device):
    """What arrives at a subscriber for QoS 2. The device itself uses 0 and 1."""
    offered = {Mosquitto: "012", Nats: "01", RabbitMq: "011", Aedes: "012"}[type(device.broker)]
    topic = f"{device.base}/app/qos"

    def tell(qos: str, words: str) -> bool:
        command = device.broker.as_tool("mosquitto_pub", "-q", qos, "-t", topic, "-m", words)
        return subprocess.run(command, timeout=PATIENCE, capture_output=True).returncode == 0

    with Session(device.broker.as_tool("mosquitto_sub", "-q", "2", "-t", topic, "-F", "%p %q")) as ears:
        wait_until("it hears", lambda: tell("1", "marker") and ears.line(0.5))
        for qos in "012":
            # NATS ends the connection of who sends with 2, RabbitMQ answers with a PUBACK.
            assert tell(qos, "x") or qos == "2"
        heard = ""
        while line := ears.line(2):
            heard += line.removeprefix("x ") if line.startswith("x ") else ""
        assert heard == offered


def test_the_will_says_that_it_has_gone(device):
    device.chip.power_off()
    wait_until("the will", lambda: device.broker.retained(f"{device.base}/online") == "0", 60)
    device.chip.power_on()
    device.on_line_again()
    wait_until("back", lambda: device.broker.retained(f"{device.base}/online") == "1")


def test_a_change_that_is_sent_meanwhile_comes_with_the_session(device):
    """QoS 1, not retained, to a device without power."""
    answers = Topic(device.lab, device.broker, f"{device.base}/config/status")
    device.chip.power_off()
    wait_until("the will", lambda: device.broker.retained(f"{device.base}/online") == "0", 60)
    device.publish("config", json.dumps({"log.level": "debug"}))
    since = len(answers.messages)
    device.chip.power_on()
    device.on_line_again()
    answers.wait_for(since, 60, state="kept")
    device.chip.ask("config get log.level", r"log.level = debug\r*\n")


def test_the_tool_changes_a_setting(device):
    done = device.esb("config", "set", device.identity, "log.level=info", timeout=90)
    assert "kept" in done.stdout


def test_it_comes_back_after_the_broker_did(device):
    device.broker.stop()
    device.chip.expect(r"mqtt: .*next try", 90)
    device.broker.start()
    device.on_line_again(120)
    wait_until("retained", lambda: device.broker.retained(f"{device.base}/online") == "1")


def test_an_update_from_end_to_end(device):
    image = firmware(device.lab.products, "steady-1.1.0").read_bytes()
    envelope = device.lab.folder / "envelope"
    envelope.write_text(device.signer.envelope(manifest(image, device.serve(image))))
    done = device.esb("ota", device.identity, envelope, "--timeout", "120", timeout=150)
    assert done.returncode == 0
    device.chip.expect(r"ota: confirmed")
    device.require_on_line()


def test_a_wrong_password_is_named(device):
    wrong = device.lab.folder / "wrong"
    wrong.write_text("wrong")
    wrong.chmod(0o600)
    words = device.broker.words()[:-1] + [str(wrong)]
    begun = time.monotonic()
    done = device.lab.esb("devices", *words, check=False)
    assert done.returncode == 1 and ("mqtt.refused" in done.stderr or "closed" in done.stderr), done.stderr
    assert time.monotonic() - begun < 12
