"""Everything that is said at a broker, as it is said: for tests that wait for a message, and for whoever reads why one failed."""

import dataclasses
import pathlib
import subprocess
import threading
import time

from pytest_esb.lab import Broker, wait_until

READY = "laboratory/trace"  # a retained message that comes back when the trace is listening


@dataclasses.dataclass(frozen=True)
class Heard:
    topic: str
    payload: bytes

    @property
    def text(self) -> str:
        return self.payload.decode(errors="backslashreplace")


class Trace:
    """A mosquitto_sub on everything, started anew with each start of the broker. All messages stay in `heard`."""

    def __init__(self, broker: Broker, log: pathlib.Path):
        self.broker = broker
        self.log = log
        self.heard: list[Heard] = []
        self._process: subprocess.Popen | None = None
        self._ready = threading.Event()

    def start(self):
        self._ready.clear()
        self._process = subprocess.Popen(self.broker.as_reader("mosquitto_sub", "-t", "#", "-F", "%t %x"),
                                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()
        subprocess.run(self.broker.as_tool("mosquitto_pub", "-r", "-t", READY, "-m", "ready"), check=True, timeout=20)
        wait_until("the trace of the broker", self._ready.is_set)

    def stop(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _read(self, pipe):
        with pipe, open(self.log, "a", encoding="utf-8") as log:
            for line in pipe:
                topic, _, digits = line.decode(errors="backslashreplace").rstrip("\n").rpartition(" ")
                if topic == READY:
                    self._ready.set()
                    continue
                message = Heard(topic, bytes.fromhex(digits))
                self.heard.append(message)
                log.write(f"{time.strftime('%H:%M:%S')} {topic}  {message.text}\n")
                log.flush()
