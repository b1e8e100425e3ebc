"""What time it is for the chips: a time server on this machine, and a jump of their clocks."""

import socket
import struct
import threading
import time

import pytest

from pytest_esb.lab import Air

CLOCK = "127.0.0.43"  # port 123 there is nobody's


class TimeServer:
    """SNTP (RFC 4330) with this machine's time, or one that is ahead of it."""

    def __init__(self, address: str = CLOCK):
        self.ahead = 0  # seconds
        self.answered = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self.socket.bind((address, 123))
        except OSError as why:
            pytest.skip(f"port 123: {why}")
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            request, who = self.socket.recvfrom(512)
            seconds = time.time() + self.ahead + 2208988800  # since 1900
            stamp = struct.pack(">II", int(seconds), int(seconds % 1 * 2**32))
            head = struct.pack(">BBbb", 0x24, 1, 6, -20) + bytes(8) + b"LOCL"
            self.socket.sendto(head + stamp + request[40:48] + stamp + stamp, who)
            self.answered += 1


class Clock:
    """The clocks of all chips of a laboratory, which are ahead of the host's by what they have jumped."""

    def __init__(self):
        self.airs: list[Air] = []
        self.ahead = 0  # seconds
        self._server: TimeServer | None = None

    @property
    def server(self) -> TimeServer:
        """Started when it is first wanted; the device's setting time.server has to name the address CLOCK."""
        if self._server is None:
            self._server = TimeServer()
            self._server.ahead = self.ahead
        return self._server

    def now(self) -> float:
        """As the time server says it: seconds since 1970."""
        return time.time() + self.ahead

    def jump(self, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0):
        """Forward. Whatever a chip has meant to do meanwhile it does now, once."""
        self.ahead += round(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
        if self._server is not None:
            self._server.ahead = self.ahead
        for air in self.airs:
            air.ahead = self.ahead
            air.write()

    def watch(self, air: Air):
        air.ahead = self.ahead
        self.airs.append(air)
