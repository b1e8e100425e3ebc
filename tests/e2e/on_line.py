"""A device that is on line, set up in a second or two: where the attacks begin."""

import dataclasses
import hashlib
import json
import pathlib
import subprocess
import threading

from pytest_esb.lab import PATIENCE, Broker, Chip, Lab, Products, StepFailed, WebServer, sha256, wait_until
from signer import Signer, manifest

NETWORK = {"ssid": "Greenhouse", "passphrase": "correct horse battery", "rssi": -48}


def firmware(products: Products, name: str) -> pathlib.Path:
    return products.build / f"tests/e2e/{name}.img"


class Topic:
    """Everything a topic says from now on, as JSON."""

    def __init__(self, lab: Lab, broker: Broker, topic: str):
        self.messages: list[dict] = []
        self.process = subprocess.Popen(broker.as_tool("mosquitto_sub", "-q", "1", "-t", topic),
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        threading.Thread(target=self._read, daemon=True).start()
        lab.keep_track(self)

    def _read(self):
        for line in self.process.stdout:
            self.messages.append(json.loads(line))

    def wait_for(self, since: int, patience: float = PATIENCE, **members) -> dict:
        """The first message from number `since` on that has these members."""
        return self.wait_for_that(since, lambda message: members.items() <= message.items(), patience, f"with {members}")

    def wait_for_that(self, since: int, fits, patience: float = PATIENCE, what: str = "that fits") -> dict:
        def found():
            return next((message for message in self.messages[since:] if fits(message)), None)
        try:
            return wait_until(f"a message {what}", found, patience)
        except StepFailed as failure:
            raise StepFailed(f"{failure}; there were {self.messages[since:]}") from None

    def stop(self):
        self.process.kill()
        self.process.wait()


@dataclasses.dataclass(frozen=True)
class Running:
    """What runs: the same before and after means that nothing has touched it."""
    pid: int
    program: str  # SHA-256 of /proc/PID/exe


class Device:
    """One chip with its broker, its web server, and the operator who signs for it."""

    host = "127.0.0.1"  # where the chip finds the two

    def __init__(self, lab: Lab, image: str):
        self.lab = lab
        self.broker = Broker(lab)
        self.web = WebServer(lab)
        self.signer = Signer.from_pem(lab.products.key)
        self.start_services()
        self.start_chip(image)
        self.status = Topic(lab, self.broker, f"{self.base}/ota/status")
        wait_until("the first report", lambda: self.status.messages)

    def start_services(self):
        self.broker.init()
        self.broker.start()
        self.web.start()

    def start_chip(self, image: str):
        """From erased flash to on line."""
        self.chip = Chip(self.lab)
        self.lab.esb("vchip", "flash", "--flash", self.chip.flash, "--image", firmware(self.lab.products, image))
        self.chip.air.networks = [NETWORK]
        self.chip.air.write()
        self.chip.power_on()
        self.take_birth()
        self.go_on_line(f'wifi connect {NETWORK["ssid"]} "{NETWORK["passphrase"]}"')

    def take_birth(self):
        """Reads identity and key from the serial port and makes the account."""
        born = self.chip.expect(r"MQTT ident=(\S+) psk=([0-9a-f]{32})\r*\n")
        self.identity, self.psk = born[1], born[2]
        self.base = self.identity.replace("-", "/")
        self.broker.add(self.identity, self.psk)

    def go_on_line(self, join: str):
        self.chip.ask(join, r"ok\r*\n")
        self.chip.ask(f"mqtt server {self.host} {self.broker.port}", r"ok\r*\n")
        self.chip.expect(r"ping: echo after \d+ ms")

    def running(self) -> Running:
        return Running(self.chip.firmware_pid(), sha256(self.chip.running_program()))

    def require_on_line(self):
        self.chip.ask("status", r"mqtt: connected, on line")
        self.chip.expect(r"up: \d+ s\r*\n")

    def serve(self, data: bytes) -> str:
        """Puts a file on the web server, under a name of its own; the URL."""
        name = f"{hashlib.sha256(data).hexdigest()[:16]}.img"
        (self.web.files / name).write_bytes(data)
        return self.web.url(name, self.host)

    def publish(self, subtopic: str, message: str, *more: str):
        subprocess.run(self.broker.as_tool("mosquitto_pub", "-q", "1", "-t", f"{self.base}/{subtopic}", "-s", *more),
                       input=message.encode(), check=True, timeout=20)

    def clear_retained(self, subtopic: str):
        subprocess.run(self.broker.as_tool("mosquitto_pub", "-q", "1", "-r", "-n", "-t", f"{self.base}/{subtopic}"),
                       check=True, timeout=20)

    def offer(self, message: str) -> int:
        """Sends a message to <base>/ota; the number of the first report that can be an answer."""
        since = len(self.status.messages)
        self.publish("ota", message)
        return since

    def signed(self, image: bytes, **changes) -> str:
        return self.signer.envelope(manifest(image, self.serve(image), **changes))

    def confirm_update(self, image: bytes, **changes):
        """A whole update, to its confirmation."""
        since = self.offer(self.signed(image, **changes))
        self.chip.expect(r"ota: confirmed")
        self.status.wait_for(since, state="confirmed")
