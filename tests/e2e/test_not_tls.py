"""Other servers in the place of the broker's TLS port: each is noticed within the handshake's deadline, by its name, on the
console, in `mqtt` and in the recorder; the device comes on line as soon as the broker is back in its place."""

import http.server
import pathlib
import socket
import subprocess
import sys
import threading
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from pytest_esb.lab import Broker, Chip, Lab, free_ports, port_answers, wait_until  # noqa: E402
from on_line import NETWORK  # noqa: E402

HANDSHAKE = 15  # seconds, in all
SLACK = 10  # of a loaded machine


class Peer(threading.Thread):
    """Accepts and does to each connection what it is told, until it is stopped."""

    def __init__(self, port: int, answer):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", port))
        self.answer = answer
        self.over = threading.Event()
        self.start()

    def run(self):
        while not self.over.is_set():
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client:
            try:
                self.answer(client, self.over)
            except OSError:
                pass

    def stop(self):
        self.over.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Tool:
    """A program that listens, until it is stopped."""

    def __init__(self, port: int, *command):
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(f"{command[0]} listens", lambda: port_answers(port))

    def stop(self):
        self.process.kill()
        self.process.wait()


def silent(client, over):
    over.wait(60)


def hangs_up(client, over):
    client.recv(10)


def says(text: bytes):
    def answer(client, over):
        client.recv(10)
        client.sendall(text)
        over.wait(60)
    return answer


def drips(client, over):
    """The beginning of a lawful record, one byte a second."""
    for byte in b"\x16\x03\x03\x00\x5a\x02\x00\x00\x56\x03\x03" + bytes(60):
        client.sendall(bytes([byte]))
        if over.wait(1):
            return


def plain_mosquitto(lab, port):
    config = lab.folder / "plain.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    return Tool(port, "mosquitto", "-c", config)


def plain_http(lab, port):
    server = http.server.HTTPServer(("127.0.0.1", port), http.server.BaseHTTPRequestHandler)
    server.RequestHandlerClass.log_message = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.stop = lambda: (server.shutdown(), server.server_close())
    return server


def certificates(lab, port):
    """A TLS server that knows no pre-shared keys."""
    key, cert = lab.folder / "key.pem", lab.folder / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-keyout", key, "-out", cert],
                   check=True, capture_output=True, timeout=60)
    return Tool(port, "openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-key", key, "-cert", cert, "-quiet")


def peer(answer):
    return lambda lab, port: Peer(port, answer)


PEERS = {
    "mosquitto without TLS": (plain_mosquitto, r"tls\.not_tls|tls\.handshake_timeout"),
    "silence": (peer(silent), r"tls\.handshake_timeout"),
    "one byte a second": (peer(drips), r"tls\.handshake_timeout"),
    "hangs up": (peer(hangs_up), r"tls\.not_tls"),
    "a web server": (plain_http, r"tls\.not_tls"),
    "a CONNACK": (peer(says(b"\x20\x02\x00\x05")), r"tls\.not_tls"),
    "ssh": (peer(says(b"SSH-2.0-OpenSSH_9.2\r\n")), r"tls\.not_tls"),
    "openssl without keys": (certificates, r"tls\.no_common_suite"),
}


@pytest.fixture(scope="module")
def place():
    """A chip that has joined its network and knows its broker, whose port is still free."""
    with Lab() as lab:
        broker = Broker(lab)
        broker.init()
        chip = Chip(lab)
        lab.esb("vchip", "flash", "--flash", chip.flash, "--image", lab.products.basic_1_0)
        chip.air.networks = [NETWORK]
        chip.air.write()
        chip.power_on()
        born = chip.expect(r"MQTT ident=(\S+) psk=([0-9a-f]{32})\r*\n")
        broker.add(born[1], born[2])
        chip.ask(f'wifi connect {NETWORK["ssid"]} "{NETWORK["passphrase"]}"', r"ok\r*\n")
        yield lab, broker, chip


@pytest.mark.parametrize("name", PEERS)
def test_who_does_not_speak_our_TLS_is_noticed_and_named(place, name):
    lab, broker, chip = place
    make, wanted = PEERS[name]
    (port,) = free_ports(1)
    other = make(lab, port)
    try:
        begun = time.monotonic()
        chip.ask(f"mqtt server 127.0.0.1 {port}", r"ok\r*\n")
        said = chip.expect(rf"[^\n]*({wanted})[^\n]*\n", HANDSHAKE + SLACK)[0]
        assert time.monotonic() - begun < HANDSHAKE + SLACK
        assert "is this the TLS port?" in said or "no_common_suite" in said
        chip.ask("log", rf"({wanted})")
    finally:
        other.stop()


def test_the_broker_back_in_its_place(place):
    _, broker, chip = place
    broker.start()
    chip.ask(f"mqtt server 127.0.0.1 {broker.port}", r"ok\r*\n")
    chip.expect(r"ping: echo after \d+ ms")
