"""The tool in a person's shell: completion in a real bash, man pages, doctor, and a board's serial port."""

import json
import os
import pty
import shutil
import signal
import subprocess
import threading

import pexpect
import pytest

from pytest_esb.lab import Lab, free_ports
from kit import run

READLINE = ("enable-bracketed-paste off", "completion-query-items 0", "page-completions off")


@pytest.fixture(scope="module")
def lab(request):
    with Lab() as lab:
        yield lab
        lab.keep = lab.keep or bool(request.session.testsfailed)


@pytest.fixture
def bash(lab, tmp_path):
    (tmp_path / "completion").write_text(lab.esb("completion", "bash").stdout)
    (tmp_path / "somefile.img").write_text("")
    shell = pexpect.spawn("bash", ["--norc", "--noprofile", "-i"], cwd=str(tmp_path), encoding="utf-8", timeout=20,
                          dimensions=(50, 200), env={**os.environ, "TERM": "dumb"})
    shell.delaybeforesend = None
    shell.sendline("PS1='$ '; " + "; ".join(f"bind 'set {option}'" for option in READLINE))
    shell.sendline(". ./completion; echo read''y")
    shell.expect("ready\r\n")
    yield shell
    shell.close(force=True)


@pytest.mark.parametrize("typed, completed", [
    ("esb brok\t", "esb broker "),
    ("esb broker in\t", "esb broker init "),
    ("esb broker init d --certificate-p\t", "--certificate-port "),
    ("esb broker init d --tls b\t", "--tls both "),
    ("esb vchip fl\t", "esb vchip flash "),
    ("esb vchip flash --image some\t", "--image somefile.img "),
    ("esb completion z\t", "esb completion zsh "),
    ("esb --ver\t", "esb --version "),
    ("esb run --wa\t", "--watch ")])
def test_bash_completes(bash, typed, completed):
    bash.send(typed)
    bash.expect_exact(completed)


def test_a_reader_that_leaves_ends_it_as_every_command_of_a_pipeline(lab):
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "wb") as pipe:
        done = subprocess.run([lab.products.esb, "completion", "bash"], stdout=pipe, stderr=subprocess.PIPE, text=True,
                              timeout=60)
    assert (done.returncode, done.stderr) == (-signal.SIGPIPE, "")


def test_bash_shows_what_there_is(bash):
    bash.send("esb broker \t\t")
    for word in ("add", "init", "list", "remove", "rotate", "upgrade"):
        bash.expect(word)


