"""Honest and hostile clients of the set-up page, on real sockets. Used by the attack tests and by bench/portal."""

import contextlib
import itertools
import json
import os
import pathlib
import socket
import threading
import time

from pytest_esb.lab import Chip, free_ports, port_answers, wait_until

HOST = "4.3.2.1"  # the access point's address, the only Host that is served
ANSWER_LIMIT = 2.0  # seconds an honest client may wait


class Reply:
    def __init__(self, raw: bytes):
        self.raw = raw
        head, _, self.rest = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        words = lines[0].split(" ")
        self.status = int(words[1]) if len(words) > 2 and words[0] == "HTTP/1.1" else 0
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()

    def is_whole(self) -> bool:
        if b"\r\n\r\n" not in self.raw:
            return False
        if self.headers.get("transfer-encoding") == "chunked":
            return self.rest.endswith(b"0\r\n\r\n")
        return len(self.rest) >= int(self.headers.get("content-length", 1 << 30))

    @property
    def body(self) -> bytes:
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rest
        body, rest = b"", self.rest
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            if int(size, 16) == 0:
                return body
            body, rest = body + rest[:int(size, 16)], rest[int(size, 16) + 2:]
        raise ValueError("a chunked body without its end")


class Target:
    """A portal at 127.0.0.1:port."""

    def __init__(self, port: int):
        self.port = port

    def connect(self, patience: float = 10) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), patience)

    def exchange(self, request: bytes, half_close: bool = False, patience: float = 10, to_end: bool = False) -> Reply:
        """Sends all of it and reads one reply, or (to_end) until the other side ends."""
        until = time.monotonic() + patience
        received = b""
        with self.connect(patience) as client:
            with contextlib.suppress(ConnectionError):
                client.sendall(request)
                if half_close:
                    client.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionError, TimeoutError):
                while time.monotonic() < until:
                    client.settimeout(max(0.01, until - time.monotonic()))
                    piece = client.recv(65536)
                    if not piece:
                        break
                    received += piece
                    if not to_end and Reply(received).is_whole():
                        break
        return Reply(received)

    def get(self, path: str, patience: float = 10) -> Reply:
        return self.exchange(get_request(path), patience=patience)

    def post(self, path: str, body="{}") -> Reply:
        return self.exchange(post_request(path, body if isinstance(body, str) else json.dumps(body)))

    def state(self) -> dict:
        reply = self.get("/api/state")
        if reply.status != 200:
            raise AssertionError(f"state: {reply.raw[:100]!r}")
        return json.loads(reply.body)

    def answer_time(self) -> float:
        """Seconds until an honest client has its answer; infinite when it gets none. A connection that is lost is tried
        again at once, as browsers and our page do."""
        begun = time.monotonic()
        until = begun + 3 * ANSWER_LIMIT
        while (left := until - time.monotonic()) > 0:
            try:
                reply = self.get("/api/state", patience=left)
                if reply.status == 200 and "system" in json.loads(reply.body):
                    return time.monotonic() - begun
            except (OSError, ValueError):
                pass
            time.sleep(0.01)
        return float("inf")


