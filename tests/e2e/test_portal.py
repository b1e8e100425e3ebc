"""The set-up page in Chromium against a virtual chip and a real broker: what people do with it, and what goes wrong."""

import json
import os
import time

import pytest

from pytest_esb.lab import Broker, Chip, Lab, free_ports, port_answers, wait_until
from on_line import NETWORK, firmware
from portal_page import APPLE_PROBE, HOME, Phone

ORDINARY_TRY = 30  # seconds
long_only = pytest.mark.skipif(os.environ.get("ESB_FULL") not in ("1", "ON"), reason="only with ./test.sh --full")

NEIGHBORS = [{"ssid": "Workshop", "passphrase": "unknown to us", "rssi": -66}, {"ssid": "Café", "rssi": -79}]
RAW = "hex:" + "00ff" * 15 + "0a22"  # 32 bytes that are not text
STRANGE = {
    "quotes": {"ssid": "Bob's \"Wi-Fi\" \\ & more", "passphrase": "p\"a's\\s&<w>%"},
    "tags": {"ssid": "<img src=x onerror=alert()>", "passphrase": "</script><b>"},
    "emoji": {"ssid": "Café 🍕 für alle", "passphrase": "schlüssel🔑"},
    "looks like hex": {"ssid": "hex:6865783a41", "passphrase": "correct horse"},  # the name is hex:A
    "raw bytes": {"ssid": RAW, "passphrase": "correct horse"},
}


class Scene:
    """A new device with its broker and a phone at its access point."""

    def __init__(self, lab: Lab, networks=(NETWORK,), image: str = "steady-1.0.0", account: bool = True):
        self.lab = lab
        self.broker = Broker(lab)
        self.broker.init()
        self.broker.start()
        (self.port,) = free_ports(1)
        self.chip = Chip(lab)
        self.chip.ports = {80: self.port}
        lab.esb("vchip", "flash", "--flash", self.chip.flash, "--image", self.image_file(image))
        self.chip.air.networks = list(networks)
        self.chip.air.phones = ["02:00:00:00:00:10"]
        self.chip.air.write()
        self.phone = Phone(lab, self.port)
        self.chip.power_on()
        born = self.chip.expect(r"MQTT ident=(\S+) psk=([0-9a-f]{32})\r*\n")
        self.identity, self.psk = born[1], born[2]
        if account:
            self.add_account()

    def image_file(self, image: str):
        products = self.lab.products
        return products.build / f"examples/{image}.img" if "steady" not in image else firmware(products, image)

    def add_account(self):
        self.broker.add(self.identity, self.psk)

    def settings(self) -> dict:
        self.chip.terminal.sendline("config list --json")
        found = self.chip.expect(r'(\{[^\r\n]*"settings"[^\r\n]*\})\r*\n')
        return {one["name"]: one.get("value") for one in json.loads(found[1])["settings"]}

    def require_on_line(self):
        self.chip.ask("status", r"mqtt: connected, on line")

    def require_closed(self):
        wait_until("the access point closes", lambda: not port_answers(self.port), 70)


@pytest.fixture
def scene(request):
    with Lab() as lab:
        wanted = getattr(request, "param", {})
        here = Scene(lab, **wanted)
        failed_before = request.session.testsfailed
        yield here
        if request.session.testsfailed > failed_before:
            lab.keep = True
            here.phone.take_pictures("failed")
        assert here.phone.complaints() == []


def test_from_the_pop_up_to_on_line(scene, capsys):
    phone = scene.phone
    wait_until("the access point serves", lambda: port_answers(scene.port), 60)
    began = time.monotonic()
    phone.open(APPLE_PROBE)
    assert phone.browser.current_url == HOME
    assert phone.text("name") == scene.identity
    wait_until("the key", lambda: phone.value("key") == scene.psk)
    assert phone.value("ident") == scene.identity
    assert phone.copy("key") == "Copied"
    phone.set_up(NETWORK, scene.broker)
    phone.wait_for(f"{scene.identity} is on line")
    took = time.monotonic() - began
    assert set(phone.steps().values()) == {"ok"} and len(phone.steps()) == 5
    assert phone.text("on") == NETWORK["ssid"] and phone.text("to") == f"127.0.0.1:{scene.broker.port}"
    assert phone.text("ip").count(".") == 3
    scene.require_on_line()
    assert scene.psk not in phone.browser.page_source  # values are no markup
    phone.take_pictures("on-line")
    scene.require_closed()
    wait_until("the page says so", lambda: "closed" in phone.text("offline"))
    with capsys.disabled():
        print(f"\nfrom opening the page to on line: {took:.1f} s")


