"""Text of others on a person's terminal: a hostile publisher at the broker, hostile network names in the air.

Judge of what may come out: Python's own Unicode tables.
"""

import json
import os
import pathlib
import pty
import re
import subprocess
import sys
import unicodedata

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from pytest_esb.lab import PATIENCE, Broker, Chip, Lab, wait_until  # noqa: E402

# Invisible and not of the categories below: DerivedCoreProperties.txt, Default_Ignorable_Code_Point.
IGNORABLE = [0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x2065, 0x3164, *range(0xFE00, 0xFE10), 0xFFA0,
             *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000)]
HIDDEN = {chr(code) for code in IGNORABLE}


def is_safe(character: str) -> bool:
    code = ord(character)
    if character in HIDDEN or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:
        return False
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def unsafe_in(raw: bytes) -> list[str]:
    """What must not reach a terminal; line ends may."""
    text = raw.decode("utf-8", errors="surrogateescape")
    return [hex(ord(c)) for c in text if c not in "\r\n" and not is_safe(c)]


HOSTILE = [
    b"a\x1b[2Jb", b"a\rb\nc\td", b"a\x7f", "a\u009b2J\u0085".encode(), b"\x9b2J", "\u202eexe.gpj".encode(),
    "\u2066x\u2069\u200e\u200f\u061c".encode(), "H\u200bome\u200d\u2060\ufeff".encode(), "H\u00adome\u180e\u034f".encode(),
    "a\u2028b\u2029c".encode(), "\U000e0001\U000e0061tag\ufe0f".encode(), "\ufff9a\ufffb\ufffe".encode(),
    b"\xed\xa0\xbd\xed\xb8\x80", b"\xc0\x9b\xe0\x80\x9b", b"ok\\x1b[2J\\\"",
]


