"""What the fixtures are: the classes of lab.py, put together so that a test says what it is about and nothing else."""

import collections
import itertools
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

import pexpect

from pytest_esb.clock import Clock
from pytest_esb.cuts import Cuts
from pytest_esb.lab import PATIENCE, Air, Broker, Chip, Lab, StepFailed, Update, WebServer, wait_until
from pytest_esb.pins import Pins
from pytest_esb.project import Project
from pytest_esb.trace import Trace

NETWORK = {"ssid": "Laboratory", "passphrase": "loopback only", "rssi": -48}
DOWNLOAD_RATE = "2m"  # bytes a second, so that an update takes a moment in which something can happen to it
BANNER = r"===== [^\r\n]* ====="
BIRTH = re.compile(r"MQTT ident=(\S+) psk=([0-9a-f]{32})")
ON_LINE = r"ping: echo after \d+ ms"
OK = r"ok\r*\n"
# What the serial port says when something begins, for cut_power(during=...).
MOMENTS = {"update": r"ota: downloading", "verification": r"ota: verifying", "restart": r"ota: rebooting", "trial": r"ota: trial",
           "connection": r"wifi: joined"}


class TracedBroker(Broker):
    """A broker of which everything that is said is written down."""

    def __init__(self, lab: "Scenario"):
        super().__init__(lab)
        self.trace = Trace(self, lab.logs / "mqtt.log")
        self.init()
        self.start()

    def start(self):
        with self.lab.lock:
            super().start()
            self.trace.start()

    def stop(self):
        with self.lab.lock:
            self.trace.stop()
            super().stop()

    def restart(self):
        with self.lab.lock:  # nobody else starts it in between
            super().restart()


class SharedAir:
    """The networks that all chips of a laboratory hear."""

    def __init__(self):
        self.networks = [dict(NETWORK)]
        self.is_on = True
        self.is_disturbed = False  # by a hostile world
        self._airs: list[Air] = []

    def attach(self, air: Air):
        self._airs.append(air)
        self._write(air)

    def off(self):
        """No network is heard any more; joined chips lose theirs."""
        self.is_on = False
        self.changed()

    def on(self):
        self.is_on = True
        self.changed()

    def changed(self):
        """After a change of `networks`."""
        for air in self._airs:
            self._write(air)

    def _write(self, air: Air):
        air.networks, air.is_on = self.networks, self.is_on and not self.is_disturbed
        air.write()


class Scenario(Lab):
    """The laboratory of one test. What is in it begins when it is first asked for."""

    def __init__(self, project: Project, cuts: Cuts):
        super().__init__(project)
        self.project = project
        self.cuts = cuts
        self.hostile = cuts.enabled  # power may go at any time: chips come back by themselves
        self.lock = threading.RLock()  # a hostile world has a thread of its own (faults.py)
        self.air = SharedAir()
        self.clock = Clock()
        self.chips: list[ScenarioChip] = []
        self._broker: TracedBroker | None = None
        self._web: WebServer | None = None
        self._numbers = itertools.count(1)

    @property
    def broker(self) -> TracedBroker:
        if self._broker is None:
            self._broker = TracedBroker(self)
        return self._broker

    @property
    def running_broker(self) -> TracedBroker | None:
        """Without starting one."""
        return self._broker if self._broker is not None and self._broker.process is not None else None

    @property
    def web(self) -> WebServer:
        if self._web is None:
            self._web = WebServer(self, DOWNLOAD_RATE)
            self._web.start()
        return self._web

    def new_chip(self, image: pathlib.Path | None = None, wired: bool = False) -> "ScenarioChip":
        """Flashed, and switched on. `wired`: its board has an Ethernet socket, with a cable in it (chip.cable())."""
        number = next(self._numbers)
        chip = ScenarioChip(self, "chip" if number == 1 else f"chip{number}", f"02:45:53:42:00:{number:02x}")
        self._things.insert(0, self._things.pop())  # devices end before what they talk to
        self.esb("vchip", "flash", "--flash", chip.flash, "--image", image or self.project.image)
        self.clock.watch(chip.air)
        chip.air.cable = wired or None
        self.air.attach(chip.air)
        self.chips.append(chip)
        chip.power_on()
        return chip


