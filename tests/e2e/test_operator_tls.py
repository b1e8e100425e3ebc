"""`esb` from another machine: brokers known by a certificate, a pin or a key; user names, certificates, files."""

import hashlib
import os
import pathlib
import subprocess

import pexpect
import pytest

from pytest_esb.lab import PATIENCE, Lab, free_ports, port_answers, wait_until
from test_broker_tls import TlsBroker

PASSWORD = "correct horse battery"


class Elsewhere:
    """One mosquitto with operators by certificate and one with operators by password; and who talks to them."""

    def __init__(self, lab: Lab):
        self.lab = lab
        self.own = TlsBroker(lab, "own", "--tls", "ca")
        self.own.options += ("--operator-port", str(self.own.operator_port))
        self.own.init()
        self.own.start()
        lab.esb("ca", "issue", "operator", self.own.ca, "--out", "me")
        lab.esb("ca", "init", "foreign-ca")
        self.ca = str(self.own.ca / "ca.crt")
        self.foreign = self.start_foreign()

    def start_foreign(self) -> int:
        """As somebody has it who never heard of us: user names and passwords."""
        (port,) = free_ports(1)
        folder = self.lab.folder / "foreign"
        folder.mkdir()
        self.lab.esb("ca", "issue", "server", self.own.ca, "--name", "localhost", "--out", "foreign/server")
        (folder / "passwords").write_text("")
        subprocess.run(["mosquitto_passwd", "-b", folder / "passwords", "anna", PASSWORD], check=True)
        (folder / "conf").write_text(f"user root\nlistener {port}\n"
                                     f"certfile {folder}/server.crt\nkeyfile {folder}/server.key\n"
                                     f"password_file {folder}/passwords\nallow_anonymous false\n")
        self.process = subprocess.Popen(["mosquitto", "-c", folder / "conf"], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self.lab.keep_track(self)
        wait_until("the foreign broker listens", lambda: port_answers(port))
        return port

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def esb(self, *words, **variables) -> subprocess.CompletedProcess:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.lab.folder / "home"), **variables}
        return subprocess.run([self.lab.products.esb, *map(str, words)], capture_output=True, text=True,
                              cwd=self.lab.folder,
                              env=environment, stdin=subprocess.DEVNULL, timeout=PATIENCE)

    def devices(self, *words, **variables) -> subprocess.CompletedProcess:
        return self.esb("devices", "--for", "0.2", *words, **variables)


@pytest.fixture(scope="module")
def there():
    with Lab() as lab:
        yield Elsewhere(lab)


def good(done):
    assert done.returncode == 0, done.stderr


def bad(done, *words):
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr


def pin_of(certificate: pathlib.Path) -> str:
    public = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], capture_output=True,
                            check=True)
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=public.stdout, capture_output=True,
                         check=True)
    return hashlib.sha256(der.stdout).hexdigest()


def test_an_operator_comes_with_a_certificate(there):
    url = f"mqtts://127.0.0.1:{there.own.operator_port}"
    own = ["--cert", "me.crt", "--cert-key", "me.key"]
    good(there.devices("--broker", url, "--ca", there.ca, *own))
    good(there.devices("--broker", url, "--pin", pin_of(there.own.folder / "tls/server.crt"), *own))
    good(there.devices(ESB_BROKER=url, ESB_CA=there.ca, ESB_CERT="me.crt", ESB_CERT_KEY="me.key"))
    bad(there.devices("--broker", url, "--ca", there.ca), "tls.client_refused")
    bad(there.devices("--broker", url, "--ca", "foreign-ca/ca.crt", *own), "tls.unknown_authority")
    bad(there.devices("--broker", url, "--pin", "0" * 64, *own), "tls.pin_mismatch")
    other = url.replace("127.0.0.1", "127.0.0.2")
    bad(there.devices("--broker", other, "--ca", there.ca, *own), "no connection")


def test_the_name_is_checked(there):
    url = f"mqtts://anna@127.0.0.1:{there.foreign}"
    bad(there.devices("--broker", url, "--ca", there.ca, ESB_PASSWORD=PASSWORD), "tls.wrong_name")


