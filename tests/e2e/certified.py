"""A device beside a broker whose other listeners are known by a certificate."""

import json
import os
import re
import subprocess

from pytest_esb.lab import free_ports
from on_line import Device
from pki import Pki


class Certified(Device):
    """A device on line by its key, beside whose listener the broker has two with certificates: `user` asks for a user
    name and a password, so does `six` over IPv6, `mutual` asks for a certificate."""

    host = "localhost"
    names = "DNS:localhost,IP:::1"  # in the server's certificate

    def start_services(self):
        self.pki = Pki(self.lab.folder / "pki")
        for name in ("root", "other", "devices"):
            self.pki.authority(name)
        self.pki.server("server", "root", self.names)
        self.pki.server("stranger", "other")
        self.user_port, self.mutual_port, self.six_port = free_ports(3)
        self.broker.init()
        self.broker.start()
        self.web.start()

    def take_birth(self):
        super().take_birth()
        self.add_listeners()

    def add_listeners(self):
        folder = self.broker.folder
        subprocess.run(["mosquitto_passwd", "-b", "-c", folder / "passwords", self.identity, "not a secret: 1"], check=True)
        common = (f"acl_file {folder}/acl\nuse_username_as_clientid true\ntls_version tlsv1.2\nallow_anonymous false\n"
                  f"certfile {self.pki.path('server.pem')}\nkeyfile {self.pki.path('server.key')}\n")
        with open(folder / "mosquitto.conf", "a", encoding="utf-8") as config:
            config.write(f"listener {self.user_port} 127.0.0.1\n{common}password_file {folder}/passwords\n")
            config.write(f"listener {self.six_port} ::1\n{common}password_file {folder}/passwords\n")
            config.write(f"listener {self.mutual_port} 127.0.0.1\n{common}cafile {self.pki.path('devices.pem')}\n"
                         "require_certificate true\nuse_identity_as_username true\n")
        for path in (folder, self.pki.folder):
            os.chmod(path, 0o755)
            for file in path.iterdir():
                os.chmod(file, 0o755 if file.is_dir() else 0o644)
        self.broker.stop()
        self.broker.start()

    def paste(self, command: str, pem: str, answer: str):
        self.chip.ask(command, r"then a line with a dot\r*\n")
        for line in pem.splitlines():
            self.chip.type(line)
        self.chip.ask(".", answer)

    def request(self) -> str:
        self.chip.type("mqtt csr")
        self.chip.expect(r"-----END CERTIFICATE REQUEST-----\r*\n")
        lines = self.chip.lines
        begin = max(i for i, line in enumerate(lines) if "BEGIN CERTIFICATE REQUEST" in line)
        end = next(i for i in range(begin, len(lines)) if "END CERTIFICATE REQUEST" in lines[i])
        return "\n".join(line.strip() for line in lines[begin:end + 1]) + "\n"

    def set(self, **settings):
        """One change by MQTT, of several settings."""
        self.publish("config", json.dumps({name.replace("__", "."): value for name, value in settings.items()}))

    def suite(self) -> str:
        return self.chip.ask("mqtt info", r"suite: (\S+)\r*\n")[1]

    def reconnected(self, port: int):
        self.chip.expect(rf"mqtt: connected to {re.escape(self.host)}:{port} ", 60)
        self.chip.expect(r"ping: echo after \d+ ms", 60)

    def goes_to_user_listener(self, **more):
        """By one change over MQTT, as an operator moves a device; on trial, then kept."""
        since = len(self.reports.messages)
        self.set(mqtt__0__port=self.user_port, mqtt__0__user=self.identity, mqtt__0__pass="not a secret: 1", **more)
        self.reports.wait_for(since, state="kept")
        self.chip.expect(r"config: kept", 60)
