"""`esb broker init --tls …`: devices with certificates or passwords, a real mosquitto, ordinary MQTT tools."""

import pathlib
import subprocess

import pytest

from pytest_esb.lab import PATIENCE, Broker, Lab, free_ports, wait_until

ALICE, MALLORY = "ESP-AAAAAAAAAAAA", "ESP-BBBBBBBBBBBB"
PSK = "00112233445566778899aabbccddeeff"
PASSWORD = "correct horse battery"


def base(identity: str) -> str:
    return identity.replace("-", "/")


class TlsBroker(Broker):
    """With a folder of `esb ca` beside it."""

    def __init__(self, lab: Lab, name: str, *options):
        super().__init__(lab, name)
        self.options = options
        self.ca = lab.folder / f"{name}-ca"
        self.certificate_port, self.operator_port = free_ports(2)

    def init(self):
        self.lab.esb("ca", "init", self.ca)
        self.lab.esb("broker", "init", self.folder, "--port", self.port, "--tools-port", self.tools_port, "--ca-dir",
                     self.ca,
                     "--host", "localhost", "--host", "127.0.0.1", *self.options)

    def certify(self, identity: str, ca=None) -> list[str]:
        """A certificate; the words for mosquitto's tools."""
        stem = self.lab.folder / f"{identity}-{(ca or self.ca).name}"
        subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout",
                        f"{stem}.key", "-out", f"{stem}.csr", "-subj", f"/CN={identity}"], check=True,
                       capture_output=True)
        self.lab.esb("ca", "issue", "device", ca or self.ca, f"{stem}.csr", "-o", f"{stem}.crt")
        return ["--cert", f"{stem}.crt", "--key", f"{stem}.key"]

    def publishes(self, topic: str, *words: str, port: int | None = None, ca=None) -> bool:
        done = subprocess.run(["mosquitto_pub", "-h", "localhost", "-p", str(port or self.port), "--cafile",
                               str(ca or self.ca / "ca.crt"), "-q", "1", "-t", topic, "-m", "x", *words],
                              capture_output=True, timeout=PATIENCE)
        return done.returncode == 0

    def arrives(self, topic: str, *words: str, **more) -> bool:
        """Whether what this client retains is there afterwards."""
        self.publishes(topic, "-r", *words, **more)
        there = self.retained(topic, 1) is not None
        subprocess.run(self.as_tool("mosquitto_pub", "-r", "-n", "-t", topic), check=True, timeout=PATIENCE)
        return there


def started(lab: Lab, name: str, *options) -> TlsBroker:
    broker = TlsBroker(lab, name, *options)
    broker.init()
    broker.start()
    return broker


@pytest.fixture(scope="module")
def lab():
    with Lab() as lab:
        yield lab


@pytest.fixture(scope="module")
def certificates(lab):
    return started(lab, "certificates", "--tls", "ca")


@pytest.fixture(scope="module")
def passwords(lab):
    return started(lab, "passwords", "--tls", "ca", "--clients", "password")


def test_a_device_with_a_certificate_has_its_own_topics(certificates):
    alice, mallory = certificates.certify(ALICE), certificates.certify(MALLORY)
    certificates.lab.esb("broker", "add", certificates.folder, ALICE, "--certificate")
    assert certificates.arrives(f"{base(ALICE)}/status", *alice)
    assert not certificates.arrives(f"{base(MALLORY)}/status", *alice)
    assert not certificates.arrives(f"{base(ALICE)}/status", *mallory)
    assert not certificates.arrives(f"{base(MALLORY)}/status", *mallory), "it has no account"
    # What CONNECT says does not count.
    assert not certificates.arrives(f"{base(ALICE)}/status", *mallory, "-u", ALICE, "-P", "x", "-i", ALICE)
    assert certificates.lab.esb_json("broker", "list", certificates.folder)[0]["credential"] == "certificate"


