"""Changes of settings that an update key has signed, and secrets that only the device can read.

The signatures and the encryption of what has to be accepted are made by others: python's cryptography, and `jose`.
"""

import base64
import json
import pathlib
import subprocess
import sys
import threading
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import npm  # noqa: E402
from cryptography.hazmat.primitives import serialization  # noqa: E402
from pytest_esb.lab import PATIENCE, Lab, wait_until  # noqa: E402
from on_line import Device, Topic  # noqa: E402
from signer import Signer, b64, compact  # noqa: E402

HERE = pathlib.Path(__file__).parent / "jose"
STEP = 180  # seconds for a change


class Recorder:
    """Everything the reader's account hears, retained messages included."""

    def __init__(self, device: Device):
        self.data = b""
        self.process = subprocess.Popen(device.broker.as_reader("mosquitto_sub", "-v", "-q", "1", "-t", "#", "-F",
                                                                "%t %r %p"), stdout=subprocess.PIPE)
        threading.Thread(target=self._read, daemon=True).start()
        device.lab.keep_track(self)
        wait_until("the recorder hears", lambda: b"/status" in self.data)

    def _read(self):
        while piece := self.process.stdout.read1(65536):
            self.data += piece

    def stop(self):
        self.process.kill()
        self.process.wait()


class Owner(Device):
    """A device, and whoever may change its settings."""

    def __init__(self, lab: Lab, image: str):
        super().__init__(lab, image)
        self.config = Topic(lab, self.broker, f"{self.base}/config/status")
        wait_until("the first report", lambda: self.config.messages)

    def take_birth(self):
        super().take_birth()
        self.label = self.chip.expect(r"AP ssid=\S+ pass=(\S+)\r*\n")[1]

    def status_key(self) -> str:
        return json.loads(wait_until("the status", lambda: self.broker.retained(f"{self.base}/status")))["enc"]

    def counter(self) -> int:
        return self.config.messages[-1].get("ctr", 0)

    def order(self, counter: int, **changes) -> dict:
        return {"dev": [self.identity], "ctr": counter,
                "set": {name.replace("__", "."): value for name, value in changes.items()}}

    def envelope(self, payload: dict, **header) -> str:
        return self.signer.envelope(payload, typ=header.pop("typ", "esb-config"), **header)

    def change(self, message: str) -> dict:
        """What became of it."""
        since = len(self.config.messages)
        self.publish("config", message)

        def ended():
            return next((m for m in self.config.messages[since:] if m["state"] != "staged"), None)
        return wait_until("the device's word", ended, STEP)

    def refuse(self, message: str) -> dict:
        """As change(); whatever else is told again meanwhile, a refusal must come."""
        since = len(self.config.messages)
        self.publish("config", message)
        return wait_until("the refusal", lambda: next((m for m in self.config.messages[since:] if m["error"]), None), STEP)

    def setting(self, name: str) -> str:
        """A product's console has closed since: the label's password opens it."""
        answer = rf"{name.replace('.', '[.]')} = ?([^\r\n]*?)\r*\n|\(console\.locked\)"
        found = self.chip.ask(f"config get {name}", answer)
        if found[1] is None:
            self.chip.ask(f"unlock {self.label}", "unlocked")
            found = self.chip.ask(f"config get {name}", answer)
        return found[1]

    def set(self, *arguments, **options) -> subprocess.CompletedProcess:
        return self.lab.esb("config", "set", self.identity, *arguments, "--broker", self.broker.tools, timeout=STEP,
                            **options)


@pytest.fixture(scope="module")
def product(request):
    with Lab() as lab:
        yield Owner(lab, "product-1.0.0")
        lab.keep = lab.keep or bool(request.session.testsfailed)


@pytest.fixture(scope="module")
def workbench(request):
    with Lab() as lab:
        yield Owner(lab, "steady-1.0.0")
        lab.keep = lab.keep or bool(request.session.testsfailed)


@pytest.fixture(scope="module")
def jose():
    folder = npm.install(HERE, "jose")
    (folder / "jose.mjs").write_text((HERE / "jose.mjs").read_text())

    def ask(**request) -> str:
        done = subprocess.run([npm.NODE, folder / "jose.mjs"], input=json.dumps(request), capture_output=True, text=True,
                              timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
        return done.stdout
    return ask


def pem(signer: Signer) -> str:
    return signer.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                    serialization.NoEncryption()).decode()