class ScenarioChip(Chip):
    """A chip with the firmware of the project. In a hostile world it is switched on again by whoever waits for it."""

    def __init__(self, lab: Scenario, name: str, mac: str):
        super().__init__(lab, name, mac)
        self.pins = Pins(lab.folder / f"{name}.pins")
        self._tally = lab.folder / f"{name}.operations"
        self._birth: re.Match | None = None
        self._account = False
        self._read: collections.Counter = collections.Counter()  # of the trace, by topic

    # Power

    def options(self) -> list[str]:
        cut = self.lab.cuts.option(self.operations()) if self.name == "chip" else []
        return ["--operations", str(self._tally), "--pins", str(self.pins.path), *cut]

    def operations(self) -> int:
        """Flash operations since it was flashed."""
        return int.from_bytes(self._tally.read_bytes(), "little") if self._tally.exists() else 0

    def power_on(self):
        """Returns when the firmware has said who it is."""
        with self.lab.lock:
            super().power_on()
        self.expect(BANNER)

    def power_off(self):
        with self.lab.lock:
            if self._is_gone():
                self.terminal.close(force=True)
                self.terminal = None
            super().power_off()

    def stop(self):
        if self.name == "chip":
            self.lab.cuts.counted = self.operations()
        super().stop()
        self.pins.stop()

    def cut_power(self, during: str | None = None):
        """The power goes and comes back: now, or when what is named begins (MOMENTS), or when the chip prints this."""
        if during is not None:
            self.expect(MOMENTS.get(during, during))
        self.power_off()
        self.power_on()

    def lose_power(self):
        """From a thread: whoever waits for the chip switches it on again."""
        with self.lab.lock:
            if self.terminal is not None:
                try:
                    os.killpg(self.terminal.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def come_back(self) -> bool:
        """Switches it on if its power went by the hostile world. False: it did not."""
        with self.lab.lock:
            if not self.lab.hostile or not self._is_gone() or self.terminal.signalstatus != signal.SIGKILL:
                return False
            self.terminal.close(force=True)
            self.terminal = None
            Chip.power_on(self)
            return True

    def _is_gone(self) -> bool:
        """It has been switched on, and has ended."""
        if self.terminal is None:
            return False
        if self.terminal.flag_eof and not self.terminal.terminated:
            self.terminal.wait()
        return not self.terminal.isalive()

    # The serial port

    def _take_line(self, line: str):
        super()._take_line(line)
        self._birth = self._birth or BIRTH.search(line)

    def expect(self, pattern: str, patience: float = PATIENCE) -> re.Match:
        until = time.monotonic() + patience
        while True:
            try:
                return super().expect(pattern, max(until - time.monotonic(), 0.1))
            except StepFailed:
                if not self.come_back():
                    raise

    def ask(self, line: str, pattern: str, shown: str | None = None) -> re.Match:
        """In a hostile world a line that got no answer because the power went is typed again."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.type(line, shown)
                return Chip.expect(self, pattern, max(until - time.monotonic(), 0.1))
            except (StepFailed, OSError):
                if not self.come_back():
                    raise

    # The device

    @property
    def identity(self) -> str:
        return self._born()[1]

    @property
    def psk(self) -> str:
        return self._born()[2]

    @property
    def base(self) -> str:
        """Of its topics."""
        return self.identity.replace("-", "/")

    def _born(self) -> re.Match:
        if self._birth is None:
            self.expect(BIRTH.pattern + r"\r*\n")
        return self._birth

    def go_on_line(self):
        """Gives it an account, a network and the broker, and waits for the echo of its own ping."""
        broker = self.lab.broker
        if not self._account:
            with self.lab.lock:
                broker.add(self.identity, self.psk)
            self._account = True
        network = self.lab.air.networks[0]
        self.ask(f'wifi connect "{network["ssid"]}" "{network["passphrase"]}"', OK)
        self.ask(f"mqtt server 127.0.0.1 {broker.port}", OK)
        self.expect(ON_LINE)

    def press_button(self, seconds: float):
        """Real seconds: the device counts them."""
        self.air.button = True
        self.air.write()
        time.sleep(seconds)
        self.air.button = False
        self.air.write()

    def update(self, image: pathlib.Path | str, timeout: float = 60) -> Update:
        """Signs the image and sends it with `esb ota`, in the background: finish() waits for its exit status."""
        image = pathlib.Path(image)
        name = f"{self.name}-{image.name}"
        (self.lab.web.files / name).write_bytes(image.read_bytes())
        envelope = self.lab.folder / f"{name}.jws"
        self.lab.esb("sign", "--key", self.lab.project.key, "--image", image, "--url", self.lab.web.url(name), "--dev",
                     self.identity, "-o", envelope)
        return Update(self.lab, self.lab.broker, self.identity, envelope, timeout)

    # Messages

    def publish(self, topic: str, text: str, retain: bool = False):
        """To <base>/app/TOPIC, as the operator."""
        with self.lab.lock:
            subprocess.run(self.lab.broker.as_tool("mosquitto_pub", "-q", "1", "-t", f"{self.base}/app/{topic}", "-s",
                                                   *(["-r"] if retain else [])), input=text.encode(), check=True, timeout=20)

    def expect_message(self, topic: str, pattern: str = "", patience: float = PATIENCE) -> str:
        """The next message on <base>/app/TOPIC that has this in it; each is given out once."""
        whole = f"{self.base}/app/{topic}"

        def found():
            self.pump()
            heard = self.lab.broker.trace.heard
            for number in range(self._read[topic], len(heard)):
                self._read[topic] = number + 1
                if heard[number].topic == whole and re.search(pattern, heard[number].text):
                    return heard[number]
            return None

        return wait_until(f"a message on {whole} with /{pattern}/", found, patience).text

    def pump(self):
        """Takes what the serial port says, so that it is in the log when the test fails; switches on what lost its power."""
        if self.terminal is None:
            return
        try:
            self.terminal.expect(r"\Z(?!)", timeout=0)
        except pexpect.TIMEOUT:
            return
        except pexpect.EOF:
            self.come_back()

    def wait_until(self, what: str, condition, patience: float = PATIENCE):
        """The condition's first true value, while the chip runs on."""
        def met():
            self.pump()
            return condition()
        return wait_until(what, met, patience)

    # The pins

    def pin(self, number: int):
        return self.pins.pin(number)

    def adc(self, channel: int):
        return self.pins.adc(channel)

    def pwm(self, number: int):
        return self.pins.pwm(number)

    def i2c(self, device):
        """Puts a device on the bus (pins.I2cDevice), and returns it."""
        return self.pins.attach(device)


class Fleet:
    """Several chips, each with an identity of its own."""

    def __init__(self, lab: Scenario):
        self._lab = lab
        self.chips: list[ScenarioChip] = []

    def add(self, count: int = 1) -> list[ScenarioChip]:
        made = [self._lab.new_chip() for _ in range(count)]
        self.chips += made
        return made

    def __iter__(self):
        return iter(self.chips)

    def __len__(self):
        return len(self.chips)

    def go_on_line(self):
        for chip in self.chips:
            chip.go_on_line()