@pytest.mark.parametrize("shell, option", [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")])
def test_scripts_are_well_formed(lab, shell, option, tmp_path):
    (tmp_path / "script").write_text(lab.esb("completion", shell).stdout)
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not here")
    run(shell, option, tmp_path / "script")


def test_man_pages_are_read_without_a_warning(lab, tmp_path):
    lab.esb("man", tmp_path)
    pages = sorted(tmp_path.glob("*.1"))
    assert len(pages) > 10
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "120"}
    for page in pages:
        done = run("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page, env=environment)
        assert done.stderr == "", page.name
    shown = run("man", "-E", "UTF-8", "-l", tmp_path / "esb-broker.1", env=environment).stdout
    assert "--certificate-port" in shown and "EXIT STATUS" in shown


def test_doctor_finds_what_is_there_and_says_how_to_get_the_rest(lab):
    good = lab.esb("doctor", "--json")
    found = {one["what"]: one for one in json.loads(good.stdout)}
    for what in ("mosquitto", "web server", "cmake", "g++", "libraries", "ESP32 Secure Base"):
        assert found[what]["found"], what
    assert found["mosquitto"]["detail"].startswith("2.")
    nowhere = {name: "/nowhere" for name in ("PATH", "ESB_MOSQUITTO", "ESB_NGINX")}
    sick = run(lab.products.esb, "doctor", check=False, env=nowhere)
    assert sick.returncode == 1
    assert "missing  mosquitto: apt install mosquitto" in sick.stdout
    assert "missing  cmake: apt install cmake" in sick.stdout
    assert sick.stderr.startswith("esb: missing: mosquitto, web server, cmake")


def test_doctor_minds_boards_only_when_asked(lab):
    environment = {**os.environ, "PATH": "/usr/bin:/bin", "IDF_PATH": ""}
    for missing in ("esptool", "esptool.py", "idf.py", "pio"):
        if shutil.which(missing, path="/usr/bin:/bin"):
            pytest.skip(f"{missing} is installed")
    assert run(lab.products.esb, "doctor", env=environment).returncode == 0
    done = run(lab.products.esb, "doctor", "--board", check=False, env=environment)
    assert done.returncode == 1 and "esptool" in done.stderr


def test_an_old_program_is_named_with_what_is_needed(lab, tmp_path):
    old = tmp_path / "mosquitto"
    old.write_text("#!/bin/sh\necho mosquitto version 1.6.12\n")
    old.chmod(0o755)
    done = run(lab.products.esb, "doctor", check=False, env={**os.environ, "ESB_MOSQUITTO": str(old)})
    assert done.returncode == 1 and f"1.6.12 ({old}) is too old, 2.0.11 is needed" in done.stdout


class Board:
    """A new device at a serial port: a virtual chip at the other end of a pty."""

    def __init__(self, lab, name):
        self.master, self.slave = pty.openpty()
        self.port = os.ttyname(self.slave)
        flash = lab.folder / f"{name}.flash"
        lab.esb("vchip", "flash", "--flash", flash, "--image", lab.products.basic_1_0)
        self.words = [lab.products.esb, "vchip", "run", "--flash", flash]
        self.process = None

    def power_on(self):
        self.process = subprocess.Popen(self.words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        chip_in, chip_out = self.process.stdin.fileno(), self.process.stdout.fileno()
        for source, sink in ((self.master, chip_in), (chip_out, self.master)):
            threading.Thread(target=self.carry, args=(source, sink), daemon=True).start()

    @staticmethod
    def carry(source, sink):
        try:
            while piece := os.read(source, 4096):
                os.write(sink, piece)
        except OSError:
            pass  # one of the two is gone

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        os.close(self.slave)
        os.close(self.master)


@pytest.fixture
def board(lab, request):
    board = Board(lab, request.node.name)
    yield board
    board.stop()


def monitor_of(lab, folder, *arguments):
    monitor = pexpect.spawn(str(lab.products.esb), ["monitor", *arguments], cwd=str(folder), encoding="utf-8",
                            timeout=30, env={**lab.environment, "NO_COLOR": "1"})
    monitor.delaybeforesend = None
    return monitor


def test_from_factory_new_to_account_and_label_in_one_command(lab, board, tmp_path):
    port, tools_port = free_ports(2)
    lab.esb("broker", "init", tmp_path / "broker", "--port", port, "--tools-port", tools_port)
    monitor = monitor_of(lab, tmp_path, board.port, "--once", "--account", "broker", "--label", "label.png")
    monitor.expect("birth lines go to births.txt")
    board.power_on()
    monitor.expect(r"birth  \| (ESP-\w+) has an account in broker; the broker is not running")
    identity = monitor.match[1]
    monitor.expect(r"its label is in label\.png")
    monitor.expect(pexpect.EOF)
    monitor.close()
    assert monitor.exitstatus == 0
    births = tmp_path / "births.txt"
    assert births.stat().st_mode & 0o777 == 0o600 and (tmp_path / "label.png").stat().st_mode & 0o777 == 0o600
    assert [line.split()[0] for line in births.read_text().splitlines()][:2] == ["MQTT", "AP"]
    assert identity in lab.esb("broker", "list", tmp_path / "broker").stdout
    read = run("zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", tmp_path / "label.png").stdout
    assert read.strip() in births.read_text()


def test_what_is_typed_goes_to_the_board(lab, board, tmp_path):
    monitor = monitor_of(lab, tmp_path, board.port)
    monitor.expect("Ctrl-C ends")
    board.power_on()
    monitor.expect("label: esb label ESP-")
    monitor.send("lamp on\r")
    monitor.expect(r"serial > lamp on\r\n.*serial \| lamp is on")
    monitor.sendintr()
    monitor.expect(pexpect.EOF)
    monitor.close()
    assert monitor.exitstatus == 0


def test_a_port_that_is_not_there_is_one_line(lab):
    done = lab.esb("monitor", "/dev/ttyUSB99", check=False)
    assert done.returncode == 1 and done.stderr == "esb: /dev/ttyUSB99: No such file or directory\n"
