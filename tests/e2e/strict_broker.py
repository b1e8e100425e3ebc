"""A broker with AWS IoT's rules, as far as they are published: what it forbids, it ends the connection for.

Client certificates only; ALPN at the port for it; client id and topics by policy; no QoS 2; no retained messages and
wills without a policy for them; short limits. TLS is Python's; MQTT 3.1.1 is read here, byte by byte, and nothing is
forgiven.
"""

import dataclasses
import socket
import ssl
import struct
import threading

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = (
    1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14)
ALPN = "x-amzn-mqtt-ca"
MAX_TOPIC, MAX_SLASHES, MAX_PAYLOAD, MAX_FILTERS = 256, 7, 128 * 1024, 8  # AWS IoT Core endpoints and quotas
KEEP_ALIVE = range(30, 1201)


class Forbidden(Exception):
    """The client has broken a rule; the text says which."""


def matches(pattern: str, topic: str) -> bool:
    """MQTT's filters; what begins with $ is for nobody's wildcard."""
    wanted, given = pattern.split("/"), topic.split("/")
    if given[0].startswith("$") and wanted[0] in ("+", "#"):
        return False
    for i, level in enumerate(wanted):
        if level == "#":
            return True
        if i >= len(given) or level not in ("+", given[i]):
            return False
    return len(wanted) == len(given)


@dataclasses.dataclass
class Policy:
    """What a certificate may; filters. A device's own topics, unless somebody changes it."""
    client_id: str
    publish: list[str]
    subscribe: list[str]
    retain: list[str] = dataclasses.field(default_factory=list)  # iot:RetainPublish

    @classmethod
    def of(cls, identity: str) -> "Policy":
        base = identity.replace("-", "/")
        return cls(identity, [f"{base}/#"], [f"{base}/#"], [f"{base}/#"])

    def check(self, action: str, topic: str):
        if not any(matches(pattern, topic) or pattern == topic for pattern in getattr(self, action)):
            raise Forbidden(f"{action} {topic}")


def text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack(">H", len(raw)) + raw


class Reader:
    def __init__(self, body: bytes):
        self.body, self.at = body, 0

    def take(self, count: int) -> bytes:
        piece = self.body[self.at:self.at + count]
        if len(piece) != count:
            raise Forbidden("a packet that is too short")
        self.at += count
        return piece

    def number(self) -> int:
        return struct.unpack(">H", self.take(2))[0]

    def text(self) -> str:
        return self.take(self.number()).decode()

    def rest(self) -> bytes:
        return self.body[self.at:]


class Client:
    """One connection."""

    def __init__(self, broker: "StrictBroker", stream: ssl.SSLSocket):
        self.broker, self.stream = broker, stream
        names = dict(part for group in stream.getpeercert()["subject"] for part in group)
        self.identity = names["commonName"]
        self.filters: dict[str, int] = {}
        self.will = None
        self.lock = threading.Lock()
        self.numbers = 0

    def exactly(self, count: int) -> bytes:
        piece = b""
        while len(piece) < count:
            more = self.stream.recv(count - len(piece))
            if not more:
                raise EOFError
            piece += more
        return piece

    def packet(self) -> tuple[int, int, Reader]:
        (first,) = self.exactly(1)
        size = shift = 0
        while True:
            (byte,) = self.exactly(1)
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        if size > MAX_PAYLOAD + MAX_TOPIC + 16:
            raise Forbidden("a packet that is too large")
        return first >> 4, first & 15, Reader(self.exactly(size))

    def send(self, kind: int, flags: int, body: bytes):
        size, head = len(body), bytes([kind << 4 | flags])
        while True:
            head += bytes([size % 128 | (128 if size > 127 else 0)])
            size //= 128
            if not size:
                break
        with self.lock:
            self.stream.sendall(head + body)

    def deliver(self, topic: str, payload: bytes, retained: bool):
        granted = [qos for pattern, qos in self.filters.items() if matches(pattern, topic)]
        if granted:
            self.numbers = self.numbers % 65535 + 1
            number = struct.pack(">H", self.numbers) if max(granted) else b""
            self.send(PUBLISH, max(granted) << 1 | int(retained), text(topic) + number + payload)

    def serve(self):
        kind, _, body = self.packet()
        if kind != CONNECT:
            raise Forbidden("no CONNECT first")
        self.policy = self.broker.policies.get(self.identity)
        self.connect(body)
        while True:
            kind, flags, body = self.packet()
            if kind == PUBLISH:
                self.publish(flags, body)
            elif kind == SUBSCRIBE:
                self.subscribe(body)
            elif kind == UNSUBSCRIBE:
                number = body.number()
                self.send(UNSUBACK, 0, struct.pack(">H", number))
            elif kind == PINGREQ:
                self.send(PINGRESP, 0, b"")
            elif kind == DISCONNECT:
                self.will = None
                return
            elif kind != PUBACK:
                raise Forbidden(f"a packet of type {kind}")

    def connect(self, body: Reader):
        if body.text() != "MQTT" or body.take(1) != b"\x04":
            raise Forbidden("another version than 3.1.1")
        flags, keep_alive = body.take(1)[0], body.number()
        client_id = body.text()
        if self.policy is None or client_id != self.policy.client_id:
            raise Forbidden(f"connect as {client_id}")
        if keep_alive not in KEEP_ALIVE:
            raise Forbidden(f"a keep-alive of {keep_alive} s")
        if flags & 4:
            topic, payload = body.text(), body.take(body.number())
            self.check_topic(topic)
            self.policy.check("publish", topic)
            if flags >> 3 & 3 == 2:
                raise Forbidden("a will with QoS 2")
            if flags & 32:
                self.policy.check("retain", topic)
            self.will = (topic, payload, bool(flags & 32))
        clean = bool(flags & 2)
        self.filters, present = self.broker.take_over(self, client_id, clean)
        self.client_id = client_id
        self.send(CONNACK, 0, bytes([int(present), 0]))

    def check_topic(self, topic: str):
        if len(topic.encode()) > MAX_TOPIC or topic.count("/") > MAX_SLASHES:
            raise Forbidden(f"a topic that is too long: {topic}")

    def publish(self, flags: int, body: Reader):
        topic, qos = body.text(), flags >> 1 & 3
        self.check_topic(topic)
        if qos == 2:
            raise Forbidden("QoS 2")
        number = body.number() if qos else 0
        self.policy.check("publish", topic)
        if flags & 1:
            self.policy.check("retain", topic)
        if len(body.rest()) > MAX_PAYLOAD:
            raise Forbidden("a payload that is too large")
        self.broker.publish(topic, body.rest(), bool(flags & 1))
        if qos:
            self.send(PUBACK, 0, struct.pack(">H", number))

    def subscribe(self, body: Reader):
        number, wanted = body.number(), []
        while body.rest():
            wanted.append((body.text(), body.take(1)[0]))
        if len(wanted) > MAX_FILTERS:
            raise Forbidden(f"{len(wanted)} filters in one SUBSCRIBE")
        for pattern, _ in wanted:
            self.policy.check("subscribe", pattern)
        self.filters |= {pattern: min(qos, 1) for pattern, qos in wanted}
        self.send(SUBACK, 0, struct.pack(">H", number) + bytes(min(qos, 1) for _, qos in wanted))
        for pattern, _ in wanted:
            for topic, payload in list(self.broker.retained.items()):
                if matches(pattern, topic):
                    self.deliver(topic, payload, True)