def test_enrolling_signs_what_a_console_printed_and_makes_the_account(certificates):
    lab, identity = certificates.lab, "ESP-ENROLLED"
    words = certificates.certify(identity)  # makes the key and a request
    printed = "> mqtt csr\r\n" + (lab.folder / f"{identity}-{certificates.ca.name}.csr").read_text() + "\nnever read\n"
    done = lab.esb("enroll", certificates.ca, "--account", certificates.folder, stdin=printed)
    assert "paste what `mqtt csr` prints" in done.stderr and "`mqtt cert`, then these lines" in done.stderr
    pathlib.Path(words[1]).write_text(done.stdout)
    assert certificates.arrives(f"{base(identity)}/status", *words)
    again = lab.esb("enroll", certificates.ca, "-", "--account", certificates.folder, "-o", "again.crt", stdin=printed)
    assert f"esb config set {identity} --file mqtt.0.cert=again.crt" in again.stderr and again.stdout == ""
    refused = lab.esb("enroll", certificates.ca, "-", "-o", "no.crt", stdin="> mqtt csr\nunknown command\n",
                      check=False)
    assert refused.returncode == 1 and "no certificate request" in refused.stderr


def test_who_has_no_certificate_of_this_authority_does_not_come_in(certificates):
    certificates.lab.esb("ca", "init", "foreign")
    foreign = certificates.certify(ALICE, certificates.lab.folder / "foreign")
    topic = f"{base(ALICE)}/status"
    assert not certificates.publishes(topic)
    assert not certificates.publishes(topic, *foreign)
    assert not certificates.publishes(topic, "-u", ALICE, "-P", PASSWORD)
    certificates.lab.esb("ca", "issue", "server", certificates.ca, "--name", ALICE, "--out", "server")
    assert not certificates.publishes(topic, "--cert", str(certificates.lab.folder / "server.crt"), "--key",
                                      str(certificates.lab.folder / "server.key"))


def test_a_revoked_certificate_does_not_come_in_any_more(certificates):
    """The list goes to the broker by itself, also a second one."""
    for identity in ("ESP-C1", "ESP-C2"):
        words = certificates.certify(identity)
        certificates.lab.esb("broker", "add", certificates.folder, identity, "--certificate")
        assert certificates.publishes(f"{base(identity)}/status", *words)
        done = certificates.lab.esb("ca", "revoke", certificates.ca, identity)
        assert done.stderr == ""
        assert not certificates.publishes(f"{base(identity)}/status", *words)
    assert certificates.publishes(f"{base(ALICE)}/status", *certificates.certify(ALICE))


def test_a_renewed_certificate_of_the_broker_is_in_use_at_once(certificates):
    def served() -> str:
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{certificates.port}"],
                              capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE)
        return subprocess.run(["openssl", "x509", "-noout", "-serial"], input=done.stdout, capture_output=True,
                              text=True,
                              check=True).stdout
    before = served()
    certificates.lab.esb("ca", "renew", certificates.ca, "localhost", "-o", "renewed.crt")
    wait_until("the new certificate is served", lambda: served() != before, 5)


def test_a_credential_needs_its_listener(certificates, passwords):
    lab = certificates.lab
    for folder, words, stdin in ((certificates.folder, ["-"], PSK), (certificates.folder, ["--password"], PASSWORD),
                                 (passwords.folder, ["--certificate"], None)):
        done = lab.esb("broker", "add", folder, "ESP-X", *words, stdin=stdin, check=False)
        assert done.returncode == 1 and "no listener for such a credential" in done.stderr
    done = lab.esb("broker", "rotate", certificates.folder, ALICE, check=False)
    assert done.returncode == 1 and "has no pre-shared key" in done.stderr


