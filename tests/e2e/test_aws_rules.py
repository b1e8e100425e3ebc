"""A device and `esb` under AWS IoT's rules (strict_broker.py): client certificates, policies, nothing forgiven."""

import json
import subprocess
import time

import pytest

from pytest_esb.lab import Lab, WebServer, free_ports, wait_until
from on_line import Device, firmware
from signer import Signer, manifest
from strict_broker import Policy, StrictBroker
from pytest_esb.clock import CLOCK, TimeServer

HTTPS = "127.0.0.43"  # port 443 there is nobody's


class Thing(Device):
    """Enrolled with `esb enroll`, on line at the strict broker."""

    host = "localhost"

    def __init__(self, lab: Lab):
        self.lab = lab
        (self.port,) = free_ports(1)
        lab.esb("ca", "init", "ca")
        lab.esb("ca", "issue", "server", "ca", "--name", self.host, "--ip", HTTPS, "--out", "server")
        lab.esb("ca", "issue", "operator", "ca", "--out", "operator")
        self.start_strict_broker()
        self.web = WebServer(lab)
        self.web.start()
        self.signer = Signer.from_pem(lab.products.key)
        self.start_chip("steady-1.0.0")

    def start_strict_broker(self):
        folder = self.lab.folder
        self.files = (folder / "server.crt", folder / "server.key", folder / "ca/ca.crt")
        self.strict = StrictBroker(*self.files, self.port)
        self.lab.keep_track(self.strict)

    def take_birth(self):
        self.identity = self.chip.expect(r"MQTT ident=(\S+) psk=[0-9a-f]{32}\r*\n")[1]
        self.base = self.identity.replace("-", "/")
        self.strict.policies[self.identity] = Policy.of(self.identity)

    def paste(self, command: str, pem: str):
        self.chip.ask(command, r"then a line with a dot\r*\n")
        for line in pem.splitlines():
            self.chip.terminal.sendline(line)
        self.chip.ask(".", r"ok\r*\n")

    def go_on_line(self, join: str):
        self.chip.ask(join, r"ok\r*\n")
        self.chip.type("mqtt csr")
        self.chip.expect(r"-----END CERTIFICATE REQUEST-----\r*\n")
        certificate = self.lab.esb("enroll", "ca", stdin="\n".join(self.chip.lines)).stdout
        self.paste("mqtt ca", (self.lab.folder / "ca/ca.crt").read_text())
        self.paste("mqtt cert", certificate)
        self.chip.ask(f"mqtt server {self.host} {self.port}", r"ok\r*\n")
        self.chip.expect(r"ping: echo after \d+ ms", 60)

    def retained(self, leaf: str) -> str:
        return self.strict.retained.get(f"{self.base}/{leaf}", b"").decode()


@pytest.fixture(scope="module")
def thing(request):
    with Lab() as lab:
        yield Thing(lab)
        lab.keep = lab.keep or bool(request.session.testsfailed)


def test_a_device_breaks_no_rule(thing):
    assert thing.strict.forbidden == []
    assert thing.retained("online") == "1" and json.loads(thing.retained("status"))["app"] == "basic"


def test_its_will_is_kept_and_an_old_connection_gives_way(thing):
    thing.chip.power_off()
    wait_until("the will", lambda: thing.retained("online") == "0", 90)
    thing.chip.power_on()
    thing.chip.expect(r"ping: echo after \d+ ms", 60)
    assert thing.retained("online") == "1" and thing.strict.forbidden == []


def restarted(thing) -> bool:
    """Whether the device went on with its TLS session after a restart."""
    thing.chip.type("restart")
    words = thing.chip.expect(r"tls: TLS-\S+(, session resumed)?\r*\n", 60)
    thing.chip.expect(r"ping: echo after \d+ ms", 60)
    return words[1] is not None


def test_a_restart_goes_on_with_the_tls_session(thing):
    TimeServer()
    thing.chip.ask(f"config set time.server {CLOCK}", r"ok\r*\n")
    thing.chip.expect(r"time: \d{4}-", 60)
    assert not restarted(thing)  # the first session is of a connection that knows the time
    before = thing.strict.sessions_reused
    assert restarted(thing) and thing.strict.sessions_reused == before + 1


def test_a_broker_that_regrets_a_session_gets_a_full_handshake_at_once(thing):
    thing.strict.no_resumption = True
    before, ended = thing.strict.connections, len(thing.strict.forbidden)
    assert not restarted(thing)
    assert thing.strict.connections == before + 2 and thing.strict.forbidden[ended:] == ["a session"]
    thing.strict.no_resumption = False
    thing.strict.forbidden.clear()