# Signatures ------------------------------------------------------------------------------------------------------------


def test_a_product_takes_no_bare_change(product):
    assert product.change('{"log.level":"debug"}')["error"] == "config.unsigned"
    assert product.setting("log.level") == "info"


def test_what_others_have_signed_is_taken(product, jose):
    """A twin of our own signer would agree with our verifier in its mistakes too."""
    told = product.change(product.envelope(product.order(product.counter() + 1, log__level="debug")))
    assert (told["state"], told.get("ctr")) == ("kept", 1), told
    assert product.setting("log.level") == "debug"
    header = {"alg": "ES256", "kid": product.signer.kid, "typ": "esb-config"}
    order = product.order(product.counter() + 1, log__level="error")
    told = product.change(jose(pem=pem(product.signer), header=header, text=json.dumps(order)))
    assert (told["state"], told["ctr"]) == ("kept", 2)
    assert product.setting("log.level") == "error"


def forgeries(device: Owner):
    """(message, the name of its refusal)"""
    good = device.order(device.counter() + 1, log__level="info")
    ours, stranger = device.signer, Signer()
    envelope = device.envelope(good)
    head, body, signature = envelope.split(".")
    yield stranger.envelope(good, typ="esb-config"), "key.unknown"
    yield stranger.envelope(good, typ="esb-config", kid=ours.kid), "crypto.bad_signature"
    for typ in ("esb-command", "esb-update", "esb-keys", "JWT", "ESB-CONFIG"):
        yield device.envelope(good, typ=typ), "envelope.typ"
    yield device.envelope(good, alg="none"), "envelope.alg"
    yield ours.envelope(good, sign=ours.hmac, typ="esb-config", alg="HS256"), "envelope.alg"
    yield ours.envelope(good, sign=ours.der_signature, typ="esb-config"), "envelope.malformed"
    for member in ("crit", "b64", "jwk", "cty"):
        yield device.envelope(good, **{member: "x"}), "envelope.header"
    for wrong in (envelope + "=", envelope + "A", envelope + ".A", f"{head}.{body}.", f"{head}.{body}", f"{head}..{signature}x"):
        yield wrong, "envelope.malformed"
    yield f"{head}.{b64(compact(good | {'ctr': 99}))}.{signature}", "crypto.bad_signature"
    yield device.envelope({k: v for k, v in good.items() if k != "dev"}), "manifest.member"
    yield device.envelope({k: v for k, v in good.items() if k != "ctr"}), "manifest.member"
    yield device.envelope({k: v for k, v in good.items() if k != "set"}), "manifest.member"
    yield device.envelope(good | {"dev": ["ESP-0123456789AB"]}), "ota.wrong_device"
    for counter in (0, -1, 2**32, 2**53 - 1, "7", None, [7]):
        yield device.envelope(good | {"ctr": counter}), "manifest.member"
    yield device.envelope(good | {"ctr": 2**53}), "json.number"
    yield device.envelope(good | {"ctr": device.counter()}), "ota.counter"
    yield device.envelope(compact(good) + b" x"), "json.syntax"
    yield device.envelope(compact(good)[:-1] + b',"ctr":9}'), "json.duplicate"


def test_forgeries_are_refused_by_name(product, capsys):
    level, counter = product.setting("log.level"), product.counter()
    names = []
    for message, name in forgeries(product):
        told = product.change(message)
        assert (told["state"], told["error"]) == ("refused", name), message
        names.append(name)
    assert product.setting("log.level") == level and product.counter() == counter
    with capsys.disabled():
        print(f"{len(names)} forgeries refused")


def test_a_signature_opens_nothing_local(product):
    for name, value in (("settings.signed", False), ("ota.legacy_md5", True), ("console.password", None)):
        told = product.change(product.envelope({"dev": [product.identity], "ctr": product.counter() + 1,
                                                "set": {name: value}}))
        assert (told["error"], told["setting"]) == ("setting.local_only", name)


def test_a_used_envelope_is_old_also_after_a_power_cut(product):
    used = product.envelope(product.order(product.counter() + 1, log__level="debug"))
    assert product.change(used)["state"] == "kept"
    assert product.change(product.envelope(product.order(product.counter() + 1, log__level="info")))["state"] == "kept"
    for start in range(2):
        assert product.refuse(used)["error"] == "ota.counter"
        assert product.setting("log.level") == "info"
        if start == 0:
            product.chip.power_off()
            product.chip.power_on()
            product.chip.expect(r"ping: echo after \d+ ms", 60)
            product.chip.ask("config get log.level", r"\(console\.locked\)")