def test_a_device_with_a_password_has_its_own_topics(passwords):
    for identity, password in ((ALICE, PASSWORD), (MALLORY, "another")):
        passwords.lab.esb("broker", "add", passwords.folder, identity, "--password", stdin=password + "\n")
    alice = ["-u", ALICE, "-P", PASSWORD]
    assert passwords.arrives(f"{base(ALICE)}/status", *alice)
    assert not passwords.arrives(f"{base(MALLORY)}/status", *alice)
    assert not passwords.publishes(f"{base(ALICE)}/status", "-u", ALICE, "-P", "another")
    assert not passwords.publishes(f"{base(ALICE)}/status", "-u", "ESP-NOBODY", "-P", PASSWORD)
    assert not passwords.publishes(f"{base(ALICE)}/status")
    for file in passwords.folder.rglob("*"):
        assert file.is_dir() or PASSWORD.encode() not in file.read_bytes()
    passwords.lab.esb("broker", "remove", passwords.folder, ALICE)
    assert not passwords.publishes(f"{base(ALICE)}/status", *alice)


def test_keys_and_certificates_side_by_side(lab):
    """Each account is worth nothing at the other's listener; operators with certificates have one of their own."""
    both = TlsBroker(lab, "both", "--tls", "both")
    both.options += ("--certificate-port", str(both.certificate_port), "--operator-port", str(both.operator_port))
    both.init()
    both.start()
    both.add(ALICE, PSK)
    lab.esb("broker", "add", both.folder, MALLORY, "--certificate")
    alice, mallory = both.certify(ALICE), both.certify(MALLORY)
    key = subprocess.run(both.as_device("mosquitto_pub", ALICE, PSK, "-q", "1", "-t", f"{base(ALICE)}/status", "-m",
                                        "x"),
                         timeout=PATIENCE)
    assert key.returncode == 0
    assert both.arrives(f"{base(MALLORY)}/status", *mallory, port=both.certificate_port)
    assert not both.arrives(f"{base(ALICE)}/status", *alice, port=both.certificate_port)
    for role, more, writes in (("operator", [], True), ("reader", ["--reader"], False)):
        lab.esb("ca", "issue", "operator", both.ca, "--out", role, *more)
        words = ["--cert", str(lab.folder / f"{role}.crt"), "--key", str(lab.folder / f"{role}.key")]
        assert both.arrives(f"{base(ALICE)}/config", *words, port=both.operator_port) == writes
        assert not both.arrives(f"{base(ALICE)}/config", *words, port=both.certificate_port)
    assert not both.arrives(f"{base(MALLORY)}/status", *mallory, port=both.operator_port)


def test_files_of_another_authority(lab, certificates):
    """As somebody with a PKI has them."""
    broker = TlsBroker(lab, "files", "--tls", "ca")
    lab.esb("ca", "init", broker.ca)
    lab.esb("ca", "issue", "server", broker.ca, "--name", "localhost", "--out", "files-server")
    lab.esb("broker", "init", broker.folder, "--port", broker.port, "--tools-port", broker.tools_port, "--tls", "ca",
            "--ca",
            broker.ca / "ca.crt", "--cert", "files-server.crt", "--cert-key", "files-server.key", "--crl",
            broker.ca / "crl.pem")
    broker.start()
    lab.esb("broker", "add", broker.folder, ALICE, "--certificate")
    assert broker.arrives(f"{base(ALICE)}/status", *broker.certify(ALICE))


@pytest.mark.parametrize("why, options", [
    ("either --ca-dir and --host", ["--tls", "ca"]),
    ("go together", ["--tls", "ca", "--ca", "x"]),
    ("needs --name or --ip", ["--tls", "ca", "--ca-dir", "nowhere"]),
    ("no authority there", ["--tls", "ca", "--ca-dir", "nowhere", "--host", "x"]),
    ("the ports must differ", ["--tls", "both", "--port", "8884"]),
    ("operators' certificates need", ["--operator-port", "8885"]),
    ("not an address to listen on", ["--tools-bind", "x"]),
])
def test_what_does_not_fit_is_refused(lab, why, options):
    done = lab.esb("broker", "init", "bad", *options, check=False)
    assert done.returncode == 1 and why in done.stderr
    assert not (lab.folder / "bad/mosquitto.conf").exists()
