"""Brokers that are known by a certificate: mosquitto in every mode that a device can be set to, real processes."""

import json
import os
import signal

import pytest

from certified import Certified
from pytest_esb.lab import Broker, Chip, Lab, WebServer, free_ports, wait_until
from on_line import NETWORK, Topic, firmware
from portal_page import Phone

QUICK = 10  # seconds that a stage may take here


class ByPage(Certified):
    """The same device, new, with a phone at its access point."""

    def start_chip(self, image: str):
        (port,) = free_ports(1)
        self.chip = Chip(self.lab)
        self.chip.ports = {80: port}
        self.lab.esb("vchip", "flash", "--flash", self.chip.flash, "--image", firmware(self.lab.products, image))
        self.chip.air.networks = [NETWORK]
        self.chip.air.phones = ["02:00:00:00:00:10"]
        self.chip.air.write()
        self.phone = Phone(self.lab, port)
        self.chip.power_on()
        self.take_birth()
        self.phone.open()
        wait_until("the trust section", lambda: self.phone.run("return document.getElementById('t-how') !== null"))
        self.phone.run("document.getElementById('t-how').closest('details').open = true")

    def choose_trust(self, how: str):
        self.phone.run("const s = document.getElementById('t-how'); s.value = arguments[0]; s.onchange()", how)

    def put(self, identifier: str, text: str):
        """As a paste does."""
        self.phone.run("const f = document.getElementById(arguments[0]); f.value = arguments[1];"
                       "f.dispatchEvent(new Event('input', {bubbles: true}))", identifier, text)


@pytest.fixture(scope="module")
def device(request):
    with Lab() as lab:
        made = Certified(lab, "steady-1.0.0")
        made.reports = Topic(lab, made.broker, f"{made.base}/config/status")
        made.chip.ask(f"config set config.confirm {QUICK}", r"ok\r*\n")
        yield made
        lab.keep = lab.keep or bool(request.session.testsfailed)


# In the order in which they stand: each begins where the one before has left the device.

def test_an_authority_and_a_password_come_by_mqtt_as_one_change(device):
    device.goes_to_user_listener(mqtt__0__trust="ca", mqtt__0__ca=device.pki.pem("root"))
    assert device.suite().startswith("TLS-ECDHE-ECDSA-WITH-")
    told = device.chip.ask("config get mqtt.0.ca", r"mqtt.0.ca = ([0-9a-f]{64})\r*\n")[1]
    der = device.pki.run("x509", "-in", "root.pem", "-outform", "DER")
    assert device.pki.run("dgst", "-sha256", "-r", input=der).decode().split()[0] == told
    device.chip.ask("config get mqtt.0.pass", r"set \(never shown\)")


def test_will_and_retained_messages_work_there(device):
    assert device.broker.retained(f"{device.base}/online") == "1"
    assert json.loads(device.broker.retained(f"{device.base}/status"))["app"] == "basic"
    device.chip.power_off()
    wait_until("the will", lambda: device.broker.retained(f"{device.base}/online") == "0")
    device.chip.power_on()
    device.reconnected(device.user_port)
    assert device.broker.retained(f"{device.base}/online") == "1"


def test_a_broker_s_restart_is_survived_and_the_session_resumed(device):
    device.broker.stop()
    device.chip.expect(r"mqtt: .*next try")
    device.broker.start()
    device.reconnected(device.user_port)
    os.kill(device.broker.process.pid, signal.SIGHUP)
    device.require_on_line()


def test_another_authority_is_tried_and_taken_back(device):
    device.paste("mqtt ca", device.pki.pem("other"), r"ok, on trial\r*\n")
    device.chip.expect(r"tls\.unknown_authority")
    device.chip.expect(r"config: reverted", 60)
    device.reconnected(device.user_port)


def test_a_wrong_password_is_tried_and_taken_back(device):
    device.chip.ask(f"mqtt user {device.identity} wrong", r"ok, on trial\r*\n")
    device.chip.expect(r"mqtt\.refused\.\w+")
    device.chip.expect(r"config: reverted", 60)
    device.reconnected(device.user_port)


def test_a_name_that_the_certificate_has_not_got_is_refused(device):
    device.chip.ask(f"mqtt server 127.0.0.1 {device.user_port}", r"ok, on trial\r*\n")
    device.chip.expect(r"tls\.wrong_name")
    device.chip.expect(r"config: reverted", 60)
    device.reconnected(device.user_port)


def test_a_broker_may_be_given_by_its_ipv6_address(device):
    device.chip.ask(f"mqtt server [::1]:{device.six_port}", r"ok, on trial\r*\n")
    device.chip.expect(rf"mqtt: connected to \[::1\]:{device.six_port} ")
    device.chip.expect(r"config: kept", 60)
    device.chip.ask("config get mqtt.0.host", r"mqtt.0.host = ::1\r*\n")
    device.chip.ask(f"mqtt server {device.host} {device.user_port}", r"ok, on trial\r*\n")
    device.chip.expect(r"config: kept", 60)


def test_a_pin_is_enough_and_the_second_one_is_for_the_next_key(device):
    device.chip.ask(f"mqtt pin {device.pki.pin('stranger')}", r"ok, on trial\r*\n")
    device.chip.expect(r"tls\.pin_mismatch")
    device.chip.expect(r"config: reverted", 60)
    device.reconnected(device.user_port)
    device.chip.ask(f"mqtt pin {device.pki.pin('stranger')} {device.pki.pin('server')}", r"ok, on trial\r*\n")
    device.chip.expect(r"config: kept", 60)


