"""An emulated chip that is on line: where the tests of the real chip begin."""

import json

from pytest_esb.emulated_chip import HOST, OPEN_NETWORKS, PATIENCE, EmulatedChip
from pytest_esb.lab import Lab
from idf_build import Firmware, IdfBuild
from on_line import Device

JOIN = f"wifi connect {OPEN_NETWORKS[0]}"


class ChipDevice(Device):
    host = HOST

    def __init__(self, lab: Lab, build: IdfBuild, firmware: Firmware, restarts_inside: bool = False):
        self.build = build
        self.restarts_inside = restarts_inside
        super().__init__(lab, firmware)

    def start_chip(self, image: Firmware):
        self.chip = EmulatedChip(self.lab, self.build.flash(image), self.build.target)
        self.chip.restarts_inside = self.restarts_inside
        self.chip.power_on()
        self.take_birth()
        self.go_on_line(JOIN)

    def image(self, firmware: Firmware) -> bytes:
        return self.build.image(firmware).read_bytes()

    def runs(self, firmware: Firmware, slot: str):
        """Waits for its banner and compares the slot with the image, byte by byte."""
        self.chip.expect(rf"===== basic {firmware.version} \(seq {firmware.seq}\) on {self.build.target}, slot {slot}")
        image = self.image(firmware)
        assert self.chip.slot(slot)[:len(image)] == image

    def runs_now(self, firmware: Firmware):
        self.chip.ask("status", rf"firmware: basic {firmware.version} \(seq {firmware.seq}, floor \d+\)\r*\n")

    def facts(self, patience: float = PATIENCE) -> dict:
        """`status` as a program reads it."""
        self.chip.type("status --json")
        return json.loads(self.chip.expect(r'(\{"app":[^\r\n]*\})\r*\n', patience)[1])

    def join(self, network: str):
        """Changes the network of a device that has been on line: on trial, then kept."""
        self.chip.ask(f"wifi connect {network}", r"ok, on trial")
        self.chip.expect(r"config: kept", 60)
        self.chip.expect(r"ping: echo after \d+ ms", 120)

    def configure(self, **changes):
        """A patch on <base>/config; a__0__b stands for a.0.b."""
        self.publish("config", json.dumps({name.replace("__", "."): value for name, value in changes.items()}))