def test_an_update_breaks_no_rule(thing):
    image = firmware(thing.lab.products, "steady-1.1.0").read_bytes()
    thing.strict.publish(f"{thing.base}/ota", thing.signer.envelope(manifest(image, thing.serve(image))).encode(),
                         False)
    thing.chip.expect(r"ota: confirmed", 90)
    wait_until("the report", lambda: json.loads(thing.retained("ota/status") or "{}").get("state") == "confirmed", 30)
    assert thing.strict.forbidden == []


def test_without_a_policy_for_retained_messages_it_backs_off(thing):
    """The will is retained: CONNECT is answered by the end of the connection. Not looped on."""
    thing.strict.policies[thing.identity].retain = []
    thing.chip.power_off()
    thing.strict.forbidden.clear()
    thing.chip.power_on()
    wait_until("it is refused", lambda: thing.strict.forbidden, 60)
    thing.chip.expect(r"mqtt: .*next try")
    before = thing.strict.connections
    time.sleep(10)
    assert thing.strict.connections - before <= 6
    assert set(thing.strict.forbidden) == {f"retain {thing.base}/online"}
    thing.strict.policies[thing.identity] = Policy.of(thing.identity)
    thing.chip.expect(r"ping: echo after \d+ ms", 120)


def test_a_topic_that_is_forbidden_is_not_looped_on(thing):
    """Each publish of the status is answered by the end of the connection."""
    thing.strict.policies[thing.identity].publish = [f"{thing.base}/online", f"{thing.base}/ping"]
    thing.chip.power_off()
    thing.strict.forbidden.clear()
    before = thing.strict.connections
    thing.chip.power_on()
    wait_until("it is cut off", lambda: thing.strict.forbidden, 60)
    time.sleep(20)
    # Five tries or so, the first wait a second or two, each longer. Many more than eight would be no chance.
    assert thing.strict.connections - before <= 12
    assert set(thing.strict.forbidden) == {f"publish {thing.base}/status"}
    thing.chip.ask("status", rf"hint_topic: {thing.base}/status\r*\n")
    thing.strict.policies[thing.identity] = Policy.of(thing.identity)
    thing.chip.expect(r"ping: echo after \d+ ms", 120)


def test_a_certificate_without_a_policy_and_one_of_another_device_are_turned_away(thing):
    count = len(thing.strict.forbidden)
    words = ["--cafile", str(thing.files[2]), "-h", "localhost", "-p", str(thing.port), "-t", f"{thing.base}/ping",
             "-m", "x"]
    own = ["--cert", str(thing.lab.folder / "operator.crt"), "--key", str(thing.lab.folder / "operator.key")]
    for more in ([], own, [*own, "-i", thing.identity]):
        assert subprocess.run(["mosquitto_pub", *words, *more], capture_output=True, timeout=30).returncode != 0
    wait_until("both are refused", lambda: len(thing.strict.forbidden) == count + 2)


def test_the_tool_asks_for_the_protocol_at_port_443(thing):
    try:
        strict = StrictBroker(*thing.files, 443, host=HTTPS, alpn=True)
    except OSError as why:
        pytest.skip(f"port 443: {why}")
    try:
        done = thing.lab.esb("devices", "--for", "0.2", "--broker", f"mqtts://{HTTPS}:443", "--ca", "ca/ca.crt",
                             "--cert",
                             "operator.crt", "--cert-key", "operator.key", check=False)
        # The name was right, or the rules had not been asked; it has no policy here, and is told that it was closed.
        assert done.returncode == 1
        assert wait_until("it is refused", lambda: strict.forbidden)[0].startswith("connect as esb-")
        plain = subprocess.run(["mosquitto_pub", "--cafile", thing.files[2], "-h", HTTPS, "-p", "443", "-t", "x",
                                "-m", "x",
                                "--cert", thing.lab.folder / "operator.crt", "--key",
                                thing.lab.folder / "operator.key"],
                               capture_output=True, timeout=30)
        assert plain.returncode != 0
        wait_until("it is refused", lambda: strict.forbidden[1:] == ["ALPN None"])
    finally:
        strict.stop()


def test_the_device_asks_for_the_protocol_at_port_443(thing):
    try:
        strict = StrictBroker(*thing.files, 443, host=HTTPS, alpn=True)
    except OSError as why:
        pytest.skip(f"port 443: {why}")
    try:
        strict.policies = thing.strict.policies
        thing.chip.ask(f"mqtt server {HTTPS} 443", r"ok\r*\n")
        thing.chip.expect(rf"mqtt: connected to {HTTPS}:443 ", 60)
        thing.chip.expect(r"ping: echo after \d+ ms", 60)
        assert strict.forbidden == []
    finally:
        thing.chip.ask(f"mqtt server {thing.host} {thing.port}", r"ok\r*\n")
        thing.chip.expect(r"ping: echo after \d+ ms", 60)
        strict.stop()


def test_count(thing, capsys):
    with capsys.disabled():
        print(f" {thing.strict.connections} connections, {len(thing.strict.forbidden)} ended for a rule", end="")