def test_nonsense_in_place_of_a_certificate_is_refused_by_name(device):
    device.paste("mqtt ca", "hello", r"pem\.malformed")
    device.paste("mqtt ca", device.pki.path("root.key").read_text(), r"pem\.private_key")
    device.paste("mqtt ca", device.pki.pem("root") * 9, r"too_long")
    since = len(device.reports.messages)
    device.set(mqtt__0__psk__0=device.pki.pem("root"))
    device.reports.wait_for(since, state="refused", error="setting.certificate", setting="mqtt.0.psk.0")
    device.require_on_line()


def test_a_certificate_of_another_device_is_not_taken(device):
    device.pki.key("alien")
    device.pki.certify("alien", "devices", "extendedKeyUsage=clientAuth")
    device.paste("mqtt cert", device.pki.pem("alien"), r"setting\.own_certificate")


def test_its_own_certificate_takes_the_place_of_the_password(device):
    request = device.request()
    assert request == device.request() or "BEGIN" in request
    device.pki.device(device.identity, "devices", request)
    since = len(device.reports.messages)
    device.set(mqtt__0__port=device.mutual_port, mqtt__0__user=None, mqtt__0__pass=None,
               mqtt__0__cert=device.pki.pem(device.identity))
    device.reports.wait_for(since, state="kept")
    device.chip.expect(r"config: kept", 60)


def test_a_certificate_that_the_broker_does_not_trust_is_tried_and_taken_back(device):
    device.pki.device("untrusted", "other", device.request())
    device.paste("mqtt cert", device.pki.pem("untrusted"), r"ok, on trial\r*\n")
    device.chip.expect(r"tls\.client_refused")
    device.chip.expect(r"config: reverted", 60)
    device.reconnected(device.mutual_port)


def test_an_update_comes_that_way_end_to_end(device):
    device.confirm_update(firmware(device.lab.products, "steady-1.1.0").read_bytes())
    device.require_on_line()
    device.chip.power_off()
    device.chip.power_on()
    device.reconnected(device.mutual_port)


def test_a_factory_reset_forgets_certificates_and_keys(device):
    before = device.request()
    device.chip.ask("factory-reset yes", r"factory reset: done", None)
    device.chip.expect(r"MQTT ident=")
    device.chip.ask("config get mqtt.0.trust", r"mqtt.0.trust = psk\r*\n")
    device.chip.ask("config get mqtt.0.cert", r"mqtt.0.cert = \r*\n")
    after = device.request()
    public = [device.pki.run("req", "-noout", "-pubkey", input=one.encode()) for one in (before, after)]
    assert public[0] != public[1]


@pytest.fixture
def page(request):
    with Lab() as lab:
        class New(ByPage):
            def __init__(self, where):  # nothing is reported before it is on line
                self.lab = where
                self.broker, self.web, self.signer = Broker(where), WebServer(where), None
                self.start_services()
                self.start_chip("steady-1.0.0")
        made = New(lab)
        yield made
        assert made.phone.complaints() == []
        lab.keep = lab.keep or bool(request.session.testsfailed)


def test_the_page_takes_an_authority_a_user_and_a_password(page):
    phone = page.phone
    phone.fill_in(NETWORK)
    phone.use_broker("localhost", page.user_port)
    page.choose_trust("ca")
    assert not phone.is_shown("key-place")
    phone.write("t-user", page.identity)
    page.put("t-pass", "not a secret: 1")
    phone.take_pictures("trust")
    page.put("t-ca", page.pki.pem("root")[:300])
    phone.press("try")
    wait_until("the page refuses half a certificate", lambda: "PEM" in phone.text("form-error"))
    page.put("t-ca", page.pki.pem("root"))
    phone.press("try")
    phone.wait_for("on line", 60)
    page.require_on_line()
    assert page.suite().startswith("TLS-ECDHE-ECDSA-WITH-")


def test_the_page_chooses_another_network_than_the_company_s(page):
    page.paste("wifi ca", page.pki.pem("root"), r"ok\r*\n")
    page.chip.ask("wifi enterprise Campus peap radius.campus.test ann secret", r"ok\r*\n")
    phone = page.phone
    phone.fill_in(NETWORK)
    phone.use_broker("localhost", page.user_port)
    page.choose_trust("ca")
    phone.write("t-user", page.identity)
    page.put("t-pass", "not a secret: 1")
    page.put("t-ca", page.pki.pem("root"))
    phone.press("try")
    phone.wait_for("on line", 60)
    page.chip.ask("config get wifi.0.eap", r"wifi.0.eap = none\r*\n")


def test_the_page_says_that_the_authority_is_another(page):
    phone = page.phone
    phone.fill_in(NETWORK)
    phone.use_broker("localhost", page.user_port)
    page.choose_trust("ca")
    page.put("t-ca", page.pki.pem("other"))
    phone.press("try")
    wait_until("the reason", lambda: "not from the authority" in phone.text("verdict"), 60)


def test_the_page_makes_a_request_for_a_certificate(page):
    phone = page.phone
    phone.run("document.querySelector('#t-cert').parentNode.nextElementSibling.click()")
    request = wait_until("the request", lambda: phone.run(
        "const t = [...document.querySelectorAll('textarea')].find((f) => f.readOnly); return t ? t.value : ''"))
    assert page.identity.encode() in page.pki.run("req", "-verify", "-noout", "-subject", input=request.encode())
