"""Who may use the tools' listener: the operator, services that read, and nobody else, judged by mosquitto's own clients.

The intruder is another user of the same machine, who knows every port, name and path.
"""

import contextlib
import os
import shutil
import socket
import subprocess

import pytest

from pytest_esb.lab import PATIENCE, Broker, Lab, free_ports, wait_until
from story import Session

DEVICE, PSK = "ESP-AAAAAAAAAAAA", "00112233445566778899aabbccddeeff"
WRONG = "5a" * 32
QUIET = 1.0
NOBODY = 65534

tries = {"refused": 0, "granted": 0}


@pytest.fixture(scope="module")
def broker(request):
    with Lab() as lab:
        broker = Broker(lab)
        broker.init()
        broker.start()
        broker.add(DEVICE, PSK)
        yield broker
        lab.keep = lab.keep or bool(request.session.testsfailed)


def key_of(broker: Broker, account: str) -> tuple[str, str]:
    """As the folder holds it for mosquitto's clients."""
    lines = (broker.folder / account / "mosquitto_sub").read_text().splitlines()
    options = dict(line.split(" ", 1) for line in lines)
    return options["--psk-identity"], options["--psk"]


def run(*command: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=PATIENCE, **options)


def publishes(port: int, *credentials: str) -> bool:
    return run("mosquitto_pub", "-h", "127.0.0.1", "-p", port, "-t", "ESP/x/app/probe", "-m", "probe", "-q", "1",
               *credentials).returncode == 0


def reads(port: int, *credentials: str) -> bool:
    """Whether a session is granted at all; it waits a second for anything."""
    done = run("mosquitto_sub", "-h", "127.0.0.1", "-p", port, "-t", "#", "-t", "$SYS/broker/version", "-C", "1", "-W",
               "1", *credentials)
    return done.returncode == 0 and done.stdout != ""


def refused(what: bool):
    assert not what
    tries["refused"] += 1


def granted(what: bool):
    assert what
    tries["granted"] += 1


def psk(identity: str, key: str) -> list[str]:
    return ["--psk-identity", identity, "--psk", key]


@contextlib.contextmanager
def ears(broker: Broker):
    """Hears everything, as the operator."""
    with Session(broker.as_tool("mosquitto_sub", "-v", "-q", "1", "-t", "#")) as session:
        def ready():
            subprocess.run(broker.as_tool("mosquitto_pub", "-t", "ready", "-m", "x"), check=True, timeout=PATIENCE)
            return session.line(0.5) == "ready x"
        wait_until("the operator hears", ready)
        while session.rest(0.2):
            pass
        yield session


# Who comes in ----------------------------------------------------------------------------------------------------------


def test_nobody_without_credentials(broker):
    for port in (broker.tools_port, broker.port):
        refused(publishes(port))
        refused(reads(port))
        refused(publishes(port, "-u", "esb.operator"))
        refused(publishes(port, "-u", "esb.operator", "-P", ""))
        refused(publishes(port, "-u", "", "-P", "", "-i", "esb.operator"))


def test_nobody_with_a_wrong_key_or_name(broker):
    operator, key = key_of(broker, "operator")
    reader, readers_key = key_of(broker, "reader")
    pairs = [(operator, WRONG), (reader, WRONG), ("operator", key), ("nobody", key), (operator.upper(), key),
             (operator + " ", key), (operator, key[:-2] + "00"), (operator, readers_key), (reader, key),
             (operator, key[:32]), (DEVICE, key)]
    for identity, wrong in pairs:
        refused(publishes(broker.tools_port, *psk(identity, wrong)))
        refused(reads(broker.tools_port, *psk(identity, wrong)))


def test_accounts_belong_to_their_listener(broker):
    """A device's account is worth nothing at the tools' listener, and the tools' accounts nothing at the devices'."""
    refused(publishes(broker.tools_port, *psk(DEVICE, PSK)))
    refused(reads(broker.tools_port, *psk(DEVICE, PSK)))
    for account in ("operator", "reader"):
        refused(publishes(broker.port, *psk(*key_of(broker, account))))
        refused(reads(broker.port, *psk(*key_of(broker, account))))


def test_a_user_name_does_not_replace_the_identity(broker):
    """The ACL goes by the key that was used, whatever CONNECT says."""
    reader = psk(*key_of(broker, "reader"))
    with ears(broker) as session:
        for more in (["-u", "esb.operator"], ["-u", "esb.operator", "-P", "x"], ["-i", "esb.operator"]):
            run("mosquitto_pub", "-h", "127.0.0.1", "-p", broker.tools_port, "-t", "ESP/x/config", "-m", "forged", "-q",
                "1", *reader, *more)
            tries["refused"] += 1
        assert session.rest(QUIET) == ""


