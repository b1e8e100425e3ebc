"""The world at the pins of one virtual chip: levels, voltages, and devices on its I2C bus, which are Python."""

import pathlib
import select
import socket
import threading

FULL_SCALE = 1024  # of what goes over the socket for shares


class I2cDevice:
    """A device on the bus: give it an address, and say what it does with what is written and what can be read from it."""

    address = 0

    def write(self, data: bytes) -> bool | None:
        """False: not acknowledged."""

    def read(self, count: int) -> bytes | None:
        """At most so many bytes; the rest is 0xFF, as on a bus that nobody pulls down. None: not acknowledged."""
        return b""


class Pin:
    """One digital pin, seen from outside."""

    def __init__(self, pins: "Pins", number: int):
        self._pins, self.number = pins, number

    def set(self, level: bool | int):
        """What an input reads from now on."""
        self._pins.set_input("pin", self.number, int(bool(level)))

    def read(self) -> int | None:
        """What the chip drives: 0 or 1; None: it does not."""
        return self._pins.driven("pin", self.number)


class Channel:
    """One channel of the converter."""

    def __init__(self, pins: "Pins", number: int):
        self._pins, self.number = pins, number

    def set(self, share: float):
        """From 0 (ground) to 1 (the end of the range)."""
        self._pins.set_input("adc", self.number, round(share * FULL_SCALE))


class Pulses:
    """One pulse output, seen from outside."""

    def __init__(self, pins: "Pins", number: int):
        self._pins, self.number = pins, number

    def read(self) -> float | None:
        """The share of the time that it is high, 0 to 1; None: no pulse output."""
        value = self._pins.driven("pwm", self.number)
        return None if value is None else value / FULL_SCALE


class Pins:
    """Serves the socket that `esb vchip run --pins` connects to at each start of the firmware (host/vchip/pin_link.hpp)."""

    def __init__(self, path: pathlib.Path):
        self.path = path
        self.devices: dict[int, I2cDevice] = {}
        self.problems: list[Exception] = []  # of devices; the chip got no answer
        self._inputs: dict[tuple[str, int], int] = {}
        self._outputs: dict[tuple[str, int], int] = {}
        self._lock = threading.RLock()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._chip: socket.socket | None = None
        self._rest = b""
        self._over, self._ended = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def pin(self, number: int) -> Pin:
        return Pin(self, number)

    def adc(self, channel: int) -> Channel:
        return Channel(self, channel)

    def pwm(self, number: int) -> Pulses:
        return Pulses(self, number)

    def attach(self, device: I2cDevice) -> I2cDevice:
        with self._lock:
            self.devices[device.address] = device
        return device

    def set_input(self, kind: str, number: int, value: int):
        with self._lock:
            self._inputs[kind, number] = value
            self._say(f"{kind} {number} {value}")

    def driven(self, kind: str, number: int) -> int | None:
        """What the chip has said until now, also if this thread is the first to look."""
        with self._lock:
            while self._is_waiting():
                self._receive()
            return self._outputs.get((kind, number))

    def stop(self):
        self._over.close()
        self._thread.join(5)
        for one in (self._listener, self._chip, self._ended):
            if one is not None:
                one.close()

    # The socket

    def _serve(self):
        while True:
            with self._lock:
                watched = [self._ended, self._listener, *([self._chip] if self._chip else [])]
            ready, _, _ = select.select(watched, [], [])
            if self._ended in ready:
                return
            with self._lock:
                if self._listener in ready:
                    self._accept()
                while self._is_waiting():
                    self._receive()

    def _accept(self):
        """A boot of the firmware; the one before is over."""
        if self._chip is not None:
            self._chip.close()
        self._chip, _ = self._listener.accept()
        self._rest = b""
        for (kind, number), value in self._inputs.items():
            self._say(f"{kind} {number} {value}")
        self._say("ready")

    def _is_waiting(self) -> bool:
        return self._chip is not None and bool(select.select([self._chip], [], [], 0)[0])

    def _receive(self):
        try:
            data = self._chip.recv(65536)
        except OSError:
            data = b""
        if not data:
            self._chip.close()
            self._chip = None
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(line.decode().split(" "))

    def _take(self, words: list[str]):
        if words == ["reset"]:
            self._outputs.clear()
        elif words[0] in ("pin", "pwm"):
            self._outputs[words[0], int(words[1])] = int(words[2])
        elif words[0] == "i2c":
            got = self._transfer(int(words[1]), words[2], int(words[3]))
            self._say("i2c -" if got is None else f"i2c {got.hex()}")

    def _transfer(self, address: int, written: str, count: int) -> bytes | None:
        """None: not acknowledged."""
        device = self.devices.get(address)
        if device is None:
            return None
        try:
            if (written != "-" or count == 0) and device.write(b"" if written == "-" else bytes.fromhex(written)) is False:
                return None
            if count == 0:
                return b""
            got = device.read(count)
            return None if got is None else bytes(got[:count])
        except Exception as problem:  # whatever it is: the chip must get an answer, and the test its reason
            self.problems.append(problem)
            return None

    def _say(self, line: str):
        if self._chip is None:
            return
        try:
            self._chip.sendall(line.encode() + b"\n")
        except OSError:  # it has just lost its power; _receive() finds that out
            pass
