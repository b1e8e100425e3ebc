"""A laboratory in a temporary folder: a broker, a web server and virtual chips, all real processes on loopback.

Everything it starts it also ends, by its own process handle. The fixtures of pytest-esb are made of it, and so are this
project's own end-to-end tests, its demo and its benchmarks.
"""

import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import pexpect

PATIENCE = float(os.environ.get("ESB_PATIENCE", "30"))  # seconds for anything that should take a moment


class StepFailed(Exception):
    """What should have happened did not; the text is one line for a person."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


given: set[int] = set()


def is_free(port: int) -> bool:
    try:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(type=kind) as probe:
                probe.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


def free_ports(count: int) -> list[int]:
    """Below the ports that the kernel gives to outgoing connections: none of these takes one before its server does."""
    end = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    found = []
    for port in random.sample(range(end // 2, end), 1000):
        if port not in given and is_free(port):
            given.add(port)
            found.append(port)
        if len(found) == count:
            return found
    raise StepFailed("no free port")


def wait_until(what: str, condition, patience: float = PATIENCE):
    """The condition's first true value, asked 20 times a second."""
    until = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise StepFailed(f"{what}: not within {patience:g} s")
        time.sleep(0.05)


def port_answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Silent:
    """A narrator that says nothing; the demo has one that prints."""

    def title(self, text: str): ...

    def say(self, text: str): ...

    def command(self, arguments: list[str]): ...

    def output(self, source: str, text: str): ...

    def progress(self, text: str): ...


class Products:
    """What the build made. ESB_BUILD names the build folder."""

    def __init__(self, build: str | None = None):
        self.build = pathlib.Path(build or os.environ["ESB_BUILD"]).resolve()
        self.esb = self.build / "host/cli/esb"
        self.key = pathlib.Path(os.environ.get("ESB_UPDATE_KEY", self.build / "update-key.pem"))
        examples = self.build / "examples"
        self.basic_1_0 = examples / "basic-1.0.0.img"
        self.basic_1_1 = examples / "basic-1.1.0.img"

    def missing(self) -> list[str]:
        return [str(p) for p in (self.esb, self.key, self.basic_1_0, self.basic_1_1) if not p.exists()]