def test_plain_text_is_not_spoken(broker):
    for port in (broker.tools_port, broker.port):
        with socket.create_connection(("127.0.0.1", port), 5) as plain:
            plain.settimeout(5)
            plain.sendall(b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00")
            try:
                refused(b"\x20\x02" in plain.recv(64))
            except ConnectionResetError:
                tries["refused"] += 1


def test_only_forward_secret_suites(broker):
    identity, key = key_of(broker, "operator")
    for suite, good in (("ECDHE-PSK-CHACHA20-POLY1305", True), ("ECDHE-PSK-AES128-CBC-SHA256", True),
                        ("PSK-AES128-GCM-SHA256", False), ("PSK-AES256-CBC-SHA", False)):
        done = run("openssl", "s_client", "-connect", f"127.0.0.1:{broker.tools_port}", "-psk_identity", identity, "-psk",
                   key, "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0", stdin=subprocess.DEVNULL)
        (granted if good else refused)(done.returncode == 0 if good else done.returncode == 0)


# What they may ---------------------------------------------------------------------------------------------------------


def test_the_reader_reads_everything_and_writes_nothing(broker):
    reader = psk(*key_of(broker, "reader"))
    base = DEVICE.replace("-", "/")
    topics = [f"{base}/{leaf}" for leaf in ("ota", "config", "online", "status", "ota/status", "config/status", "log",
                                            "ping", "app/lamp")] + ["anything", "$SYS/broker/version"]
    with ears(broker) as session:
        for topic in topics:
            for more in ([], ["-r"], ["-r", "-n"]):
                message = [] if "-n" in more else ["-m", "forged"]
                run("mosquitto_pub", "-h", "127.0.0.1", "-p", broker.tools_port, "-q", "1", "-t", topic, *message, *reader,
                    *more)
                tries["refused"] += 1
        assert session.rest(QUIET) == ""
    with Session(broker.as_reader("mosquitto_sub", "-v", "-t", "#", "-R")) as session:
        def heard():
            subprocess.run(broker.as_tool("mosquitto_pub", "-t", f"{base}/app/lamp", "-m", "on"), check=True,
                           timeout=PATIENCE)
            return session.line(0.5) == f"{base}/app/lamp on"
        granted(wait_until("the reader hears", heard))


def test_a_will_of_the_reader_is_not_published(broker):
    with ears(broker) as session:
        with Session(broker.as_reader("mosquitto_sub", "-v", "-t", "#", "--will-topic", "ESP/x/config", "--will-payload",
                                      "forged")) as doomed:
            doomed.rest(QUIET)
        tries["refused"] += 1
        assert "forged" not in session.rest(QUIET)


def test_a_bridge_gives_another_broker_what_the_reader_reads(broker):
    """As docs/esb.md shows for programs that know no pre-shared keys: the key stands in a file."""
    identity, key = key_of(broker, "reader")
    (port,) = free_ports(1)
    config = broker.lab.folder / "bridge.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nconnection esb\n"
                      f"address 127.0.0.1:{broker.tools_port}\nbridge_identity {identity}\nbridge_psk {key}\n"
                      "bridge_tls_version tlsv1.2\ntopic # in 1\nnotifications false\ntry_private false\n"
                      "restart_timeout 1\n")
    other = subprocess.Popen(["mosquitto", "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def arrives():
            subprocess.run(broker.as_tool("mosquitto_pub", "-r", "-t", "ESP/b/app/x", "-m", "bridged"), check=True,
                           timeout=PATIENCE)
            return run("mosquitto_sub", "-h", "127.0.0.1", "-p", port, "-t", "ESP/b/app/x", "-C", "1", "-W",
                       "1").stdout == "bridged\n"
        granted(wait_until("the bridge brings it", arrives))
    finally:
        other.terminate()
        other.wait(10)


# The tool --------------------------------------------------------------------------------------------------------------


def as_stranger(broker: Broker, tmp_path, *arguments, **variables) -> subprocess.CompletedProcess:
    """`esb` of somebody who has made no broker."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **variables}
    return run(broker.lab.products.esb, *arguments, env=environment)


def one_line(done: subprocess.CompletedProcess, *words: str):
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr
    tries["refused"] += 1


def test_whoever_made_the_broker_needs_no_further_words(broker):
    granted(broker.lab.esb("devices", "--broker", broker.tools, "--for", "0.2").returncode == 0)
    index = broker.lab.folder / "config/esb/brokers"
    assert index.read_text() == f"127.0.0.1:{broker.tools_port} {broker.folder}\n"
    assert index.stat().st_mode & 0o777 == 0o600


def test_anybody_else_is_told_what_is_missing(broker, tmp_path):
    one_line(as_stranger(broker, tmp_path, "devices"), "no operator credentials found for 127.0.0.1:1884", "--broker-dir")
    one_line(as_stranger(broker, tmp_path, "devices", "--broker", broker.tools), "no operator credentials found")
    one_line(as_stranger(broker, tmp_path, "devices", "--broker-dir", tmp_path), "no operator credentials")


def test_the_folder_can_be_named(broker, tmp_path):
    more = ["devices", "--for", "0.2"]
    granted(as_stranger(broker, tmp_path, *more, "--broker-dir", broker.folder).returncode == 0)
    granted(as_stranger(broker, tmp_path, *more, ESB_BROKER_DIR=str(broker.folder)).returncode == 0)


def test_credentials_that_others_can_read_are_not_used(broker, tmp_path):
    copy = tmp_path / "copy"
    (copy / "operator").mkdir(parents=True)
    shutil.copy(broker.folder / "operator/mosquitto_sub", copy / "operator/mosquitto_sub")
    os.chmod(copy / "operator/mosquitto_sub", 0o640)
    one_line(as_stranger(broker, tmp_path, "devices", "--broker-dir", copy), "can be read by others")
    os.chmod(copy / "operator/mosquitto_sub", 0o600)
    granted(as_stranger(broker, tmp_path, "devices", "--for", "0.2", "--broker-dir", copy).returncode == 0)
    text = (copy / "operator/mosquitto_sub").read_text()
    (copy / "operator/mosquitto_sub").write_text(text.replace(key_of(broker, "operator")[1], WRONG))
    one_line(as_stranger(broker, tmp_path, "devices", "--broker-dir", copy), "has another key")


def test_it_never_speaks_plain(broker, tmp_path):
    """A listener without TLS in the broker's place gets a TLS hello and nothing else."""
    for answer in (b"", b"\x20\x02\x00\x00"):
        with socket.create_server(("127.0.0.1", 0)) as fake:
            fake.settimeout(PATIENCE)
            port = fake.getsockname()[1]
            tool = subprocess.Popen([broker.lab.products.esb, "devices", "--broker-dir", broker.folder, "--broker",
                                     f"127.0.0.1:{port}"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
            peer, _ = fake.accept()
            peer.settimeout(PATIENCE)
            first = peer.recv(4096)
            peer.sendall(answer)
            peer.close()
            _, error = tool.communicate(timeout=PATIENCE)
        assert first[:3] in (b"\x16\x03\x01", b"\x16\x03\x03")
        assert key_of(broker, "operator")[1].encode() not in first and b"esb.operator" not in first
        assert tool.returncode == 1 and len(error.splitlines()) == 1 and "without TLS" in error
        tries["refused"] += 1


# Another user of the machine -------------------------------------------------------------------------------------------


@pytest.fixture
def everyone_may_look(broker):
    """The way to the broker's folder is open; the folder itself is as `init` made it."""
    broker.lab.folder.chmod(0o711)
    yield
    broker.lab.folder.chmod(0o700)


def as_nobody(*command) -> subprocess.CompletedProcess:
    return run("setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--", "env", "HOME=/nonexistent",
               *command)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_reads_no_key_and_owns_nothing(broker, everyone_may_look):
    assert as_nobody("id", "-u").stdout == f"{NOBODY}\n"
    for file in broker.folder.rglob("*"):
        refused(as_nobody("cat", file).returncode == 0)
    for account in ("operator", "reader"):
        refused(as_nobody("ls", broker.folder / account).returncode == 0)
        config = f"XDG_CONFIG_HOME={broker.folder / account}"
        refused(as_nobody("env", config, "mosquitto_sub", "-t", "#", "-W", "1").stdout != "")
    with ears(broker) as session:
        for port in (broker.tools_port, broker.port):
            for more in ([], psk("esb.operator", WRONG), psk("esb.reader", WRONG), psk(DEVICE, WRONG)):
                refused(as_nobody("mosquitto_pub", "-h", "127.0.0.1", "-p", port, "-t", "ESP/x/config", "-m", "mine", "-q",
                                  "1", *more).returncode == 0)
                refused(as_nobody("mosquitto_sub", "-h", "127.0.0.1", "-p", port, "-t", "#", "-C", "1", "-W", "1",
                                  *more).stdout != "")
        assert session.rest(QUIET) == ""
    tool = broker.lab.folder / "esb"
    shutil.copy(broker.lab.products.esb, tool)
    tool.chmod(0o755)
    one_line(as_nobody(tool, "devices", "--broker", broker.tools), "no operator credentials found")
    one_line(as_nobody(tool, "devices", "--broker-dir", broker.folder), "Permission denied")
    one_line(as_nobody(tool, "broker", "rotate", broker.folder, DEVICE))


def test_no_key_stands_on_a_command_line(broker):
    """Neither the tools' nor the lab's: all processes of this machine, while sessions are open."""
    keys = [key_of(broker, account)[1] for account in ("operator", "reader")]
    watch = subprocess.Popen([broker.lab.products.esb, "watch", "--broker-dir", broker.folder],
                             stdout=subprocess.DEVNULL, env=broker.lab.environment)
    try:
        with ears(broker):
            for pid in filter(str.isdigit, os.listdir("/proc")):
                with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as line:
                    text = line.read()
                    assert not any(key.encode() in text for key in keys)
    finally:
        watch.terminate()
        watch.wait(10)


# Older folders ---------------------------------------------------------------------------------------------------------

OLD_TOOLS = """
# The operator's tools: plain, reachable from this machine only, all topics. What matters is signed anyway.
listener {port} 127.0.0.1
allow_anonymous true
"""


def made_old(broker: Broker):
    """The folder as an earlier `esb broker init` left it."""
    config = broker.folder / "mosquitto.conf"
    text = config.read_text()
    devices = text[:text.index("# The operator's tools")]
    lines = [line for line in devices.splitlines() if "message_size_limit" not in line and "No device can" not in line]
    config.write_text("\n".join(lines) + OLD_TOOLS.format(port=broker.tools_port))
    for name in ("tools.psk", "tools.acl"):
        (broker.folder / name).unlink()
    for account in ("operator", "reader"):
        shutil.rmtree(broker.folder / account)


def test_an_older_folder_is_named_and_upgraded(broker):
    lab = broker.lab
    old = Broker(lab, "old")
    old.init()
    old.add(DEVICE, PSK)
    made_old(old)
    old.start()
    granted(publishes(old.tools_port))  # that is what was wrong
    for command in (["list", old.folder], ["add", old.folder, "x", "-"], ["remove", old.folder, DEVICE],
                    ["rotate", old.folder, DEVICE]):
        one_line(lab.esb("broker", *command, check=False, stdin=PSK + "\n"), "esb broker upgrade")
    one_line(lab.esb("devices", "--broker", old.tools, check=False), "esb broker upgrade")

    done = lab.esb("broker", "upgrade", old.folder)
    assert "restart mosquitto" in done.stdout
    assert "restart it" in lab.esb("broker", "add", old.folder, "ESP-2", "-", stdin=PSK + "\n").stderr
    config = (old.folder / "mosquitto.conf").read_text()
    assert "allow_anonymous true" not in config and "\nmessage_size_limit " in f"\n{config}"
    old.stop()
    old.start()
    refused(publishes(old.tools_port))
    granted(lab.esb("devices", "--broker", old.tools, "--for", "0.2").returncode == 0)
    granted(publishes(old.port, *psk(DEVICE, PSK)))
    assert "nothing to do" in lab.esb("broker", "upgrade", old.folder).stdout
    assert lab.esb("broker", "add", old.folder, "ESP-3", "-", stdin=PSK + "\n").stderr == ""


def test_an_upgrade_touches_no_listener_that_is_not_ours(broker):
    old = Broker(broker.lab, "foreign")
    old.init()
    made_old(old)
    config = old.folder / "mosquitto.conf"
    config.write_text(config.read_text() + "listener 1999 0.0.0.0\nallow_anonymous true\n")
    before = config.read_text()
    one_line(broker.lab.esb("broker", "upgrade", old.folder, check=False), "listener 1999 0.0.0.0")
    assert config.read_text() == before


def test_a_message_no_device_can_hold_is_not_delivered(broker):
    with ears(broker) as session:
        for size, arrives in ((8192, True), (8193, False), (100_000, False)):
            subprocess.run(broker.as_tool("mosquitto_pub", "-t", "ESP/x/app/large", "-s"), input=b"x" * size,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PATIENCE)
            assert (session.rest(QUIET) != "") == arrives, size
            while session.rest(0.2):
                pass


def test_count(capsys):
    with capsys.disabled():
        print(f"{tries['refused']} tries refused, {tries['granted']} granted")
    assert tries["refused"] > 50