def test_a_wrong_passphrase_is_named_and_corrected(scene):
    phone = scene.phone
    phone.open()
    phone.choose(NETWORK["ssid"])
    phone.write("pass", "short")
    phone.press("try")
    assert "8 to 63" in phone.text("pass-error") and phone.headline() == ""
    phone.set_up({**NETWORK, "passphrase": "not the right one"}, scene.broker)
    phone.wait_for("could not be joined")
    assert "password is wrong" in phone.text("verdict")
    assert phone.steps()["Join the network"] == "bad"
    assert phone.value("pass") == "not the right one" and phone.value("port") == str(scene.broker.port)
    phone.take_pictures("wrong-password")
    phone.write("pass", NETWORK["passphrase"])
    phone.press("try")
    phone.wait_for("is on line", ORDINARY_TRY)


@pytest.mark.parametrize("scene", [{"account": False, "networks": [NETWORK, *NEIGHBORS]}], indirect=True)
def test_without_an_account_the_network_is_kept_until_it_exists(scene):
    phone = scene.phone
    phone.open()
    phone.fill_in(NETWORK, scene.broker)
    phone.take_pictures("form")
    phone.press("try")
    phone.wait_for("One thing is left")
    assert scene.identity in phone.text("command") and phone.value("key") == scene.psk
    assert list(phone.steps().values())[:3] == ["ok"] * 3
    phone.take_pictures("no-account")
    scene.add_account()
    phone.wait_for("is on line", 60)
    scene.require_on_line()


@pytest.mark.parametrize("scene", [{"networks": [*STRANGE.values(), NETWORK]}], indirect=True)
def test_names_of_any_bytes_are_shown_and_joined(scene):
    phone = scene.phone
    phone.open()
    wait_until("all names", lambda: set(phone.networks()) >= {RAW, *(n["ssid"] for n in STRANGE.values())})
    assert phone.run("return document.querySelectorAll('#networks img, #networks script').length") == 0
    phone.take_pictures("names")
    phone.set_up(STRANGE["raw bytes"])
    phone.wait_for("is in your network")
    assert phone.text("on") == RAW
    assert scene.settings()["wifi.0.ssid"] == RAW


def test_a_reload_in_the_middle_sees_how_it_went(scene):
    phone = scene.phone
    phone.open()
    phone.set_up(NETWORK, scene.broker)
    phone.browser.refresh()
    wait_until("the page knows the device", lambda: phone.text("name") == scene.identity)
    assert phone.value("port") == str(scene.broker.port)
    phone.wait_for("is on line")
    scene.require_on_line()


def test_what_the_web_server_refuses_is_said_in_its_words(scene):
    phone = scene.phone
    phone.open()
    phone.unfold("care")
    phone.write("console-pass", "x" * 5000)
    phone.press("console-set")
    wait_until("an answer", lambda: phone.text("care-said"))
    assert phone.text("care-said") == "the body is too large"


