"""One emulated chip: its flash file, its power switch, and the person at its serial port.

The emulator is QEMU with Espressif's chips and their Wi-Fi. ESB_EMULATOR names the folder that has bin/qemu-system-riscv32
(and -xtensa) and the boot ROMs in pc-bios/ (or share/qemu/).
"""

import os
import pathlib
import re
import select
import struct
import subprocess
import threading
import time

from pytest_esb.lab import Lab, StepFailed
from pytest_esb.stuck import EmulatorStuck, Monitor, why_stuck

PATIENCE = 90  # seconds: the guest's clock is real time, so a busy host makes everything late
SILENCE = 10  # seconds after which it is asked whether the emulator is stuck
HOST = "10.0.2.2"  # the host's loopback, as the chip sees it
HOST_V6 = "fec0::2"  # the same by IPv6
OPEN_NETWORKS = ("Espressif", "PICSimLabWifi", "MasseyWifi")  # what the emulated radio can hear
PROGRAMS = {"esp32c3": "qemu-system-riscv32", "esp32": "qemu-system-xtensa"}
PARTITION_TABLE_AT = 0x8000
EFUSE_BLOCKS = (24, 24, 32, *8 * (32,))  # bytes, one behind the other in the emulator's file


def emulator_folder() -> pathlib.Path:
    return pathlib.Path(os.environ["ESB_EMULATOR"])


def boot_roms() -> pathlib.Path:
    candidates = [emulator_folder() / "pc-bios", emulator_folder() / "share/qemu"]
    return next((folder for folder in candidates if folder.exists()), candidates[0])


