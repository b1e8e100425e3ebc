"""--faults SEED: while a test runs, the world around its chips goes wrong by dice. The same seed throws the same dice; when exactly a
fault meets the firmware is for real time to say."""

import random
import signal
import threading
import time

PAUSE = (0.2, 1.5)  # seconds between two faults
LENGTH = (0.05, 0.8)  # of one
KINDS = ("broker", "air", "stall", "power")


class Faults(threading.Thread):
    def __init__(self, lab, seed: int, test: str):
        super().__init__(daemon=True)
        self.lab = lab
        self.dice = random.Random(f"{seed} {test}")
        self.done: list[str] = []
        self._over = threading.Event()
        self._began = time.monotonic()

    def stop(self):
        """The air is on and the broker runs when this returns."""
        self._over.set()
        self.join(30)

    def run(self):
        while not self._over.wait(self.dice.uniform(*PAUSE)):
            # All dice of a fault are thrown before anybody looks whether it can happen: the next ones stay the same.
            kind, length, which = self.dice.choice(KINDS), self.dice.uniform(*LENGTH), self.dice.random()
            happened = getattr(self, f"_{kind}")(length, which)
            self._note(kind if happened else f"{kind}, which is not there")

    def _note(self, what: str):
        line = f"{time.monotonic() - self._began:7.2f} s  {what}"
        self.done.append(line)
        with open(self.lab.logs / "faults.log", "a", encoding="utf-8") as log:
            log.write(line + "\n")

    def _broker(self, length, which) -> bool:
        with self.lab.lock:
            broker = self.lab.running_broker
            if broker is not None:
                broker.restart()
            return broker is not None

    def _air(self, length, which) -> bool:
        self._disturb_air(True)
        self._over.wait(length)
        self._disturb_air(False)
        return True

    def _disturb_air(self, disturbed: bool):
        with self.lab.lock:
            self.lab.air.is_disturbed = disturbed
            self.lab.air.changed()

    def _stall(self, length, which) -> bool:
        """The broker is slow."""
        with self.lab.lock:
            broker = self.lab.running_broker
            if broker is None:
                return False
            broker.process.send_signal(signal.SIGSTOP)
            self._over.wait(length)
            broker.process.send_signal(signal.SIGCONT)
        return True

    def _power(self, length, which) -> bool:
        chips = self.lab.chips
        if not chips:
            return False
        chips[int(which * len(chips))].lose_power()
        return True