def test_an_operator_comes_with_user_and_password(there):
    words = ["--broker", f"mqtts://anna@localhost:{there.foreign}", "--ca", there.ca]
    secret = there.lab.folder / "secret"
    secret.write_text(PASSWORD + "\n")
    secret.chmod(0o600)
    good(there.devices(*words, ESB_PASSWORD=PASSWORD))
    good(there.devices(*words, "--password-file", secret))
    bad(there.devices(*words, ESB_PASSWORD="wrong"), "mqtt.refused")
    bad(there.devices(*words), "no password of anna")
    secret.chmod(0o640)
    bad(there.devices(*words, "--password-file", secret), "can be read by others")


def test_a_person_is_asked_for_the_password_and_it_is_not_shown(there):
    words = ["devices", "--for", "0.2", "--broker", f"mqtts://anna@localhost:{there.foreign}", "--ca", there.ca]
    terminal = pexpect.spawn(str(there.lab.products.esb), words, encoding="utf-8", timeout=PATIENCE,
                             env={"PATH": os.environ["PATH"], "HOME": str(there.lab.folder / "home")})
    terminal.expect("password of anna: ")
    terminal.waitnoecho()
    terminal.sendline(PASSWORD)
    terminal.expect(pexpect.EOF)
    assert PASSWORD not in terminal.before
    terminal.close()
    assert terminal.exitstatus == 0


def test_a_key_goes_to_the_tools_port_by_url_too(there):
    text = (there.own.folder / "operator/mosquitto_sub").read_text().split()
    key = text[text.index("--psk") + 1]
    words = ["--broker", f"mqtts://127.0.0.1:{there.own.tools_port}", "--psk-identity", "esb.operator"]
    good(there.devices(*words, ESB_PSK=key))
    file = there.lab.folder / "psk"
    file.write_text(key)
    file.chmod(0o600)
    good(there.devices(*words, "--psk-file", file))
    bad(there.devices(*words, ESB_PSK="ff" * 32), "has another key")
    bad(there.devices(*words, ESB_PSK="xx"), "32 to 64 hex digits")


def test_the_configuration_file_says_it_once_for_all(there):
    folder = there.lab.folder / "home/.config/esb"
    folder.mkdir(parents=True)
    file = folder / "config.toml"
    (folder / "me.crt").write_bytes((there.lab.folder / "me.crt").read_bytes())
    file.write_text(f'[broker]\nurl = "mqtts://127.0.0.1:{there.own.operator_port}"\nca = "{there.ca}"\n'
                    f'cert = "me.crt"  # beside this file\ncert_key = "{there.lab.folder}/me.key"\n')
    good(there.devices())
    bad(there.devices("--pin", "0" * 64), "tls.pin_mismatch")  # what is said counts
    named = there.lab.folder / "other.toml"
    named.write_text(f'[broker]\nurl = "mqtts://anna@localhost:{there.foreign}"\nca = "{there.ca}"\n'
                     f'password = "{PASSWORD}"\n')
    named.chmod(0o644)
    bad(there.devices(ESB_CONFIG=str(named)), "other.toml can be read by others")
    named.chmod(0o600)
    good(there.devices(ESB_CONFIG=str(named)))
    named.write_text(named.read_text().replace(PASSWORD, "wrong"))
    bad(there.devices(ESB_CONFIG=str(named)), "mqtt.refused")
    good(there.devices(ESB_CONFIG=str(named), ESB_PASSWORD=PASSWORD))  # a variable counts before the file
    bad(there.devices(ESB_CONFIG="missing.toml"), "missing.toml")
    file.write_text("[broker]\nurl = mqtts://x\n")
    bad(there.devices(), "config.toml, line 2")
    file.unlink()


def test_no_secret_is_taken_from_a_command_line(there):
    for words in (["--broker", f"mqtts://anna:{PASSWORD}@localhost:{there.foreign}", "--ca", there.ca],
                  ["--broker", f"mqtt://localhost:{there.foreign}"]):
        done = there.devices(*words)
        assert done.returncode == 2 and PASSWORD not in done.stderr.replace(words[1], "")
    help_text = there.esb("devices", "--help").stdout
    assert "--password " not in help_text and "--psk " not in help_text


def test_words_that_need_a_url_say_so(there):
    bad(there.devices("--broker", there.own.tools, "--ca", there.ca), "go with --broker mqtts://")
    bad(there.devices("--broker", f"mqtts://localhost:{there.foreign}"), "how is localhost known")