@pytest.mark.parametrize("scene", [{"image": "cli-wifi-1.0.0"}], indirect=True)
def test_settings_have_words_for_people_and_what_is_not_used_is_folded(scene):
    phone = scene.phone
    phone.open()
    wait_until("the author's settings", lambda: phone.setting_cards() == ["Heating"])
    phone.unfold("own-Heating")
    wanted = {"label": "Target temperature", "unit": "°C", "name": "heat.target"}
    assert phone.words_of("heat.target") == wanted and phone.is_shown("s-heat.target")
    phone.write("s-heat.target", "31")
    phone.press_save("own-Heating")
    wait_until("a complaint", lambda: phone.text("own-Heating-said").startswith("heat.target: "))
    phone.write("s-heat.target", "23")
    phone.press_save("own-Heating")
    wait_until("it is kept", lambda: phone.text("own-Heating-said") == "Saved.")
    assert scene.settings()["heat.target"] == 23
    phone.run("document.getElementById('g-mqtt').dataset.old = 'yes'")
    phone.press("settings")
    wait_until("the list anew", lambda: phone.run("return !document.getElementById('g-mqtt').dataset.old"))
    phone.unfold("g-mqtt")
    assert [phone.is_shown(f"g-mqtt-{i}") for i in range(3)] == [True, False, False]
    assert phone.words_of("mqtt.0.port") == {"label": "TLS port", "unit": "", "name": "mqtt.0.port"}
    phone.press("another-mqtt")
    assert [phone.is_shown(f"g-mqtt-{i}") for i in range(3)] == [True, True, False]
    assert phone.run("return document.activeElement.id") == "s-mqtt.1.host"
    phone.write("s-mqtt.1.host", "backup.example.org")
    phone.press_save("all")
    wait_until("it is kept", lambda: phone.text("all-said") != "" and "backup" in phone.text("g-mqtt-1"))
    phone.press("another-mqtt")
    assert not phone.is_shown("another-mqtt")
    phone.run("for (const d of document.querySelectorAll('#all-list details')) d.open = true")
    assert phone.labels_missing() == []
    phone.take_pictures("settings")


def test_an_access_point_without_encryption_is_a_warning(scene):
    phone = scene.phone
    phone.open()
    assert phone.text("insecure") == "" and phone.protections()[0].startswith("Encrypted settings")
    phone.pretend_protections(["open-access-point"])
    phone.open()
    assert "no encryption" in phone.text("insecure") and phone.protections()[0].startswith("None")
    phone.take_pictures("open-access-point")
    phone.pretend_protections(["secure-boot", "open-access-point"])
    phone.open()
    assert "no encryption" in phone.text("insecure")
    assert len(phone.protections()) == 1 and phone.protections()[0].startswith("Secure boot")


@long_only
def test_a_broker_that_is_down(scene):
    phone = scene.phone
    scene.broker.stop()
    phone.open()
    phone.set_up(NETWORK, scene.broker)
    phone.wait_for("broker was not found")
    assert "Nothing listens there" in phone.text("verdict")
    assert phone.steps()["Find the broker"] == "bad"
    scene.broker.start()
    phone.press("try")
    phone.wait_for("is on line", ORDINARY_TRY)


@long_only
def test_a_wrong_key_is_replaced(scene):
    phone = scene.phone
    phone.open()
    phone.unfold("other-key")
    phone.write("psk", "abc")
    phone.set_up(NETWORK, scene.broker)
    assert phone.text("psk-error") != ""
    phone.write("psk", "00" * 16)
    phone.press("try")
    phone.wait_for("No secure connection")
    assert "does not know this identity, or its key differs" in phone.text("verdict")
    phone.write("psk", scene.psk.upper())
    phone.press("try")
    phone.wait_for("is on line", ORDINARY_TRY)


@long_only
def test_two_browsers_see_the_same(scene):
    phone, other = scene.phone, Phone(scene.lab, scene.port, "tablet")
    phone.open()
    other.open()
    other.write("host", "typed.example.org")
    phone.set_up(NETWORK, scene.broker)
    phone.wait_for("is on line")
    other.wait_for("is on line")
    assert other.complaints() == []


@long_only
@pytest.mark.parametrize("scene, wanted", [({"networks": [one]}, one) for one in STRANGE.values()],
                         indirect=["scene"], ids=STRANGE.keys())
def test_strange_networks(scene, wanted):
    phone = scene.phone
    phone.open()
    phone.set_up(wanted)
    phone.wait_for("is in your network")


