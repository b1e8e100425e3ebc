"""kill -9 of the whole chip at random moments: first boots, changes of settings, updates. Whatever the moment, the next
boot comes up with the old or the new settings and an authorized image, and in the end the update is done.

ESB_KILLS says how often (200), ESB_SEED repeats the moments of an earlier run; both are printed.
"""

import collections
import os
import random
import re
import subprocess
import time

import pexpect
import pytest

from pytest_esb.lab import Broker, Chip, Lab, StepFailed, WebServer, sha256, wait_until
from on_line import NETWORK, firmware
from signer import Signer, manifest

KILLS = int(os.environ.get("ESB_KILLS", "200"))
SEED = int(os.environ.get("ESB_SEED") or random.SystemRandom().randrange(1 << 32))
KILLS_A_LIFE = {"first boot": 3, "settings": 3, "update": 6}
CHANGES = 100  # of settings, typed at once
SHORTEST = 0.001  # seconds; a chip that is switched on for less has done nothing

BANNER = re.compile(r"===== basic (\S+) \(seq \d+\) on vchip, slot ([ab])")
BIRTH = re.compile(r"MQTT ident=(\S+) psk=([0-9a-f]{32})$")
IDENTITY = re.compile(r"MQTT ident=(\S+)$")


class House:
    """What stays while chips come and go: broker, web server, the images and who signs for them."""

    def __init__(self, lab: Lab):
        self.lab = lab
        self.broker = Broker(lab)
        self.web = WebServer(lab, "2m")  # so that a download takes its share of the time
        self.signer = Signer.from_pem(lab.products.key)
        self.images = {version: firmware(lab.products, f"hasty-{version}") for version in ("1.0.0", "1.1.0")}
        self.hashes = {sha256(path.read_bytes()): version for version, path in self.images.items()}
        self.new = self.images["1.1.0"].read_bytes()
        self.broker.init()
        self.broker.start()
        self.web.start()
        (self.web.files / "new.img").write_bytes(self.new)
        self.envelope = self.signer.envelope(manifest(self.new, self.web.url("new.img"), floor=11))


class Life:
    """One chip from its first boot to its first update, and what must hold at every moment of it."""

    def __init__(self, house: House, number: int):
        self.house = house
        self.chip = Chip(house.lab, f"chip{number}", f"02:45:53:42:01:{number:02x}")
        self.births: set[tuple[str, str]] = set()
        self.confirmed = False
        self.moments: collections.Counter = collections.Counter()
        house.lab.esb("vchip", "flash", "--flash", self.chip.flash, "--image", house.images["1.0.0"])
        self.chip.air.networks = [NETWORK]
        self.chip.air.write()

    # Switching it on and off

    def switch_on(self):
        self.checked = 0  # of the chip's lines
        self.chip.power_on()

    def let_run(self, seconds: float):
        try:
            self.chip.terminal.expect(pexpect.EOF, timeout=seconds)
        except pexpect.TIMEOUT:
            return
        raise StepFailed(f"the chip ended by itself: {self.chip.lines[-3:]}")

    def kill(self, phase: str):
        self.chip.power_off()
        self.moments[f"{phase}: {self.progress()}"] += 1
        self.check()

    def progress(self) -> str:
        """The latest thing the chip said, for people."""
        said = "not a word"
        for line in self.chip.lines:
            for sign, name in (("vchip: boot", "boot loader"), ("=====", "banner"), ("storage: f", "formatted"),
                               ("MQTT ident", "identity"), ("WIFI:", "born"), ("ok", "acknowledged"),
                               ("wifi: joined", "network"), ("mqtt: conn", "connected"), ("ping:", "on line")):
                if line.startswith(sign):
                    said = name
            if line.startswith("ota: "):
                said = line.split()[1].rstrip(":")
        if said == "acknowledged" and self.chip.lines.count("ok") < CHANGES:
            said = "acknowledged in part"
        return said

    # What must hold

    def check(self):
        lines = self.chip.lines[self.checked:]
        self.checked += len(lines)
        for line in lines:
            if born := BIRTH.match(line):
                self.births.add((born[1], born[2]))
            if banner := BANNER.match(line):
                assert banner[1] in self.house.images
                assert not self.confirmed or banner[1] == "1.1.0", "a confirmed image went back"
            if not line.startswith("time: "):  # these networks know no time server
                assert "error" not in line and "crashed" not in line and "hangs" not in line, line
            assert not line.startswith(("storage: ", "settings: ")) or line == "storage: formatted", line
            if line.startswith("ota: confirmed"):
                self.confirmed = True
        assert len(self.births) <= 1, "other secrets than those that were shown before"

    def check_program(self):
        """What runs, byte by byte."""
        version = self.house.hashes[sha256(self.chip.running_program())]
        assert not self.confirmed or version == "1.1.0"

    def console(self):
        """Switches it on until its console is there."""
        self.switch_on()
        self.chip.expect(r"MQTT ident=\S+[^\r\n]*\r*\n")
        self.check_program()

    # The story

    def first_boots(self, kills: int, window: float, dice: random.Random):
        for _ in range(kills):
            self.switch_on()
            time.sleep(dice.uniform(SHORTEST, window))
            self.kill("first boot")
        self.console()
        self.chip.settle()
        self.kill("rest")
        assert len(self.births) == 1, "nobody ever saw the secrets"
        ((self.identity, self.psk),) = self.births

    def change_settings(self, kills: int, window: float, dice: random.Random) -> float:
        """Many changes are typed at once. How long they take undisturbed."""
        history, acknowledged = [("", "8883")], 1
        for number in range(kills):
            self.console()
            history = [self.require_one_of(history[acknowledged - 1:])]
            history += [(f"h{number}.example", str(1000 + change)) for change in range(CHANGES)]
            self.type_changes(history[1:])
            time.sleep(dice.uniform(0, window))
            self.kill("settings")
            acknowledged = 1 + self.chip.lines.count("ok")
        self.console()
        self.require_one_of(history[acknowledged - 1:])
        began = time.monotonic()
        self.type_changes([("last.example", str(1000 + change)) for change in range(CHANGES)])
        for _ in range(CHANGES):
            self.chip.expect(r"ok\r*\n")
        took = time.monotonic() - began
        self.go_on_line()
        return took

    def type_changes(self, servers: list[tuple[str, str]]):
        self.chip.terminal.send("".join(f"mqtt server {host} {port}\n" for host, port in servers))

    def require_one_of(self, servers: list[tuple[str, str]]) -> tuple[str, str]:
        """What was acknowledged last, or something that was typed later; never a mixture."""
        host, port = (self.chip.ask(f"config get {name}", rf"{re.escape(name)} = (\S*?)\r*\n")[1]
                      for name in ("mqtt.0.host", "mqtt.0.port"))
        assert (host, port) in servers
        return host, port

    def go_on_line(self):
        broker = self.house.broker
        self.house.lab.esb("broker", "add", broker.folder, self.identity, "-", stdin=self.psk + "\n")
        self.chip.ask(f'wifi connect {NETWORK["ssid"]} "{NETWORK["passphrase"]}"', r"ok\r*\n")
        self.chip.ask(f"mqtt server 127.0.0.1 {broker.port}", r"ok\r*\n")
        self.chip.expect(r"ping: echo after \d+ ms")
        self.kill("rest")

    def offer(self, *more: str):
        topic = f"{self.identity.replace('-', '/')}/ota"
        subprocess.run(self.house.broker.as_tool("mosquitto_pub", "-q", "1", "-t", topic, "-m", self.house.envelope,
                                                 *more), check=True, timeout=20)

    def update(self, kills: int, window: float, dice: random.Random) -> float:
        """The envelope lies retained at the broker. How long the last, undisturbed boot took."""
        self.offer("-r")
        for _ in range(kills):
            self.switch_on()
            self.let_run(dice.uniform(SHORTEST, window))
            self.kill("update")
        began = time.monotonic()
        self.console()
        wait_until("the update", self.is_updated, 60)
        took = time.monotonic() - began
        assert self.house.hashes[sha256(self.chip.running_program())] == "1.1.0"
        assert self.chip.running_program() == self.chip.slot_bytes("b")
        self.chip.ask("status", r"firmware: basic 1\.1\.0 \(seq 11, floor 11\)\r*\n")
        self.kill("rest")
        return took

    def is_updated(self) -> bool:
        """After three losses of power in its trial the update waits for somebody to offer it again: that is us."""
        if not self.confirmed:
            try:
                self.chip.terminal.expect(r"ota: (confirmed|failed)[^\r\n]*\r*\n", timeout=2)
            except pexpect.TIMEOUT:
                self.offer()
            self.check()
        return self.confirmed


