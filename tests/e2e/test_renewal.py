"""A device renews its own certificate at `esb ca serve`; its broker is one of `esb broker init --tls ca`."""

import datetime
import os
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from pytest_esb.lab import Broker, Lab, WebServer, free_ports, port_answers, wait_until
from on_line import Device
from signer import Signer
from pytest_esb.clock import CLOCK, TimeServer

FULL = os.environ.get("ESB_FULL") in ("1", "ON")
pytestmark = pytest.mark.skipif(not FULL, reason="a minute and more, with ESB_FULL")


class Enrolled(Device):
    host = "localhost"

    def __init__(self, lab: Lab):
        self.lab = lab
        self.clock = TimeServer()
        self.broker = Broker(lab)
        self.web = WebServer(lab)
        self.signer = Signer.from_pem(lab.products.key)
        (self.est_port,) = free_ports(1)
        self.ca = lab.folder / "ca"
        lab.esb("ca", "init", "ca")
        lab.esb("broker", "init", self.broker.folder, "--port", self.broker.port, "--tools-port",
                self.broker.tools_port,
                "--tls", "ca", "--ca-dir", "ca", "--host", self.host)
        self.broker.start()
        self.est = subprocess.Popen([lab.products.esb, "ca", "serve", "ca", "--port", str(self.est_port)],
                                    cwd=lab.folder,
                                    env=lab.environment, stdout=open(lab.logs / "est.out", "wb"))
        lab.keep_track(self)
        wait_until("EST listens", lambda: port_answers(self.est_port))
        self.start_chip("steady-1.0.0")

    def stop(self):
        self.est.terminate()
        self.est.wait(15)

    def take_birth(self):
        self.identity = self.chip.expect(r"MQTT ident=(\S+) psk=[0-9a-f]{32}\r*\n")[1]
        self.base = self.identity.replace("-", "/")

    def old_certificate(self, request: str) -> str:
        """As the authority signed it ten months ago: for a year, with a line in its index."""
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        csr = x509.load_pem_x509_csr(request.encode())
        authority = x509.load_pem_x509_certificate((self.ca / "ca.crt").read_bytes())
        key = serialization.load_pem_private_key((self.ca / "ca.key").read_bytes(), None)
        serial = x509.random_serial_number() >> 32
        end = now + datetime.timedelta(days=20)
        made = (x509.CertificateBuilder().subject_name(csr.subject).issuer_name(authority.subject).serial_number(serial)
                .public_key(csr.public_key()).not_valid_before(now - datetime.timedelta(days=345)).not_valid_after(end)
                .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
                .sign(key, hashes.SHA256()))
        with open(self.ca / "index", "a", encoding="utf-8") as index:
            index.write(f"{serial:032x} good {int(end.timestamp())} device {self.identity}\n")
        return made.public_bytes(serialization.Encoding.PEM).decode()

    def paste(self, command: str, pem: str):
        self.chip.ask(command, r"then a line with a dot\r*\n")
        for line in pem.splitlines():
            self.chip.terminal.sendline(line)
        self.chip.ask(".", r"ok\r*\n")

    def go_on_line(self, join: str):
        self.lab.esb("broker", "add", self.broker.folder, self.identity, "--certificate")
        self.chip.ask(f"config set time.server {CLOCK}", r"ok\r*\n")
        self.chip.ask(join, r"ok\r*\n")
        self.chip.type("mqtt csr")
        self.chip.expect(r"-----END CERTIFICATE REQUEST-----\r*\n")
        text = "\n".join(line.strip() for line in self.chip.lines)
        begin = text.index("-----BEGIN CERTIFICATE REQUEST")
        self.paste("mqtt ca", (self.ca / "ca.crt").read_text())
        self.paste("mqtt cert", self.old_certificate(text[begin:]))
        self.chip.ask(f"config set est.url https://localhost:{self.est_port}", r"ok\r*\n")
        self.chip.ask(f"mqtt server {self.host} {self.broker.port}", r"ok\r*\n")
        self.chip.expect(r"ping: echo after \d+ ms", 60)

    def certificate(self) -> str:
        return self.chip.ask("config get mqtt.0.cert", r"mqtt.0.cert = ([0-9a-f]{64})\r*\n")[1]


@pytest.fixture(scope="module")
def device(request):
    with Lab() as lab:
        yield Enrolled(lab)
        lab.keep = lab.keep or bool(request.session.testsfailed)


def certificates(device) -> list[dict]:
    return [one for one in device.lab.esb_json("ca", "list", "ca") if one["subject"] == device.identity]


def test_a_certificate_near_its_end_is_renewed_without_a_visit(device):
    before = device.certificate()
    device.chip.expect(r"certificate: a new one, on trial", 150)
    device.chip.expect(r"ping: echo after \d+ ms", 60)
    device.chip.expect(r"config: kept", 120)
    assert device.certificate() != before
    assert [one["state"] for one in certificates(device)] == ["good", "good"]


def test_the_old_one_can_then_be_revoked_and_the_device_stays(device):
    device.lab.esb("ca", "revoke", "ca", certificates(device)[0]["serial"])
    device.chip.power_off()
    device.chip.power_on()
    device.chip.expect(r"ping: echo after \d+ ms", 60)


def test_with_the_new_one_revoked_it_does_not_come_in_any_more(device):
    device.lab.esb("ca", "revoke", "ca", device.identity)
    device.chip.power_off()
    device.chip.power_on()
    device.chip.expect(r"tls\.\w+", 60)