class Lab:
    """Context manager. The folder is removed at the end of a success, kept otherwise (or if `keep`, or with KEEP=1)."""

    def __init__(self, products: Products | None = None, narrator=None):
        self.products = products or Products()
        self.narrator = narrator or Silent()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="esb-lab-"))
        self.logs = self.folder / "logs"
        self.logs.mkdir()
        self.keep = os.environ.get("KEEP") == "1"
        # `esb` remembers here which brokers it has made, not in the home of whoever runs this.
        self.environment = {**os.environ, "XDG_CONFIG_HOME": str(self.folder / "config")}
        self._things: list = []  # ended in this order: devices before what they talk to

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        wrong = None
        for thing in self._things:
            try:
                thing.stop()
            except Exception as why:  # the others are to end all the same
                wrong = wrong or why
        if kind is None and wrong is not None:
            raise wrong
        if kind is None and not self.keep:
            shutil.rmtree(self.folder)

    def keep_track(self, thing):
        self._things.append(thing)
        return thing

    def short(self, text: str) -> str:
        """The text without the folders' long names."""
        return text.replace(f"{self.folder}/", "").replace(f"{self.products.build}/", "")

    def esb(self, *arguments, check=True, stdin=None, quiet=False, timeout=PATIENCE) -> subprocess.CompletedProcess:
        """Runs the command line tool and narrates it."""
        arguments = [str(a) for a in arguments]
        if not quiet:
            self.narrator.command(["esb", *(self.short(a) for a in arguments)])
        done = subprocess.run([self.products.esb, *arguments], input=stdin, capture_output=True, text=True,
                              cwd=self.folder, timeout=timeout, env=self.environment)
        if not quiet:
            for line in done.stdout.splitlines() + done.stderr.splitlines():
                self.narrator.output("esb", self.short(line))
        if check and done.returncode != 0:
            raise StepFailed(f"esb {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
        return done

    def esb_json(self, *arguments):
        return json.loads(self.esb(*arguments, "--json", quiet=True).stdout)


class Broker:
    """A mosquitto with the configuration that `esb broker init` writes."""

    def __init__(self, lab: Lab, name: str = "broker"):
        self.lab = lab
        self.folder = lab.folder / name
        self.port, self.tools_port = free_ports(2)
        self.process: subprocess.Popen | None = None
        lab.keep_track(self)

    @property
    def tools(self) -> str:
        return f"127.0.0.1:{self.tools_port}"

    def init(self):
        self.lab.esb("broker", "init", self.folder, "--port", self.port, "--tools-port", self.tools_port)

    def start(self):
        log = open(self.lab.logs / "mosquitto.out", "ab")
        self.lab.narrator.command(["mosquitto", "-c", f"{self.folder.name}/mosquitto.conf"])
        mosquitto = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self.process = subprocess.Popen([mosquitto, "-c", self.folder / "mosquitto.conf"], stdin=subprocess.DEVNULL,
                                        stdout=log, stderr=log)
        log.close()

        def up():
            if self.process.poll() is not None:
                raise StepFailed(f"mosquitto ended at once, see {self.lab.logs}/mosquitto.out")
            return port_answers(self.tools_port) and (self.folder / "mosquitto.pid").exists()

        wait_until("the broker listens", up)

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def restart(self):
        self.stop()
        self.start()

    def add(self, identity: str, psk: str, *topics: str) -> subprocess.CompletedProcess:
        """The key goes through standard input, so it shows in no list of processes."""
        more = ["--topics", *topics] if topics else []
        return self.lab.esb("broker", "add", self.folder, identity, "-", *more, stdin=psk + "\n")

    def remove(self, identity: str):
        self.lab.esb("broker", "remove", self.folder, identity)

    def log(self) -> str:
        return (self.folder / "mosquitto.log").read_text(errors="replace")

    def retained(self, topic: str, patience: float = 2) -> str | None:
        """The retained message of a topic, asked on the tools' port."""
        done = subprocess.run(self.as_reader("mosquitto_sub", "-t", topic, "-C", "1", "-W", str(int(patience)),
                                             "--retained-only"), capture_output=True, text=True, timeout=PATIENCE)
        return done.stdout.rstrip("\n") if done.returncode == 0 else None

    def as_device(self, tool: str, identity: str, psk: str, *arguments: str) -> list[str]:
        """A command line of mosquitto_pub or mosquitto_sub that comes in with a device's account."""
        return [tool, "-h", "127.0.0.1", "-p", str(self.port), "--psk-identity", identity, "--psk", psk, *arguments]

    def as_tool(self, tool: str, *arguments: str) -> list[str]:
        """With the operator's credentials, as the folder holds them for mosquitto's own clients: on no command line."""
        return self._with_credentials("operator", tool, *arguments)

    def as_reader(self, tool: str, *arguments: str) -> list[str]:
        return self._with_credentials("reader", tool, *arguments)

    def _with_credentials(self, account: str, tool: str, *arguments: str) -> list[str]:
        return ["env", f"XDG_CONFIG_HOME={self.folder / account}", tool, *arguments]


class WebServer:
    """An nginx that serves one folder over plain HTTP, at most `rate` bytes a second ("150k"; "0": unlimited)."""

    def __init__(self, lab: Lab, rate: str = "0"):
        self.lab = lab
        self.rate = rate
        self.folder = lab.folder / "web"
        self.files = self.folder / "files"
        self.files.mkdir(parents=True)
        (self.port,) = free_ports(1)
        self.process: subprocess.Popen | None = None
        lab.keep_track(self)

    def url(self, name: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}/{name}"

    def start(self):
        paths = "".join(f"  {kind}_temp_path {self.folder}/tmp-{kind};\n"
                        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root;\n" if os.geteuid() == 0 else ""  # or it could not read our folder
        config = self.folder / "nginx.conf"
        config.write_text(f"{user}daemon off;\nworker_processes 1;\npid {self.folder}/nginx.pid;\n"
                          f"error_log {self.lab.logs}/nginx-error.log;\nevents {{}}\nhttp {{\n"
                          f"  access_log {self.lab.logs}/nginx-access.log;\n{paths}"
                          f"  server {{ listen 127.0.0.1:{self.port}; root {self.files}; limit_rate {self.rate}; }}\n}}\n")
        self.lab.narrator.command(["nginx", "-c", "web/nginx.conf"])
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen([nginx, "-p", self.folder, "-c", config, "-e",
                                         self.lab.logs / "nginx-error.log"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until("the web server listens", lambda: port_answers(self.port))

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGQUIT)  # ends the worker too
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            self.process.wait(10)
        self.process = None


class LineSplitter:
    """Takes what pexpect reads; hands on complete lines."""

    def __init__(self, take_line):
        self.take_line = take_line
        self.rest = ""

    def write(self, text: str):
        *lines, self.rest = (self.rest + text).split("\n")
        for line in lines:
            self.take_line(line.rstrip("\r"))

    def flush(self): ...


class Air:
    """The file that says what is around one chip: which networks it can hear, whether its button is held, what its clock does."""

    def __init__(self, path: pathlib.Path):
        self.path = path
        self.networks: list[dict] = []
        self.phones: list[str] = []  # that join the chip's access point
        self.is_on = True
        self.button = False
        self.cable: bool | None = None  # in the socket or not; None: the board has no socket
        self.ahead = 0  # seconds, of the chip's clocks before the host's

    def write(self):
        fresh = self.path.with_suffix(".new")
        world = {"on": self.is_on, "networks": self.networks, "phones": self.phones, "button": self.button,
                 "ahead": self.ahead}
        if self.cable is not None:
            world["cable"] = self.cable
        fresh.write_text(json.dumps(world))
        fresh.rename(self.path)

    def off(self):
        self.is_on = False
        self.write()

    def on(self):
        self.is_on = True
        self.write()


class Chip:
    """One virtual chip: its flash file, its radio, and the person at its serial port."""

    def __init__(self, lab: Lab, name: str = "chip", mac: str | None = None):
        self.lab = lab
        self.flash = lab.folder / f"{name}.flash"
        self.air = Air(lab.folder / f"{name}-radio.json")
        self.mac = mac
        self.name = name
        self.ports: dict[int, int] = {}  # a port of the access point: where it is on 127.0.0.1
        self.lines: list[str] = []  # of this power-on
        self.terminal: pexpect.spawn | None = None
        self.powered_at = 0.0
        lab.keep_track(self)

    def _take_line(self, line: str):
        self.lines.append(line)
        with open(self.lab.logs / f"{self.name}-serial.log", "a") as log:
            log.write(line + "\n")
        self.lab.narrator.output("serial", line)

    def options(self) -> list[str]:
        """More of `esb vchip run`."""
        return []

    def power_on(self):
        arguments = ["vchip", "run", "--flash", str(self.flash), "--radio", str(self.air.path)]
        if self.mac:
            arguments += ["--mac", self.mac]
        for port, host_port in self.ports.items():
            arguments += ["--port", f"{port}:{host_port}"]
        arguments += self.options()
        self.lab.narrator.command(["esb", *(self.lab.short(a) for a in arguments)])
        self.lines = []
        self.powered_at = time.monotonic()
        self.terminal = pexpect.spawn(str(self.lab.products.esb), arguments, encoding="utf-8", codec_errors="replace",
                                      timeout=PATIENCE, echo=False, cwd=str(self.lab.folder))
        self.terminal.delaybeforesend = None
        self.terminal.delayafterclose = self.terminal.ptyproc.delayafterclose = 0
        self.terminal.logfile_read = LineSplitter(self._take_line)

    def power_off(self):
        """Loss of power: the chip's processes are killed."""
        if self.terminal is None:
            return
        os.killpg(self.terminal.pid, signal.SIGKILL)  # both at the same moment; pexpect made it a session of its own
        self.terminal.expect(pexpect.EOF, timeout=10)
        self.terminal.wait()
        self.terminal.close(force=True)
        self.terminal = None

    def stop(self):
        self.power_off()

    def expect(self, pattern: str, patience: float = PATIENCE) -> re.Match:
        """Waits for a line; the pattern must not cross its end."""
        try:
            self.terminal.expect(pattern, timeout=patience)
            return self.terminal.match
        except pexpect.TIMEOUT:
            raise StepFailed(f"the chip did not print /{pattern}/ within {patience:g} s") from None
        except pexpect.EOF:
            raise StepFailed(f"the chip ended before it printed /{pattern}/") from None

    def type(self, line: str, shown: str | None = None):
        """Types a line. `shown` replaces it in the narration where it holds a secret."""
        self.lab.narrator.output("typed", shown or line)
        self.terminal.sendline(line)

    def ask(self, line: str, pattern: str, shown: str | None = None) -> re.Match:
        self.type(line, shown)
        return self.expect(pattern)

    def cable(self, plugged_in: bool):
        """Ethernet: into the board's socket, or out of it. The board has one if this is said before power_on()."""
        self.air.cable = plugged_in
        self.air.write()

    def settle(self) -> list[str]:
        """Everything printed since power-on, once the console has answered."""
        self.ask("status", r"up: \d+ s\r*\n")
        return list(self.lines)

    def firmware_pid(self) -> int:
        children = pathlib.Path(f"/proc/{self.terminal.pid}/task/{self.terminal.pid}/children").read_text().split()
        if len(children) != 1:
            raise StepFailed(f"the chip has {len(children)} processes, one is right")
        return int(children[0])

    def running_program(self) -> bytes:
        """The bytes of the program that runs as the firmware."""
        return pathlib.Path(f"/proc/{self.firmware_pid()}/exe").read_bytes()

    def slots(self) -> dict:
        found = self.lab.esb_json("vchip", "info", "--flash", self.flash)
        return {slot["slot"]: slot for slot in found}

    def slot_bytes(self, slot: str) -> bytes:
        """Read from the flash file itself, not through our tool."""
        about = self.slots()[slot]
        with open(self.flash, "rb") as flash:
            flash.seek(about["offset"])
            return flash.read(about["size"])


class Update:
    """`esb ota` in the background; its screen goes to the narrator."""

    def __init__(self, lab: Lab, broker: Broker, identity: str, envelope: pathlib.Path, timeout: float = 60):
        self.lab = lab
        arguments = ["ota", identity, str(envelope), "--broker", broker.tools, "--timeout", f"{timeout:g}"]
        lab.narrator.command(["esb", *(lab.short(a) for a in arguments)])
        self.terminal = pexpect.spawn(str(lab.products.esb), arguments, encoding="utf-8", timeout=timeout + 10,
                                      dimensions=(24, 100), env=lab.environment)
        self.screen = ""
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        lab.keep_track(self)

    def _read(self):
        rest = ""
        while True:
            try:
                text = self.terminal.read_nonblocking(4096, timeout=1)
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF:
                break
            self.screen += text
            *pieces, rest = re.split(r"(?:\r\x1b\[K|\r\n)", rest + text)
            for piece in pieces:
                self._show(piece)
        self._show(rest)

    def _show(self, piece: str):
        if piece.startswith("["):
            self.lab.narrator.progress(piece)
        elif piece:
            self.lab.narrator.output("esb", piece)

    def finish(self) -> int:
        """The exit status of `esb ota`."""
        self.thread.join(self.terminal.timeout)
        if self.thread.is_alive():
            raise StepFailed("esb ota does not come to an end")
        self.terminal.close()
        return self.terminal.exitstatus if self.terminal.exitstatus is not None else -1

    def stop(self):
        self.terminal.close(force=True)