# The tool --------------------------------------------------------------------------------------------------------------


def test_esb_config_set_signs_and_waits(product):
    done = product.set("log.level=debug", "config.confirm=20", "--key", product.lab.products.key)
    assert ": kept" in done.stdout
    assert (product.setting("log.level"), product.setting("config.confirm")) == ("debug", "20")
    product.set("--unset", "log.level", "--key", product.lab.products.key)
    assert product.setting("log.level") == "info"
    shown = product.lab.esb_json("config", "show", product.identity, "--broker", product.broker.tools)
    assert (shown["state"], shown["ctr"]) == ("kept", product.counter())


def test_esb_config_set_says_why_not(product, tmp_path):
    def refused(*arguments, status=1, **options) -> str:
        done = product.set(*arguments, check=False, **options)
        assert done.returncode == status, done.stdout
        assert len(done.stderr.splitlines()) == 1
        return done.stderr
    key = ["--key", product.lab.products.key]
    assert "config.unsigned" in refused("log.level=debug")
    assert "setting.choice" in refused("log.level=loud", *key)
    assert "setting.local_only" in refused("ota.legacy_md5=on", *key)
    assert "setting.unknown" in refused("no.such=1", *key)
    assert "standard input" in refused("wifi.1.pass=secret123", *key)
    assert "NAME=VALUE" in refused("log.level", *key)
    assert "twice" in refused("log.level=info", "--unset", "log.level", *key)
    assert "nothing to change" in refused(*key)
    other = tmp_path / "other.pem"
    product.lab.esb("key", "new", other, quiet=True)
    assert "key.unknown" in refused("log.level=debug", "--key", other)
    assert product.setting("log.level") == "info"


def test_a_change_that_cuts_it_off_is_reported_as_reverted(product):
    done = product.set("mqtt.0.port=1", "--key", product.lab.products.key, check=False)
    assert done.returncode == 1 and "reverted" in done.stderr and "config.no_round_trip" in done.stderr
    product.chip.expect(r"ping: echo after \d+ ms", 60)
    product.set("log.level=info", "--key", product.lab.products.key)


# Secrets ---------------------------------------------------------------------------------------------------------------

SECRET = "a passphrase nobody else reads"


def keys_in(folder: pathlib.Path, identity: str) -> str:
    line = next(line for line in (folder / "accounts").read_text().splitlines() if line.startswith(identity))
    return line.split()[1]


@pytest.mark.parametrize("name", ["product", "workbench"])
def test_no_secret_is_readable_by_whoever_listens(name, request, capsys):
    """Everything that goes over the broker during a rotation and a change of a Wi-Fi passphrase."""
    device = request.getfixturevalue(name)
    key = ["--key", str(device.lab.products.key)] if name == "product" else []
    recorder = Recorder(device)
    old = keys_in(device.broker.folder, device.identity)
    done = device.lab.esb("broker", "rotate", device.broker.folder, device.identity, *key, "--broker", device.broker.tools,
                          timeout=STEP)
    assert "rotated the key" in done.stdout
    new = keys_in(device.broker.folder, device.identity)
    assert new != old and len(new) == 32
    device.chip.expect(r"ping: echo after \d+ ms", 60)
    device.set("wifi.1.ssid=Elsewhere", "wifi.1.pass=-", *key, stdin=SECRET + "\n")
    time.sleep(1)
    heard = recorder.data
    recorder.stop()
    assert heard.count(b"/config/status ") >= 3 and heard.count(b'jwe' if not key else b"/config ") >= 1
    for secret in (old, new, SECRET):
        raw = [secret.encode(), b64(secret.encode()).encode()[:-2]]
        raw += [bytes.fromhex(secret)] if secret != SECRET else []
        for spelling in raw:
            assert spelling.lower() not in heard.lower()
    envelopes = 0  # what is inside them counts too
    for word in heard.split():
        if word.startswith(b"ey") and word.count(b".") == 2:
            payload = base64.urlsafe_b64decode(word.split(b".")[1] + b"==")
            envelopes += 1
            assert not any(secret.encode() in payload for secret in (old, new, SECRET))
    assert (envelopes >= 3) == bool(key)
    assert (b"Elsewhere" in heard) != bool(key), "what is not secret is heard"
    assert device.setting("wifi.1.ssid") == "Elsewhere"
    with capsys.disabled():
        print(f"{len(heard)} bytes heard during a rotation and a change")


