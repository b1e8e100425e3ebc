"""The story of one device, from factory-new to updated, step by step. The demo tells it, test_story.py asserts it."""

import dataclasses
import json
import re
import select
import shutil
import subprocess
import time

from pytest_esb.lab import Broker, Chip, Lab, StepFailed, Update, WebServer, free_ports, port_answers, sha256, wait_until
from portal_attacks import HOST, Target, get_request
from signer import Signer, manifest, redescribed

SSID = "Greenhouse"
PASSPHRASE = "correct horse battery"
FORWARD_SECRET = re.compile(r"TLS-ECDHE-PSK-WITH-\S+")


def require(condition, complaint: str):
    if not condition:
        raise StepFailed(complaint)


@dataclasses.dataclass
class Birth:
    identity: str
    psk: str
    ap_password: str


class Story:
    def __init__(self, lab: Lab, download_rate: str = "0"):
        self.lab = lab
        self.chip = Chip(lab)
        (port,) = free_ports(1)
        self.chip.ports = {80: port}
        self.access_point = Target(port)
        self.broker = Broker(lab)
        self.web = WebServer(lab, download_rate)
        self.birth: Birth | None = None
        self.second_boot: list[str] = []
        self.shown: dict[str, str] = {}  # what the console answered to questions
        self.suite = ""
        self.seconds_to_online = 0.0
        self.seconds_to_update = 0.0
        self.update_screen = ""
        self.evidence: list[tuple[str, str]] = []

    # 1 ------------------------------------------------------------------------------------------------------------

    def first_boot(self):
        """An erased flash: the chip formats its storage, makes its secrets, stores them, then prints them."""
        image = self.lab.folder / "basic-1.0.0.img"
        shutil.copy(self.lab.products.basic_1_0, image)
        self.lab.esb("vchip", "flash", "--flash", self.chip.flash, "--image", image)
        self.chip.air.networks = [{"ssid": SSID, "passphrase": PASSPHRASE, "rssi": -48}]
        self.chip.air.write()
        self.chip.power_on()
        self.chip.expect(r"===== basic 1\.0\.0 \(seq 1\) on vchip, slot a")
        self.chip.expect(r"storage: formatted")
        mqtt = self.chip.expect(r"MQTT ident=(ESP-[0-9A-F]{12}) psk=([0-9a-f]{32})\r*\n")
        ap = self.chip.expect(r"AP ssid=(\S+) pass=(\S+)\r*\n")
        qr = self.chip.expect(r"WIFI:T:WPA;S:([^;]+);P:([^;]+);;")
        self.birth = Birth(mqtt[1], mqtt[2], ap[2])
        require(ap[1] == mqtt[1], "the access point's name is not the identity")
        require((qr[1], qr[2]) == (ap[1], ap[2]), "the QR text differs from the line above it")
        self.chip.settle()
        self.evidence.append(("first boot of an erased chip", f"identity {self.birth.identity}, 128-bit PSK made and "
                                                              "stored, access point password made and stored"))

    def reboot(self):
        """The second boot prints the identity, and no secret."""
        self.chip.power_off()
        self.chip.power_on()
        self.chip.expect(rf"MQTT ident={self.birth.identity}\r*\n")
        self.second_boot = self.chip.settle()
        text = "\n".join(self.second_boot)
        require(self.birth.psk not in text, "the PSK was printed again")
        require(self.birth.ap_password not in text, "the access point's password was printed again")
        self.evidence.append(("second boot", "same identity, no secret printed"))

    def make_label(self):
        """The label for its case: a phone's camera joins the access point with it."""
        self.lab.esb("label", self.birth.identity, "-", stdin=self.birth.ap_password + "\n")
        self.evidence.append(("label", "QR code of the access point, its password random and this device's own"))

    def open_page(self):
        """On its access point the device serves the set-up page, under its own address only."""
        wait_until("the access point serves", lambda: port_answers(self.access_point.port))
        page = self.access_point.get("/")
        require(page.status == 200 and page.headers.get("content-encoding") == "gzip", "the set-up page is not served")
        state = self.access_point.state()
        require(state["about"]["identity"] == self.birth.identity, "the page is another device's")
        bent = self.access_point.exchange(get_request("/api/state", host="localhost"))
        require(self.birth.identity not in bent.raw.decode(errors="replace"), "the page answers under a foreign name")
        self.evidence.append(("set-up page", f"http://{HOST}/ on the access point, first file {len(page.rest)} bytes; "
                                             "under another name it tells nothing"))

    # 2 ------------------------------------------------------------------------------------------------------------

    def start_broker(self):
        """A real broker: TLS-PSK with exact topics per device, and a plain loopback port for the tools."""
        self.broker.init()
        self.broker.start()
        added = self.broker.add(self.birth.identity, self.birth.psk)
        require("reloaded" in added.stdout, "the broker did not reload its accounts")
        self.evidence.append(("broker account", "mosquitto with TLS-PSK; account added while it runs (SIGHUP)"))

    # 3 ------------------------------------------------------------------------------------------------------------

    def use_console(self):
        """Over the serial port: Wi-Fi and broker are set; the device goes on line by itself."""
        chip = self.chip
        chip.ask("help", r"wifi connect <ssid>")
        chip.ask(f'wifi connect {SSID} "{PASSPHRASE}"', r"ok\r*\n", shown=f'wifi connect {SSID} "..."')
        chip.ask(f"mqtt server 127.0.0.1 {self.broker.port}", r"ok\r*\n")
        chip.expect(rf'wifi: joined "?{SSID}"?, address [0-9.]+')
        self.suite = chip.expect(r"tls: (\S+)\r*\n")[1]
        require(FORWARD_SECRET.fullmatch(self.suite), f"{self.suite} has no forward secrecy")
        chip.expect(rf"mqtt: connected to 127\.0\.0\.1:{self.broker.port} as {self.birth.identity}")
        echo = chip.expect(r"ping: echo after (\d+) ms")[1]
        self.evidence.append(("on line", f"{self.suite}, echo of its own ping after {echo} ms"))

    def ask_for_secrets(self):
        """The console takes secrets and never shows them."""
        chip = self.chip
        chip.ask(f"mqtt psk {self.birth.psk}", r"ok\r*\n", shown="mqtt psk ...")
        for question, last in (("mqtt info", r"echo: \d+ ms\r*\n"), ("wifi info", r"signal: [^\r\n]*\r*\n"),
                               ("status", r"up: \d+ s\r*\n")):
            before = len(chip.lines)
            chip.ask(question, last)
            self.shown[question] = "\n".join(chip.lines[before:])
        text = "\n".join(self.shown.values())
        for secret in (self.birth.psk, self.birth.ap_password, PASSPHRASE):
            require(secret not in text, "the console showed a secret")
        self.evidence.append(("secrets at the console", "taken, not shown by mqtt info, wifi info, status"))

    def power_cycle(self):
        """From power-on to on line, without anybody's help."""
        identity = self.birth.identity
        self.chip.power_off()
        wait_until("the will", lambda: self.device()["online"] is False)
        self.chip.power_on()
        self.chip.expect(r"ping: echo after \d+ ms")
        self.seconds_to_online = time.monotonic() - self.chip.powered_at
        wait_until("online and status on the broker", lambda: self.device()["online"] is True)
        self.lab.esb("devices", "--broker", self.broker.tools)
        self.evidence.append(("power cut", f"will published; power-on to on line in {self.seconds_to_online:.1f} s"))
        require(self.device()["ident"] == identity, "the broker knows the device under another name")

    def device(self) -> dict:
        rows = self.lab.esb_json("devices", "--broker", self.broker.tools, "--for", "0.3")
        return {"online": None, "ver": None, "seq": None} | next(
            (row for row in rows if row["ident"] == self.birth.identity), {})

    # 4 ------------------------------------------------------------------------------------------------------------

    def sign_update(self):
        """Version 1.1.0 lies on a plain web server; the envelope that names it is signed."""
        image = self.web.files / "basic-1.1.0.img"
        shutil.copy(self.lab.products.basic_1_1, image)
        self.web.start()
        self.envelope = self.lab.folder / "basic-1.1.0.jws"
        self.lab.esb("sign", "--key", self.lab.products.key, "--image", image, "--url", self.web.url(image.name),
                     "--dev", self.birth.identity, "-o", self.envelope)
        self.image_hash = sha256(image.read_bytes())
        self.evidence.append(("envelope", f"ES256, image SHA-256 {self.image_hash[:16]}..."))

    def update(self):
        """The device fetches, verifies, restarts into the other slot, proves itself and confirms."""
        chip = self.chip
        require(sha256(chip.running_program()) == sha256(chip.slot_bytes("a")), "slot a is not what runs")
        before = chip.firmware_pid()
        started = time.monotonic()
        update = Update(self.lab, self.broker, self.birth.identity, self.envelope)
        chip.expect(r"ota: downloading")
        chip.expect(r"ota: verifying")
        chip.expect(r"ota: rebooting")
        chip.expect(r"===== basic 1\.1\.0 \(seq 2\) on vchip, slot b")
        chip.expect(r"ota: trial")
        chip.expect(r"ping: echo after \d+ ms")
        chip.expect(r"ota: confirmed")
        status = update.finish()
        self.update_screen = update.screen
        self.seconds_to_update = time.monotonic() - started
        require(status == 0, f"esb ota ended with {status}")
        require(chip.firmware_pid() != before, "the firmware's process is still the old one")
        running = sha256(chip.running_program())
        require(running == sha256(chip.slot_bytes("b")), "the running program is not what slot b holds")
        require(running == self.image_hash, "the running program is not the signed image")
        wait_until("version 1.1.0 on the broker", lambda: (self.device()["ver"], self.device()["seq"]) == ("1.1.0", 2))
        self.evidence.append(("update", f"1.0.0 -> 1.1.0 confirmed in {self.seconds_to_update:.1f} s"))
        self.evidence.append(("what runs", f"SHA-256 of process = slot b = signed image: {running[:16]}..."))

    def stays(self):
        """The confirmed version is still there after a loss of power."""
        self.chip.power_off()
        self.chip.power_on()
        self.chip.expect(r"===== basic 1\.1\.0 \(seq 2\) on vchip, slot b")
        self.chip.expect(r"ping: echo after \d+ ms")
        self.evidence.append(("power cut after the update", "still 1.1.0, on line again"))

    # Accounts -----------------------------------------------------------------------------------------------------

    def keep_out(self):
        """Another device's account reaches nothing of this one; a removed account reaches nothing at all."""
        other = Intruder(self.broker, "ESP-0123456789AB", "00112233445566778899aabbccddeeff")
        self.broker.add(other.identity, other.psk)
        other.set_retained("hello")
        base = self.birth.identity.replace("-", "/")

        with other.listening("#") as session:  # granted, but everything foreign is filtered out
            require(session.line() == f"{other.topic} hello", "the other device cannot read its own topic")
            other.tell(f"{base}/app/probe", "not for you")
            other.tell(other.topic, "second")
            require(session.line() == f"{other.topic} second", "the other device reads topics of the first")

        other.publish(f"{base}/online", "forged")
        require(self.broker.retained(f"{base}/online") == "1", "a foreign account wrote a topic of the device")
        seen = len(self.chip.lines)
        other.publish(f"{base}/status", "stolen", "-i", self.birth.identity)
        self.chip.settle()
        require(not any(", next try" in line for line in self.chip.lines[seen:]), "the device's client id was taken")

        with other.listening(other.topic) as session:
            require(session.line() == f"{other.topic} hello", "the session is not up")
            reloads = self.broker.log().count("Reloading config")
            self.broker.remove(other.identity)
            wait_until("the broker's reload", lambda: self.broker.log().count("Reloading config") > reloads)
            other.tell(other.topic, "after")
            require(session.rest(1.5) == "", "a live session of a removed account still receives")
        require(not other.can_connect(), "a removed account can connect")
        self.evidence.append(("accounts", "foreign topics neither read nor written; once removed: refused, and the live "
                                          "session is silent"))

    # Smaller, and without power -----------------------------------------------------------------------------------

    def next_release(self, version: str, *more) -> tuple:
        """Its image as a file of the web server, and its envelope."""
        image = self.web.files / f"basic-{version}.img"
        shutil.copy(self.lab.products.build / "examples" / image.name, image)
        envelope = self.lab.folder / f"basic-{version}.jws"
        self.lab.esb("sign", "--key", self.lab.products.key, "--image", image, "--url", self.web.url(image.name),
                     *more, "-o", envelope, timeout=120)
        return image, envelope

    def requests(self, name: str) -> list[int]:
        """Bytes of body of each request for a file, as nginx has logged them."""
        log = (self.lab.logs / "nginx-access.log").read_text()
        return [int(size) for size in re.findall(rf'"GET /{re.escape(name)} HTTP/1.1" 20[06] (\d+)', log)]

    def require_running(self, image, version: str):
        running = sha256(self.chip.running_program())
        require(running == sha256(image.read_bytes()), "the running program is not the signed image")
        wait_until(f"version {version} on the broker", lambda: self.device()["ver"] == version)

    def update_by_difference(self):
        """The next release as its difference from what runs; `esb verify` says first what the device will do."""
        old = self.web.files / "basic-1.1.0.img"
        image, envelope = self.next_release("1.2.0", "--from", old)
        (delta,) = self.web.files.glob("basic-1.2.0.img.from-*")
        size = delta.stat().st_size
        said = self.lab.esb("verify", envelope, "--trust", f"{self.lab.products.key}.pub.jwk", "--image", image,
                            "--from", old, "--runs", old, timeout=120).stdout
        require(f"it fetches {size} bytes, the difference from seq 2" in said, "esb verify says otherwise")
        started = time.monotonic()
        update = Update(self.lab, self.broker, self.birth.identity, envelope)
        self.chip.expect(r"===== basic 1\.2\.0 \(seq 3\) on vchip, slot a")
        self.chip.expect(r"ota: confirmed")
        require(update.finish() == 0, "esb ota says that the update failed")
        seconds = time.monotonic() - started
        self.require_running(image, "1.2.0")
        wait_until("the web server's log", lambda: self.requests(delta.name))
        require(self.requests(delta.name) == [size], "not just the difference was fetched")
        require(self.requests(image.name) == [], "the image itself was fetched")
        self.evidence.append(("update by difference", f"{size:,} bytes fetched for an image of {image.stat().st_size:,}, "
                                                      f"confirmed in {seconds:.1f} s"))

    def lose_power_in_an_update(self):
        """The power goes in the middle of a download; when it is back the device goes on where it was, asked by nobody."""
        image, envelope = self.next_release("1.3.0")
        size = image.stat().st_size
        topic = self.birth.identity.replace("-", "/") + "/ota"
        self.serve_at("150k")  # so that there is a middle
        update = Update(self.lab, self.broker, self.birth.identity, envelope)
        done = lambda: json.loads(self.broker.retained(topic + "/status") or "{}").get("done", 0)
        self.chip.expect(r"ota: downloading")
        wait_until("a quarter of the image", lambda: size // 4 <= done() < size)
        self.lab.narrator.say("-- power off --")
        self.chip.power_off()
        (before,) = wait_until("the web server's log", lambda: self.requests(image.name))
        require(before < size, "the power went too late")
        self.chip.power_on()
        powered = time.monotonic()
        self.chip.expect(r"===== basic 1\.2\.0 \(seq 3\) on vchip, slot a")
        self.chip.expect(r"===== basic 1\.3\.0 \(seq 4\) on vchip, slot b")
        self.chip.expect(r"ota: confirmed")
        require(update.finish() == 0, "esb ota says that the update failed")
        seconds = time.monotonic() - powered
        self.require_running(image, "1.3.0")
        (_, after) = wait_until("the web server's log", lambda: len(self.requests(image.name)) == 2 and self.requests(image.name))
        twice = before + after - size
        require(0 <= twice < size // 4, f"{twice} bytes were fetched twice")
        self.evidence.append(("power cut in a download", f"at {100 * before // size} %; went on by itself at "
                                                         f"{100 * (size - after) // size} %, {twice:,} of {size:,} bytes fetched "
                                                         f"twice, confirmed {seconds:.1f} s after power-on"))

    def serve_at(self, rate: str):
        self.web.stop()
        self.web.rate = rate
        self.web.start()

    # Attacks ------------------------------------------------------------------------------------------------------

    def refuse_updates(self):
        """A stranger's signature, an old release, a changed file: refused by name, the running firmware untouched."""
        image = (self.web.files / "basic-1.1.0.img").read_bytes()
        url = self.web.url("basic-1.1.0.img")
        ours = Signer.from_pem(self.lab.products.key)
        newer = redescribed(image, seq=5, ver="1.4.0")
        (self.web.files / "changed.img").write_bytes(newer[:5000] + bytes([newer[5000] ^ 1]) + newer[5001:])
        attacks = [
            (Signer().envelope(manifest(newer, url)), "key.unknown"),
            (ours.envelope(manifest(image, url, seq=1)), "ota.seq"),
            (ours.envelope(manifest(newer, self.web.url("changed.img"))), "ota.hash"),
        ]
        topic = self.birth.identity.replace("-", "/") + "/ota"
        before = sha256(self.chip.running_program())
        for envelope, reason in attacks:
            subprocess.run(self.broker.as_tool("mosquitto_pub", "-q", "1", "-t", topic, "-m", envelope), check=True,
                           timeout=20)
            self.chip.expect(rf"ota: failed[^\r\n]*\({re.escape(reason)}\)")
            wait_until("the reason on the broker", lambda: reason in (self.broker.retained(topic + "/status") or ""))
        require(sha256(self.chip.running_program()) == before, "another program runs")
        self.evidence.append(("updates refused", ", ".join(reason for _, reason in attacks)))

    def go_back(self):
        """A signed release that crashes at its start: the boot loader goes back by itself, and the broker hears why."""
        shutil.copy(self.lab.products.build / "tests/e2e/crashing-2.0.0.img", self.web.files)
        image = (self.web.files / "crashing-2.0.0.img").read_bytes()
        envelope = Signer.from_pem(self.lab.products.key).envelope(manifest(image, self.web.url("crashing-2.0.0.img")))
        topic = self.birth.identity.replace("-", "/") + "/ota"
        subprocess.run(self.broker.as_tool("mosquitto_pub", "-q", "1", "-t", topic, "-m", envelope), check=True, timeout=20)
        self.chip.expect(r"===== basic 2\.0\.0 \(seq 20\)")
        self.chip.expect(r"===== basic 1\.3\.0 \(seq 4\) on vchip, slot b")
        self.chip.expect(r"ota: rolled_back[^\r\n]*\(ota\.trial_crashed\)")
        self.chip.expect(r"ping: echo after \d+ ms")
        wait_until("the cause on the broker", lambda: "ota.trial_crashed" in (self.broker.retained(topic + "/status") or ""))
        self.evidence.append(("crashing release", "rolled back by the boot loader, reported as ota.trial_crashed"))

    def refuse_lines(self):
        """Nonsense at the serial port: one clear line each, nothing changed."""
        cases = [("mqtt server h 65536", "setting.range"), ("mqtt server h x", "setting.type"),
                 ("mqtt ident a/b", "identity.invalid"), ("mqtt psk 12xy", "setting."), ("dance", "console.unknown")]
        for line, reason in cases:
            self.chip.ask(line, rf"\({re.escape(reason)}[^\r\n]*\r*\n")
        self.evidence.append(("nonsense at the console", f"{len(cases)} lines refused by name"))

    def lose_the_broker(self):
        """The broker goes away and comes back: a named reason, back-off, on line again, and no restart."""
        firmware = self.chip.firmware_pid()
        self.broker.stop()
        self.chip.expect(r"mqtt: [^\r\n]*next try in \d+ ms")
        self.broker.start()
        self.chip.expect(r"ping: echo after \d+ ms")
        require(self.chip.firmware_pid() == firmware, "the device restarted because of the broker")
        self.evidence.append(("broker lost", "named, backed off, on line again without a restart"))


STEPS = [
    ("A factory-new chip", ["first_boot", "reboot", "make_label", "open_page"]),
    ("A broker", ["start_broker"]),
    ("Set up over the serial port", ["use_console", "ask_for_secrets", "power_cycle"]),
    ("A signed update", ["sign_update", "update", "stays"]),
    ("Accounts keep devices apart", ["keep_out"]),
    ("Smaller, and without power", ["update_by_difference", "lose_power_in_an_update"]),
    ("It refuses, it survives", ["refuse_updates", "go_back", "refuse_lines", "lose_the_broker"]),
]


class Intruder:
    """Somebody with a device's account and ordinary MQTT tools."""

    def __init__(self, broker: Broker, identity: str, psk: str):
        self.broker = broker
        self.identity = identity
        self.psk = psk
        self.topic = identity.replace("-", "/") + "/ota"

    def listening(self, *filters: str) -> "Session":
        topics = [word for one in filters for word in ("-t", one)]
        return Session(self.broker.as_device("mosquitto_sub", self.identity, self.psk, "-v", *topics))

    def publish(self, topic: str, text: str, *more: str):
        subprocess.run(self.broker.as_device("mosquitto_pub", self.identity, self.psk, "-q", "1", "-t", topic, "-m",
                                             text, *more), check=True, timeout=20)

    def can_connect(self) -> bool:
        return subprocess.run(self.broker.as_device("mosquitto_pub", self.identity, self.psk, "-t", self.topic, "-m",
                                                    "x"), capture_output=True, timeout=20).returncode == 0

    def tell(self, topic: str, text: str, *more: str):
        """As the operator, who may write everything."""
        subprocess.run(self.broker.as_tool("mosquitto_pub", "-q", "1", "-t", topic, "-m", text, *more), check=True,
                       timeout=20)

    def set_retained(self, text: str):
        self.tell(self.topic, text, "-r")


class Session:
    """A mosquitto_sub that prints what it receives."""

    def __init__(self, arguments: list[str]):
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def line(self, patience: float = 15) -> str:
        """The next line; empty when none comes in time."""
        ready, _, _ = select.select([self.process.stdout], [], [], patience)
        return self.process.stdout.raw.readline().decode().strip() if ready else ""

    def rest(self, seconds: float) -> str:
        ready, _, _ = select.select([self.process.stdout], [], [], seconds)
        return self.process.stdout.raw.read(4096).decode() if ready else ""