def get_request(path: str, host: str = HOST, more: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode("latin-1")


def post_request(path: str, body: str = "{}", host: str = HOST, more: str = "", own: str = "X-ESB: 1\r\n",
                 content: str = "application/json", length: str | None = None) -> bytes:
    size = len(body.encode()) if length is None else length
    return (f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{own}Content-Type: {content}\r\nContent-Length: {size}\r\n{more}\r\n"
            f"{body}").encode("utf-8")


class Attacker(threading.Thread):
    """One hostile connection, opened anew whenever it is thrown out, until it is stopped."""

    pause = 0.02  # seconds before it is opened anew

    def __init__(self, target: Target, stop: threading.Event):
        super().__init__(daemon=True)
        self.target = target
        self.stop = stop

    def run(self):
        while not self.stop.is_set():
            with contextlib.suppress(OSError):
                with self.target.connect(5) as client:
                    client.settimeout(0.2)
                    self.attack(client)
            self.stop.wait(self.pause)

    def attack(self, client: socket.socket):
        raise NotImplementedError

    def hold(self, client: socket.socket, seconds: float = 30):
        """Keeps the connection without a word until the other side ends it."""
        until = time.monotonic() + seconds
        while not self.stop.is_set() and time.monotonic() < until:
            with contextlib.suppress(TimeoutError):
                if not client.recv(4096):
                    return


class Silent(Attacker):
    # A hundred of these are enough to fill the listener's queue: what is dropped there is the kernel's to repeat.
    pause = 0.5

    def attack(self, client):
        self.hold(client)


class Trickle(Attacker):
    """A lawful request, one byte a second."""

    def attack(self, client):
        for byte in get_request("/api/state"):
            client.send(bytes([byte]))
            if self.stop.wait(1):
                return


class TrickledBody(Attacker):
    """Takes the buffer of JSON bodies, then one byte a second."""

    def attack(self, client):
        client.sendall(post_request("/api/settings", "", length="200"))
        for _ in range(200):
            client.send(b" ")
            if self.stop.wait(1):
                return


class HeaderBomb(Attacker):
    """Headers without an end."""

    def attack(self, client):
        client.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n".encode())
        while not self.stop.is_set():
            client.sendall(b"X-Filler: " + b"a" * 200 + b"\r\n")


class Pipeline(Attacker):
    """Fifty requests at once; only the first is answered."""

    def attack(self, client):
        client.sendall(get_request("/api/settings") * 50)
        self.hold(client, 5)


class HalfClosed(Attacker):
    """Ends its half in the middle of the request."""

    def attack(self, client):
        client.sendall(b"GET /api/st")
        client.shutdown(socket.SHUT_WR)
        self.hold(client, 5)


class LongBody(Attacker):
    """Promises more than it sends."""

    def attack(self, client):
        client.sendall(post_request("/api/settings", "{}", length="2000"))
        self.hold(client)


class ShortBody(Attacker):
    """The same with a body so small that it needs no buffer of its own."""

    def attack(self, client):
        client.sendall(post_request("/api/settings", "{", length="20"))
        self.hold(client)


class LostUpload(Attacker):
    """An upload that stops after its beginning."""

    def attack(self, client):
        client.sendall(post_request("/api/update", "abc.def.ghi", content="application/octet-stream", length="100000"))
        self.hold(client)


class DeafReader(Attacker):
    """Asks for the longest answer and reads nothing."""

    def attack(self, client):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.sendall(get_request("/api/settings"))
        self.stop.wait(10)


class Hammer(Attacker):
    """Connects and goes, as fast as it can."""

    def attack(self, client):
        with contextlib.suppress(TimeoutError):
            client.sendall(get_request("/", host="captive.apple.com"))
            client.recv(100)


@contextlib.contextmanager
def under_attack(target: Target, kind: type[Attacker], count: int):
    """So many attackers of one kind, while the block runs."""
    stop = threading.Event()
    attackers = [kind(target, stop) for _ in range(count)]
    for one in attackers:
        one.start()
    try:
        yield
    finally:
        stop.set()
        for one in attackers:
            one.join(15)


# name, kind, how many at once
BATTERY = [
    ("silent", Silent, 100),
    ("1 byte a second", Trickle, 20),
    ("body, 1 byte a second", TrickledBody, 8),
    ("header bombs", HeaderBomb, 8),
    ("pipelining", Pipeline, 8),
    ("half-closed", HalfClosed, 20),
    ("body too short", LongBody, 8),
    ("small body too short", ShortBody, 8),
    ("uploads that stop", LostUpload, 8),
    ("replies not read", DeafReader, 20),
    ("hammering", Hammer, 8),
]


_numbers = itertools.count(1)


class PortalChip:
    """A virtual chip fresh from the factory, whose access point is on the air."""

    def __init__(self, lab, image):
        self.chip = Chip(lab, f"portal-{next(_numbers)}")
        (port,) = free_ports(1)
        self.chip.ports = {80: port}
        self.chip.air.write()
        lab.esb("vchip", "flash", "--flash", self.chip.flash, "--image", image)
        self.chip.power_on()
        self.chip.expect(r"AP ssid=[^\r\n]*\r*\n")
        wait_until("the set-up page answers", lambda: port_answers(port))
        self.target = Target(port)

    def resident(self) -> int:
        """Bytes of memory that the firmware's process uses."""
        pages = pathlib.Path(f"/proc/{self.chip.firmware_pid()}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