def on_a_terminal(lab: Lab, *arguments, patience: float = PATIENCE) -> bytes:
    """Every byte that `esb` gives to a terminal, its errors too."""
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen([lab.products.esb, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=theirs,
                                   stderr=theirs, cwd=lab.folder, env=lab.environment)
        os.close(theirs)
        theirs = None
        taken = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            if not piece:
                break
            taken += piece
        process.wait(patience)
        return taken
    finally:
        os.close(ours)
        if theirs is not None:
            os.close(theirs)


def publish(broker: Broker, topic: bytes, payload: bytes, retain: bool = True):
    arguments = broker.as_tool("mosquitto_pub", "-q", "1", "-s", *(["-r"] if retain else []), "-t")
    subprocess.run([*arguments, topic], input=payload, check=True, timeout=PATIENCE)


def payloads(text: bytes) -> list[bytes]:
    """The text as it is, and inside of JSON: raw where JSON allows it, escaped otherwise."""
    quoted = json.dumps(text.decode("utf-8", errors="replace")).encode()
    raw = b'"' + re.sub(rb'["\\\x00-\x1f]', b"?", text) + b'"'
    members = ["app", "ver", "hw", "ip", "state", "id", "error", "why", "ident"]
    objects = [b"{" + b",".join(f'"{m}":'.encode() + value for m in members) + b"}" for value in (quoted, raw)]
    logs = [b'{"log":[{"n":' + str(n).encode() + b',"boot":1,"up":1,"kind":' + value + b',"what":' + value + b',"why":' +
            value + b"}]}" for n, value in ((1, quoted), (2, raw))]
    return [text, *objects, *logs]


def test_nothing_of_a_hostile_publisher_reaches_the_terminal():
    seen = 0
    with Lab() as lab:
        broker = Broker(lab)
        broker.init()
        broker.start()
        for number, text in enumerate(HOSTILE):
            broker_texts = payloads(text)
            for kind, payload in enumerate(broker_texts):
                base = f"X{number}/{kind}".encode()
                for leaf in (b"status", b"ota/status", b"config/status", b"log", b"online"):
                    publish(broker, base + b"/" + leaf, payload)
            name = text.replace(b"\x00", b"").replace(b"+", b"").replace(b"#", b"")
            try:
                name.decode()
            except UnicodeDecodeError:
                continue  # no broker takes such a topic
            for topic in (b"evil" + name + b"/status", b"a/" + name, name + b"/log"):
                done = subprocess.run([*broker.as_tool("mosquitto_pub", "-q", "1", "-r", "-m", "x", "-t"), topic],
                                      capture_output=True, timeout=PATIENCE)
                seen += done.returncode == 0
        assert seen > 0, "some names pass the broker"
        ways = [("devices",), ("devices", "--json"), ("watch", "--all", "--for", "2"), ("watch", "--all", "--json", "--for", "2"),
                ("watch", "--for", "2"), ("log", "X1-3", "--for", "1"), ("log", "X5-3", "--json", "--for", "1"),
                ("log", "X5-4", "--for", "1"), ("log", "X7-0", "--for", "1")]
        checked = 0
        for way in ways:
            out = on_a_terminal(lab, *way, "--broker", broker.tools)
            assert out, way
            assert unsafe_in(out) == [], (way, out)
            if "--json" in way:
                for line in out.decode().splitlines():
                    json.loads(line)
            checked += 1
        print(f"{len(HOSTILE)} texts, {len(HOSTILE) * 25} payloads, {seen} topics, {checked} ways")


def test_errors_that_quote_what_was_typed():
    with Lab() as lab:
        checked = 0
        for text in HOSTILE:
            commands = [["vchip", "erase", "--flash", text], ["vchip", "info", "--flash", b"/nowhere/" + text],
                        ["key", "show", text], ["sign", "--key", text, "--image", text, "--url", text],
                        ["ota", "x", text], ["ota", text, "x"], ["devices", "--broker", text], [text], ["watch", text],
                        ["broker", "list", text], ["broker", "add", text, text, "x"], ["label", text, text],
                        ["label", "--birth", text], ["log", text], ["devices", "--for", text], ["devices", b"--" + text]]
            for command in commands:
                done = subprocess.run([lab.products.esb, *command], capture_output=True, timeout=PATIENCE,
                                      cwd=lab.folder, stdin=subprocess.DEVNULL)
                assert unsafe_in(done.stdout + done.stderr) == [], (command, done.stdout, done.stderr)
                assert done.returncode != 0 or command[:2] == ["vchip", "erase"], command
                checked += 1
        print(f"{checked} command lines")


def test_every_character_by_an_independent_table():
    """Unicode's own categories as Python has them decide which characters are shown."""
    with Lab() as lab:
        wrong = []
        characters = [chr(c) for c in range(1, 0x110000) if not 0xD800 <= c <= 0xDFFF]
        newest = {c for c in characters if unicodedata.category(c) == "Cn"}  # younger than this Python
        for begin in range(0, len(characters), 20000):
            chunk = characters[begin:begin + 20000]
            text = "".join(chunk)
            done = subprocess.run([lab.products.esb, "label", text.encode(), "x"], capture_output=True, timeout=PATIENCE)
            out = done.stderr.decode()
            shown = set(out)
            for one in chunk:
                if is_safe(one) and one not in newest and one not in "\\" and one not in shown:
                    wrong.append(("hidden", hex(ord(one))))
                if not is_safe(one) and one != "\n" and one in shown:
                    wrong.append(("shown", hex(ord(one))))
        assert wrong == [], wrong[:20]


def test_the_consoles_of_devices_among_hostile_networks():
    with Lab() as lab:
        chip = Chip(lab)
        names = [text for text in HOSTILE if len(text) <= 32]
        chip.air.networks = [{"ssid": "hex:" + text.hex(), "passphrase": "swordfish77", "rssi": -40 - i}
                             for i, text in enumerate(names)]
        chip.air.write()
        lab.esb("vchip", "flash", "--flash", chip.flash, "--image", lab.products.basic_1_0)
        raw = bytearray()
        chip.power_on()
        chip.settle()

        class Taken:
            def write(self, text):
                raw.extend(text.encode())

            def flush(self):
                pass

        chip.terminal.logfile_read = Taken()
        chip.ask("wifi scan", r"channel \d+, wpa2\r*\n")
        chip.ask("wifi scan --json", r'"ok":true\}\r*\n')
        for text in names:
            word = '"' + "".join(f"\\x{byte:02x}" for byte in text) + '"'
            chip.ask(f"wifi connect {word} swordfish77", r"wifi: joined ")
            chip.ask("wifi info", r"signal: [^\r\n]*\r*\n")
            chip.ask("wifi networks --json", r'"ok":true\}\r*\n')
            chip.ask(word, r"error: [^\r\n]*\r*\n")
        shown = raw.decode()
        # The terminal driver of the host echoes nothing, so every byte is the device's.
        assert unsafe_in(bytes(raw)) == []
        assert shown.count("wifi: joined") == len(names)
