"""The console over a real pseudo-terminal: what a person at a serial monitor and what a script sees."""

import json
import pathlib
import re
import sys
import termios
import time

import pexpect
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from pytest_esb.lab import Chip, Lab  # noqa: E402

PASSWORD = "open sesame"
ROOT = pathlib.Path(__file__).parents[2]


def as_a_serial_monitor(terminal: int):
    """Every key goes to the chip at once, as it is."""
    modes = termios.tcgetattr(terminal)
    modes[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
    termios.tcsetattr(terminal, termios.TCSANOW, modes)


class Person:
    """Sees every byte of the serial port."""

    def __init__(self, lab: Lab):
        self.chip = Chip(lab)
        self.chip.air.networks = [{"ssid": "Greenhouse", "passphrase": "correct horse battery", "rssi": -48}]
        self.chip.air.write()
        lab.esb("vchip", "flash", "--flash", self.chip.flash, "--image", lab.products.basic_1_0)
        self.power_on()

    def power_on(self):
        self.chip.power_on()
        as_a_serial_monitor(self.chip.terminal.child_fd)
        self.chip.expect(r"MQTT ident=[^\r\n]*\r*\n")
        self.quiet()

    def restart(self):
        self.chip.power_off()
        self.power_on()

    def quiet(self, patience: float = 0.5) -> str:
        """Everything the chip says until it has said nothing for a while."""
        text = ""
        while True:
            try:
                text += self.chip.terminal.read_nonblocking(4096, timeout=patience)
            except pexpect.TIMEOUT:
                return text

    def keys(self, keys: str) -> str:
        self.chip.terminal.send(keys)
        return self.quiet()

    def ask(self, line: str) -> str:
        """A script's question, and the whole answer."""
        return self.keys(line + "\n")

    def ask_json(self, line: str) -> dict:
        self.chip.terminal.send(line + " --json\n")
        self.chip.expect(r"(\{[^\r\n]*\})\r*\n", 20)
        return json.loads(self.chip.terminal.match[1])


@pytest.fixture(scope="module")
def person():
    with Lab() as lab:
        yield Person(lab)


@pytest.fixture
def terminal(person):
    """The line editor is on, and off again for the next test."""
    person.ask("terminal on")
    yield person
    person.keys("\x03")
    person.ask("terminal off")


def test_a_script_sees_plain_lines_and_no_echo(person):
    answer = person.ask("identity")
    assert re.fullmatch(r"identity: ESP-[0-9A-F]{12}\r+\nhw: vchip\r+\n", answer), answer
    assert "\x1b" not in person.ask("help") + person.ask("config list") + person.ask("no-such-command")


def test_every_command_answers_a_program(person):
    commands = person.ask_json("help")["commands"]
    assert len(commands) >= 29
    assert "lamp" in [c["name"] for c in commands]  # the author's
    for command in commands:
        if command["name"] in ("restart", "factory-reset"):
            continue  # they end the session; answered below
        answer = person.ask_json(command["name"] + " x" * command["least"])
        assert isinstance(answer["ok"], bool), command
        if not answer["ok"]:
            assert answer["error"] and answer["text"], command
        if command["name"] in ("mqtt ca", "mqtt cert", "wifi ca", "wifi cert"):  # what follows is the certificate, until it is given up
            person.chip.terminal.send("\x03")
            person.chip.expect(r'(\{[^\r\n]*"cancelled"[^\r\n]*\})\r*\n', 20)
    person.ask("terminal off")
    wrong = person.ask_json("factory-reset no")
    assert wrong == {"ok": False, "error": "invalid_argument", "text": "the argument is not valid"}


def test_values_are_typed(person):
    status = person.ask_json("status")
    assert status["app"] == "basic" and status["seq"] == 1 and status["trial"] is False and status["heap"] > 0
    settings = {s["name"]: s for s in person.ask_json("config list")["settings"]}
    assert settings["mqtt.0.port"]["value"] == 8883
    assert settings["ota.legacy_md5"]["value"] is False
    assert settings["mqtt.0.psk.0"]["secret"] is True and "value" not in settings["mqtt.0.psk.0"]
    assert person.ask_json("debug list")["variables"] == {"reading": 215}
    assert person.ask_json("wifi scan")["networks"][0]["ssid"] == "Greenhouse"
    unknown = person.ask_json("confg list")
    assert (unknown["ok"], unknown["error"], unknown["word"]) == (False, "console.unknown", "confg")


def test_completion_of_commands_and_settings(terminal):
    assert "config " in terminal.keys("conf\t")
    assert "config get " in terminal.keys("g\t")
    assert "mqtt.0.port" in terminal.keys("mqtt.0.po\t")
    assert "mqtt.0.port = 8883" in terminal.keys("\r")
    choices = terminal.keys("lamp o\t")
    assert "on  off" in choices
    assert "lamp is off" in terminal.keys("f\t\r")
    assert "reading = 215" in terminal.keys("debug show rea\t\r")


def test_editing_and_history(terminal):
    assert "lamp is on" in terminal.keys("lamp onx\x7f\r")
    assert "lamp is off" in terminal.keys("amp of\x01l\x05f\r")
    assert "lamp is off" in terminal.keys("lamp on\x1b[D\x1b[Dxxx\x15\x0blamp off\r")
    assert "lamp is off" in terminal.keys("\x1b[A\r")
    assert "lamp is on" in terminal.keys("lamp on\r\x1b[A\x1b[A\x1b[B\r")
    assert "lamp is on" in terminal.keys("garbage\x03lamp on\r")


def test_cursor_keys_turn_the_editor_on(person):
    try:
        assert "\x1b[K" in person.keys("identity\x1b[D")
        assert "identity: ESP-" in person.keys("\r")
    finally:
        person.keys("\x03")
        person.ask("terminal off")


def test_secrets_are_neither_echoed_nor_remembered(terminal):
    shown = terminal.keys("mqtt psk 00112233445566778899aabbccddeeff\r")
    shown += terminal.keys("config set wifi.1.pass swordfish77\r")
    shown += terminal.keys("\x1b[A\x1b[A\x1b[A\x1b[A\x1b[A\x1b[A")
    assert "0011" not in shown and "swordfish" not in shown
    assert "mqtt psk ****" in shown


def test_the_lock_across_restarts(person):
    assert "ok" in person.ask(f'lock set "{PASSWORD}"')
    person.restart()
    assert "console.locked" in person.ask("status")
    assert "console.locked" in person.ask("config list")
    assert person.ask_json("wifi info")["error"] == "console.locked"
    assert [c["name"] for c in person.ask_json("help")["commands"]] == ["help", "terminal", "identity", "unlock"]
    for _ in range(3):
        assert person.ask_json('unlock "wrong password"')["error"] == "crypto.password_wrong"
    person.restart()  # the wait begins anew: cutting the power wins nothing
    refused = person.ask_json(f'unlock "{PASSWORD}"')
    assert refused["error"] == "console.wait" and refused["wait"] == 1
    time.sleep(1)
    assert person.ask_json(f'unlock "{PASSWORD}"')["ok"] is True
    assert "firmware: basic" in person.ask("status")
    assert "locked" in person.ask("lock")
    assert "console.locked" in person.ask("status")
    person.ask(f'unlock "{PASSWORD}"')
    assert "ok" in person.ask("lock off")
    person.restart()
    assert "firmware: basic" in person.ask("status")
    assert PASSWORD.encode() not in person.chip.flash.read_bytes()


def test_the_documentation_lists_every_command(person):
    text = (ROOT / "docs/console.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `([^`]+)` \| (.+) \|$", text, re.M)
    told = [((c["name"] + " " + c["usage"]).strip(), c["help"]) for c in person.ask_json("help")["commands"]
            if c["name"] != "lamp"]
    assert [(name.replace("\\|", "|"), about) for name, about in documented] == told