def test_what_jose_encrypts_the_device_reads(workbench, jose):
    header = {"alg": "ECDH-ES", "enc": "A256GCM"}
    workbench_psk = "5c" * 16
    word = jose(key=workbench.status_key(), header=header, text=workbench_psk)
    used = workbench.config.messages[-1]["key"]
    spare = used[:-1] + ("1" if used.endswith("0") else "0")
    told = workbench.change(json.dumps({spare: {"jwe": word}}))
    assert told["state"] == "kept"
    # The broker is told the same key: the device comes in with it.
    workbench.chip.power_off()
    accounts = workbench.broker.folder / "accounts"
    accounts.write_text(accounts.read_text().replace(keys_in(workbench.broker.folder, workbench.identity), workbench_psk))
    workbench.broker.add("ESP-OTHER", "aa" * 16)
    workbench.chip.power_on()
    workbench.chip.expect(r"ping: echo after \d+ ms", 90)


def test_what_is_encrypted_otherwise_is_refused(workbench, jose):
    key, good = workbench.status_key(), {"alg": "ECDH-ES", "enc": "A256GCM"}
    stranger = Signer()
    cases = [
        (jose(key=f"{b64(stranger.x)}.{b64(stranger.y)}", header=good, text=SECRET), "crypto.bad_tag"),
        (jose(key=key, header=good, text=SECRET, parties=True), "jwe.header"),
        (jose(key=key, header=good | {"enc": "A128GCM"}, text=SECRET), "jwe.header"),
        (jose(key=key, header=good | {"alg": "ECDH-ES+A256KW"}, text=SECRET), "jwe."),
        (jose(key=key, header=good | {"cty": "x"}, text=SECRET), "jwe.header"),
        (jose(key=key, header=good, text="x" * 400), "setting.length"),
        ("x", "jwe.malformed"),
    ]
    for word, name in cases:
        told = workbench.change(json.dumps({"wifi.2.pass": {"jwe": word}}))
        assert told["state"] == "refused" and told["error"].startswith(name), told
        assert told["setting"] == "wifi.2.pass"
    word = jose(key=key, header=good, text=SECRET)
    for name in ("wifi.2.ssid", "mqtt.0.host"):
        assert workbench.change(json.dumps({name: {"jwe": word}}))["error"] == "config.wrapped"


def test_a_device_without_a_key_gets_no_secret(workbench):
    """A retained status without `enc`, as an older firmware writes it: nothing is sent, nothing is changed."""
    real = workbench.broker.retained(f"{workbench.base}/status")
    workbench.chip.power_off()
    wait_until("the will", lambda: workbench.broker.retained(f"{workbench.base}/online") == "0")
    old = {name: value for name, value in json.loads(real).items() if name != "enc"}
    for topic, text in (("status", json.dumps(old)), ("online", "1")):
        workbench.publish(topic, text, "-r")
    before = keys_in(workbench.broker.folder, workbench.identity)
    recorder = Recorder(workbench)
    done = workbench.lab.esb("broker", "rotate", workbench.broker.folder, workbench.identity, check=False)
    assert done.returncode == 1 and "publishes no key" in done.stderr
    done = workbench.set("wifi.1.pass=-", stdin=SECRET + "\n", check=False)
    assert done.returncode == 1 and "publishes no key" in done.stderr
    assert keys_in(workbench.broker.folder, workbench.identity) == before
    assert b"/config " not in recorder.data and SECRET.encode() not in recorder.data
    recorder.stop()
    workbench.chip.power_on()
    workbench.chip.expect(r"ping: echo after \d+ ms", 90)


def test_the_key_is_another_after_a_factory_reset(workbench):
    before = workbench.status_key()
    workbench.chip.type("factory-reset yes")
    born = workbench.chip.expect(r"MQTT ident=(\S+) psk=([0-9a-f]{32})\r*\n")
    workbench.broker.remove(workbench.identity)
    workbench.broker.add(workbench.identity, born[2])
    workbench.go_on_line('wifi connect Greenhouse "correct horse battery"')
    wait_until("another key", lambda: workbench.status_key() != before)
