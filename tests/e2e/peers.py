"""Brokers of others, with TLS, a user and a password: real processes, each with a folder of its own."""

import os
import pathlib
import shutil
import signal
import subprocess

import pytest

import npm
from pytest_esb.lab import PATIENCE, Lab, StepFailed, free_ports, port_answers, wait_until

USER, PASSWORD = "fleet", "correct horse battery"
RABBIT = pathlib.Path("/usr/lib/rabbitmq/bin")


class Peer:
    """What a device and `esb` need of a broker. The certificate is for localhost, by an authority of `esb ca`."""

    name = ""
    host = "localhost"

    def __init__(self, lab: Lab):
        self.lab = lab
        (self.port,) = free_ports(1)
        self.folder = lab.folder / self.name
        self.folder.mkdir()
        lab.esb("ca", "init", "ca")
        lab.esb("ca", "issue", "server", "ca", "--name", self.host, "--out", self.folder / "server")
        self.ca = lab.folder / "ca/ca.crt"
        self.process: subprocess.Popen | None = None
        self.prepare()
        lab.keep_track(self)

    def prepare(self): ...

    def command(self) -> list: ...

    def environment(self) -> dict:
        return {}

    def version(self) -> str: ...

    def start(self):
        with open(self.lab.logs / f"{self.name}.out", "ab") as log:
            self.process = subprocess.Popen(list(map(str, self.command())), stdout=log, stderr=log,
                                            stdin=subprocess.PIPE,
                                            cwd=self.folder, env={**os.environ, **self.environment()},
                                            start_new_session=True)
        self.process.stdin.write(f"{PASSWORD}\n".encode())
        self.process.stdin.close()

        def up():
            if self.process.poll() is not None:
                raise StepFailed(f"{self.name} ended at once, see {self.lab.logs}/{self.name}.out")
            return port_answers(self.port)

        wait_until(f"{self.name} listens", up, 90)

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)  # a session of its own
            self.process.wait()
        self.process = None

    def as_tool(self, tool: str, *arguments: str) -> list[str]:
        return [tool, "-h", self.host, "-p", str(self.port), "--cafile", str(self.ca), "-u", USER, "-P", PASSWORD,
                *arguments]

    def retained(self, topic: str, patience: float = 2) -> str | None:
        done = subprocess.run(self.as_tool("mosquitto_sub", "-t", topic, "-C", "1", "-W", str(int(patience)),
                                           "--retained-only"), capture_output=True, text=True, timeout=PATIENCE)
        return done.stdout.rstrip("\n") if done.returncode == 0 else None

    def words(self) -> list[str]:
        """For `esb`; the password is in a file."""
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o600)
        return ["--broker", f"mqtts://{USER}@{self.host}:{self.port}", "--ca", str(self.ca), "--password-file",
                str(secret)]


class Mosquitto(Peer):
    name = "mosquitto"

    def prepare(self):
        passwords = self.folder / "passwords"
        subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, USER, PASSWORD], check=True)
        user = "user root\n" if os.geteuid() == 0 else ""  # or it could not read our folder
        (self.folder / "conf").write_text(f"{user}listener {self.port} 127.0.0.1\n"
                                          f"certfile {self.folder}/server.crt\nkeyfile {self.folder}/server.key\n"
                                          f"password_file {passwords}\nallow_anonymous false\npersistence true\n"
                                          f"persistence_location {self.folder}/\n")

    def command(self):
        return ["mosquitto", "-c", self.folder / "conf"]

    def version(self):
        return subprocess.run(["mosquitto", "-h"], capture_output=True, text=True).stdout.split("\n")[0].split()[-1]


class Nats(Peer):
    name = "nats-server"

    def prepare(self):
        (client_port,) = free_ports(1)
        (self.folder / "conf").write_text(
            f'server_name: esb\nlisten: "127.0.0.1:{client_port}"\njetstream {{ store_dir: "{self.folder}/store" }}\n'
            f'authorization {{ users: [ {{ user: "{USER}", password: "{PASSWORD}" }} ] }}\n'
            f'mqtt {{\n  listen: "127.0.0.1:{self.port}"\n  tls {{ cert_file: "{self.folder}/server.crt", '
            f'key_file: "{self.folder}/server.key" }}\n}}\n')

    def command(self):
        return ["nats-server", "-c", self.folder / "conf"]

    def version(self):
        return subprocess.run(["nats-server", "--version"], capture_output=True,
                              text=True).stdout.split()[-1].lstrip("v")


class RabbitMq(Peer):
    name = "rabbitmq"

    def prepare(self):
        self.amqp_port, self.dist_port, self.epmd_port = free_ports(3)
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.amqp_port}\nloopback_users = none\ndefault_user = {USER}\n"
            f"default_pass = {PASSWORD}\nmqtt.allow_anonymous = false\nmqtt.listeners.tcp = none\n"
            f"mqtt.listeners.ssl.1 = 127.0.0.1:{self.port}\nssl_options.cacertfile = {self.ca}\n"
            f"ssl_options.certfile = {self.folder}/server.crt\nssl_options.keyfile = {self.folder}/server.key\n"
            "ssl_options.verify = verify_none\nssl_options.versions.1 = tlsv1.2\n")
        (self.folder / "plugins").write_text("[rabbitmq_mqtt].\n")

    def environment(self):
        return {"HOME": str(self.folder), "RABBITMQ_NODENAME": "esb@localhost", "RABBITMQ_CONFIG_FILE":
                str(self.folder / "rabbitmq"), "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
                "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"), "RABBITMQ_LOG_BASE": str(self.folder / "log"),
                "RABBITMQ_DIST_PORT": str(self.dist_port), "ERL_EPMD_PORT": str(self.epmd_port),
                "ERL_EPMD_ADDRESS": "127.0.0.1", "RABBITMQ_PID_FILE": str(self.folder / "pid")}

    def command(self):
        return [RABBIT / "rabbitmq-server"]

    def stop(self):
        super().stop()
        # Erlang's port mapper stays behind otherwise; it is ours alone, by its port.
        subprocess.run(["epmd", "-port", str(self.epmd_port), "-kill"], capture_output=True, timeout=PATIENCE,
                       env={**os.environ, "ERL_EPMD_RELAXED_COMMAND_CHECK": "1"})

    def version(self):
        return subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "rabbitmq-server"], capture_output=True,
                              text=True).stdout.split("-")[0]


class Aedes(Peer):
    name = "aedes"

    def prepare(self):
        self.modules = npm.install(pathlib.Path(__file__).parent / "aedes", "aedes")

    def command(self):
        script = pathlib.Path(__file__).parent / "aedes/broker.mjs"
        return [npm.NODE, script, self.port, self.folder / "server.crt", self.folder / "server.key", USER]

    def start(self):
        for name in ("node_modules", "package.json"):  # where the script looks for them
            if not (self.folder / name).exists():
                (self.folder / name).symlink_to(self.modules / name)
        super().start()

    def version(self):
        return (self.lab.logs / "aedes.out").read_text().split()[1]


def missing(peer: type[Peer]) -> str | None:
    """Why it cannot run here."""
    if peer is Nats and not shutil.which("nats-server"):
        return "nats-server is not installed"
    if peer is RabbitMq and not (RABBIT / "rabbitmq-server").exists():
        return "rabbitmq-server is not installed"
    if peer is Aedes and not (npm.NODE and npm.NPM):
        return "node is not installed"
    return None


def skip_unless_there(peer: type[Peer]):
    if why := missing(peer):
        pytest.skip(why)