@pytest.fixture(scope="module")
def house(request):
    with Lab() as lab:
        yield House(lab)
        lab.keep = lab.keep or bool(request.session.testsfailed)
        if lab.keep:
            print(f"\nlogs and files are in {lab.folder}")


def shares(kills: int) -> list[dict[str, int]]:
    """So many kills, dealt out to lives."""
    lives = []
    while kills > 0:
        life = {}
        for phase, usual in KILLS_A_LIFE.items():
            life[phase] = min(usual, kills)
            kills -= life[phase]
        lives.append(life)
    return lives


def test_the_next_boot_always_comes_up(house, capsys):
    began = time.monotonic()
    calm = Life(house, 0)
    calm.switch_on()
    calm.chip.expect(r"WIFI:[^\r\n]*\r*\n")
    birth_time = time.monotonic() - calm.chip.powered_at
    calm.kill("rest")
    calm.first_boots(0, 0, random.Random())
    settings_time = calm.change_settings(0, 0, random.Random())
    update_time = calm.update(0, 0, random.Random())

    dice = random.Random(SEED)
    moments: collections.Counter = collections.Counter()
    try:
        for number, kills in enumerate(shares(KILLS), 1):
            life = Life(house, number)
            life.first_boots(kills["first boot"], 1.2 * birth_time, dice)
            life.change_settings(kills["settings"], settings_time, dice)
            life.update(kills["update"], 1.2 * update_time, dice)
            moments += life.moments
    finally:
        with capsys.disabled():
            print(f"\nESB_SEED={SEED} ESB_KILLS={KILLS}; undisturbed, a birth takes {birth_time * 1000:.1f} ms, {CHANGES} changes "
                  f"of settings {settings_time * 1000:.1f} ms, an update {update_time * 1000:.0f} ms")
    hits = {moment: count for moment, count in moments.items() if not moment.startswith("rest")}
    assert sum(hits.values()) == KILLS
    if tally := os.environ.get("ESB_TALLY"):
        with open(tally, "a", encoding="utf-8") as file:
            file.write(f"tests\tkills\t{KILLS}\ttest_power\t\n")
    with capsys.disabled():
        print(f"{KILLS} kills in {number} lives and {time.monotonic() - began:.0f} s; the last thing the chip had said:")
        for moment, count in sorted(hits.items()):
            print(f"  {count:4} {moment}")
