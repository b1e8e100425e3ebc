"""A host in the local network that says its name by multicast DNS (RFC 6762): one name, one IPv4 address.

The emulator's network passes the chip's question on from a port of the host's own, so the answer is that to a one-shot
question (section 6.7): to whoever asked, with the question repeated.
"""

import socket
import struct
import threading

GROUP, PORT = "224.0.0.251", 5353


class MulticastName:
    def __init__(self, name: str, address: str):
        labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
        self.question = labels + b"\0" + struct.pack(">HH", 1, 1)
        self.record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 10, 4) + socket.inet_aton(address)
        self.asked = 0
        self.socket = socket.socket(type=socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((GROUP, PORT))
        self.socket.settimeout(0.2)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._answer, daemon=True)

    def __enter__(self):
        for interface in ("127.0.0.1", "0.0.0.0"):
            try:
                self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                                       socket.inet_aton(GROUP) + socket.inet_aton(interface))
            except OSError:
                continue  # no way out of this machine: then the question comes by the loopback
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join(5)
        self.socket.close()

    def _answer(self):
        while not self.over.is_set():
            try:
                query, whence = self.socket.recvfrom(1500)
            except TimeoutError:
                continue
            if self.question not in query[12:]:
                continue
            self.asked += 1
            head = query[:2] + struct.pack(">HHHHH", 0x8400, 1, 1, 0, 0)
            self.socket.sendto(head + self.question + self.record, whence)