@long_only
@pytest.mark.parametrize("scene", [{"networks": [{**NETWORK, "ssid": "hex:6865783a41", "hidden": True}]}], indirect=True)
def test_a_hidden_network_whose_name_begins_with_hex(scene):
    phone = scene.phone
    phone.open()
    phone.choose_hidden("hex:A")
    phone.write("pass", NETWORK["passphrase"])
    phone.press("try")
    phone.wait_for("is in your network")
    assert scene.settings()["wifi.0.hidden"] is True


@long_only
def test_an_access_point_that_is_lost_for_a_while(scene):
    phone = scene.phone
    phone.open()
    phone.choose(NETWORK["ssid"])
    phone.write("pass", NETWORK["passphrase"])
    phone.browser.set_network_conditions(offline=True, latency=0, throughput=-1)
    wait_until("it is said", lambda: "Reconnecting" in phone.text("offline"))
    phone.press("try")
    phone.wait_for("Trying")
    phone.browser.delete_network_conditions()
    phone.wait_for("is in your network", ORDINARY_TRY)
    assert phone.text("offline") == ""


@long_only
def test_all_settings(scene):
    phone = scene.phone
    phone.open()
    phone.press("settings")
    wait_until("the list", lambda: phone.run("return document.querySelectorAll('#all-list label').length") > 40)
    phone.run("for (const d of document.querySelectorAll('#all-list details')) d.open = true")

    def save():
        phone.run("document.getElementById('all-said').textContent = ''")
        phone.run("document.querySelector('#all-form > button').click()")
        return wait_until("an answer", lambda: phone.text("all-said"))

    assert save() == "Nothing has changed."
    phone.write("s-mqtt.0.port", "99999")
    assert save().startswith("mqtt.0.port: ")
    phone.write("s-mqtt.0.port", "1883")
    phone.write("s-time.server", "<b>time</b>.example.org")
    assert save() != ""
    phone.write("s-time.server", "time.example.org")
    phone.run("document.getElementById('s-ha.discovery').click()")
    assert save() == "Saved."
    stored = scene.settings()
    assert (stored["mqtt.0.port"], stored["time.server"], stored["ha.discovery"]) == (1883, "time.example.org", True)
    wait_until("the list anew", lambda: phone.value("s-mqtt.0.port") == "1883")
    phone.run("document.querySelector('button[aria-label=\"TLS port: Default\"]').click()")
    assert save() == "Saved."
    assert scene.settings()["mqtt.0.port"] == 8883


@long_only
@pytest.mark.parametrize("scene", [{"image": "basic-1.0.0"}], indirect=True)
def test_an_image_from_the_phone(scene):
    phone = scene.phone
    bundle = scene.lab.folder / "basic.bundle"
    products = scene.lab.products
    scene.lab.esb("sign", "--key", products.key, "--image", products.basic_1_1, "--url", "http://none.invalid/",
                  "--bundle", bundle)
    phone.open()
    phone.unfold("firmware")
    phone.one("image").send_keys(str(bundle))
    phone.press("upload")
    wait_until("the new version", lambda: "basic 1.1.0" in phone.text("about"), 90)
    wait_until("it is kept", lambda: phone.text("update-said") == "Version 1.1.0 is in use.")
    phone.take_pictures("updated")


@long_only
def test_care(scene):
    phone = scene.phone
    phone.open()
    phone.unfold("log")
    wait_until("the log", lambda: len(phone.text("log-lines")) > 20)
    phone.unfold("care")
    phone.take_pictures("care")
    assert not phone.one("reset").is_enabled()
    phone.write("reset-ident", scene.identity)
    assert phone.one("reset").is_enabled()
    phone.write("console-pass", "open sesame")
    phone.press("console-set")
    wait_until("it is done", lambda: phone.text("care-said") == "Done.")
    scene.chip.type("lock")
    scene.chip.ask("status", "console.locked")
    phone.press("reset")
    born = scene.chip.expect(r"MQTT ident=(\S+) psk=([0-9a-f]{32})\r*\n")
    assert born[1] == scene.identity and born[2] != scene.psk