class StrictBroker:
    """Listens until stop(). `ended` has what each connection ended with, `retained` what is kept."""

    def __init__(self, certificate, key, authority, port: int, *, host: str = "127.0.0.1", alpn: bool = False):
        self.policies: dict[str, Policy] = {}
        self.retained: dict[str, bytes] = {}
        self.sessions: dict[str, dict[str, int]] = {}
        self.clients: dict[str, Client] = {}
        self.forbidden: list[str] = []
        self.connections = 0
        self.sessions_reused = 0  # TLS sessions that were gone on with
        self.no_resumption = False  # goes on with them, and then turns the client away
        self.alpn = alpn
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.load_cert_chain(certificate, key)
        self.context.load_verify_locations(authority)
        self.context.verify_mode = ssl.CERT_REQUIRED
        if alpn:
            self.context.set_alpn_protocols([ALPN])
        self.lock = threading.RLock()
        self.listener = socket.create_server((host, port))
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self.listener.close()
        for client in list(self.clients.values()):
            client.stream.close()

    def _accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket):
        self.connections += 1
        client = None
        try:
            plain.settimeout(60)
            with self.context.wrap_socket(plain, server_side=True) as stream:
                self.sessions_reused += stream.session_reused
                if self.no_resumption and stream.session_reused:
                    raise Forbidden("a session")
                if self.alpn and stream.selected_alpn_protocol() != ALPN:
                    raise Forbidden(f"ALPN {stream.selected_alpn_protocol()}")
                client = Client(self, stream)
                client.serve()
        except Forbidden as why:
            self.forbidden.append(str(why))
        except (OSError, EOFError, ValueError):
            pass
        finally:
            plain.close()
            if client is not None:
                self._gone(client)

    def _gone(self, client: Client):
        with self.lock:
            if self.clients.get(getattr(client, "client_id", None)) is client:
                del self.clients[client.client_id]
        if client.will is not None and hasattr(client, "client_id"):
            self.publish(*client.will)

    def take_over(self, client: Client, client_id: str, clean: bool) -> tuple[dict, bool]:
        """Whoever comes later stays. The filters of its session, and whether there was one."""
        with self.lock:
            if other := self.clients.get(client_id):
                other.stream.close()
            self.clients[client_id] = client
            present = not clean and client_id in self.sessions
            filters = self.sessions.get(client_id, {}) if present else {}
            if clean:
                self.sessions.pop(client_id, None)
            else:
                self.sessions[client_id] = filters
            return filters, present

    def publish(self, topic: str, payload: bytes, retain: bool):
        with self.lock:
            if retain and payload:
                self.retained[topic] = payload
            elif retain:
                self.retained.pop(topic, None)
            clients = list(self.clients.values())
        for client in clients:
            try:
                client.deliver(topic, payload, False)
            except (OSError, ValueError):
                pass  # its own thread sees it