class EmulatedChip:
    """`restarts_inside`: a restart keeps the RTC memory and the reset reason, as on a real chip, but the emulator's clock
    then runs slower each time. Otherwise a restart ends the emulator and is a power cycle.
    `watchdogs`: the timer groups' work. They count the host's time, so a busy host makes them bite without a reason."""

    switched_on: "set[EmulatedChip]" = set()
    efuses: "pathlib.Path | None" = None  # a file, beside the flash: what is burnt stays burnt; None: new ones at each start
    counting: int | None = None  # 2 ** counting nanoseconds of the chip's time for each instruction; None: the host's time

    def __init__(self, lab: Lab, image: pathlib.Path, target: str = "esp32c3", name: str = "chip",
                 network_options: str = "", wired: bool = False):
        self.lab = lab
        self.target = target
        self.name = name
        self.flash = lab.folder / f"{name}.flash"
        self.flash.write_bytes(image.read_bytes())
        self.network_options = network_options
        self.wired = wired  # with an Ethernet socket, and a cable in it at each power_on()
        self.restarts_inside = False
        self.watchdogs = False
        self.text = ""  # printed since the last power_on()
        self.seen = 0  # up to here expect() has looked
        self.boots = 0  # since the last power_on()
        self.powered_at = 0.0
        self._news = threading.Condition()
        self._process: subprocess.Popen | None = None
        self._thread: threading.Thread | None = None
        self._powered = False
        self._images = image.parent
        self._monitor = lab.folder / f"{name}.qmp"
        # Pipes, not a socket: the emulator drops what it cannot write at once, and single bytes soon fill a socket.
        self._path = lab.folder / f"{name}.uart"
        for end in ("in", "out"):
            os.mkfifo(f"{self._path}.{end}")
        self._typed = os.open(f"{self._path}.in", os.O_RDWR)
        self._printed = os.open(f"{self._path}.out", os.O_RDONLY | os.O_NONBLOCK)
        lab.keep_track(self)

    # Power

    def power_on(self):
        self.text, self.seen, self.boots = "", 0, 0
        self.powered_at = time.monotonic()
        self._powered = True
        self._start()
        self.switched_on.add(self)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def power_off(self):
        """Loss of power: the emulator is killed, the flash file stays as it was at that moment."""
        if not self._powered:
            return
        self._powered = False
        self.switched_on.discard(self)
        with self._news:
            self._process.kill()
        self._thread.join(30)

    def stop(self):
        self.power_off()
        os.close(self._typed)
        os.close(self._printed)

    def _command(self) -> list[str]:
        nic = f"user,model={self.target}_wifi" + (f",{self.network_options}" if self.network_options else "")
        command = [str(emulator_folder() / "bin" / PROGRAMS[self.target]), "-M", f"{self.target}-picsimlab",
                   "-L", str(boot_roms()), "-display", "none", "-monitor", "none",
                   "-qmp", f"unix:{self._monitor},server=on,wait=off",
                   "-drive", f"file={self.flash},if=mtd,format=raw",
                   "-global", f"driver=timer.{self.target}.timg,property=wdt_disable,value={str(not self.watchdogs).lower()}",
                   "-nic", nic, "-chardev", f"pipe,id=uart,path={self._path}", "-serial", "chardev:uart"]
        if self.wired:
            command += ["-nic", "user,model=open_eth,id=wire"]
        if self.efuses is not None:
            command += ["-drive", f"file={self.efuses},if=none,format=raw,id=efuses",
                        "-global", f"driver=nvram.{self.target}.efuse,property=drive,value=efuses"]
        if self.counting is not None:
            command += ["-icount", f"shift={self.counting},sleep=on"]
        return command if self.restarts_inside else command + ["-no-reboot"]

    def _start(self):
        with open(self.lab.logs / f"{self.name}-emulator.log", "ab") as log:
            self._process = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                             process_group=0)
        self.boots += 1

    def _run(self):
        """Reads all that the serial port says; starts the emulator anew when the chip has restarted itself."""
        while True:
            while self._process.poll() is None:
                self._read_what_is_there(0.2)
            self._read_what_is_there(0)
            with self._news:
                if not self._powered:
                    return
                if self._process.returncode != 0:
                    self._append(f"\nthe emulator ended with status {self._process.returncode}\n")
                    return
                self._start()

    def _read_what_is_there(self, patience: float):
        readable, _, _ = select.select([self._printed], [], [], patience)
        if not readable:
            return
        try:
            piece = os.read(self._printed, 65536)
        except BlockingIOError:  # what was readable was the end; the next emulator has just opened its side
            return
        if piece:
            self._append(piece.decode(errors="replace"))
        else:
            time.sleep(0.01)  # nobody has opened the other end yet, or nobody any more

    def _append(self, piece: str):
        with open(self.lab.logs / f"{self.name}-serial.log", "a") as log:
            log.write(piece)
        with self._news:
            self.text += piece
            self._news.notify_all()

    def give_efuses(self):
        """New ones of a chip of revision 0.3, before the first start."""
        blocks = [bytearray(size) for size in EFUSE_BLOCKS]
        blocks[1][:6] = bytes.fromhex("0110fe240ac4")  # its MAC
        blocks[1][12:16] = (3 << 18).to_bytes(4, "little")
        self.efuses = self.lab.folder / f"{self.name}.efuse"
        self.efuses.write_bytes(b"".join(blocks).ljust(1024, b"\0"))

    def efuse(self, block: int, bit: int, count: int = 1) -> int:
        """What is burnt, by the places of ESP-IDF's esp_efuse_table.csv."""
        at = sum(EFUSE_BLOCKS[:block])
        word = int.from_bytes(self.efuses.read_bytes()[at:at + EFUSE_BLOCKS[block]], "little")
        return word >> bit & (1 << count) - 1

    def cable(self, plugged_in: bool):
        with Monitor(self._monitor) as monitor:
            monitor.set_link("wire", plugged_in)

    # Its health

    def why_stuck(self) -> str | None:
        """One line if the emulator has lost an interrupt, for which the firmware waits for ever."""
        if not self._powered or self._process.poll() is not None:
            return None
        why = why_stuck(self._monitor, sorted(self._images.glob(f"*-{self.target}*.elf")))
        return why and f"emulator stuck: {why}"

    def _require_not_stuck(self):
        if why := self.why_stuck():
            raise EmulatorStuck(f"{why}; the chip said: {self.text[-600:]!r}")

    # The serial port

    def expect(self, pattern: str, patience: float = PATIENCE) -> re.Match:
        """Waits for a text behind what was expected before."""
        until = time.monotonic() + patience
        while True:
            said = len(self.text)
            if found := self._find(pattern):
                return found
            left = until - time.monotonic()
            if left <= 0:
                raise StepFailed(f"the chip did not print /{pattern}/ within {patience:g} s; "
                                 f"it said: {self.text[-600:]!r}")
            if not self._says_more_than(said, min(left, SILENCE)) and left > SILENCE:
                self._require_not_stuck()

    def _find(self, pattern: str) -> re.Match | None:
        with self._news:
            found = re.search(pattern, self.text[self.seen:])
            if found:
                self.seen += found.end()
            return found

    def _says_more_than(self, said: int, patience: float) -> bool:
        with self._news:
            return self._news.wait_for(lambda: len(self.text) > said, patience)

    def type(self, line: str):
        os.write(self._typed, (line + "\r\n").encode())

    def ask(self, line: str, pattern: str) -> re.Match:
        self.type(line)
        return self.expect(pattern)

    @property
    def lines(self) -> list[str]:
        return [line.rstrip("\r") for line in self.text.split("\n")]

    def settle(self) -> list[str]:
        """Everything printed since power-on, once the console has answered."""
        self.ask("status", r"up: \d+ s\r*\n")
        return self.lines

    # The flash

    def partition(self, label: str) -> bytes:
        """Read from the flash file by the partition table that is in it."""
        flash = self.flash.read_bytes()
        for at in range(PARTITION_TABLE_AT, PARTITION_TABLE_AT + 0xC00, 32):
            magic, _, _, offset, size, name = struct.unpack_from("<HBBII16s", flash, at)
            if magic != 0x50AA:
                break
            if name.rstrip(b"\0").decode() == label:
                return flash[offset:offset + size]
        raise StepFailed(f"no partition {label}")

    def slot(self, which: str) -> bytes:
        return self.partition({"a": "ota_0", "b": "ota_1"}[which])
