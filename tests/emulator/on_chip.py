"""An emulated chip that is on line: where the tests of the real chip begin."""

from emulated_chip import HOST, OPEN_NETWORKS, EmulatedChip
from esb_lab import Lab
from idf_build import Firmware, IdfBuild
from on_line import Device

JOIN = f"wifi connect {OPEN_NETWORKS[0]}"


class ChipDevice(Device):
    host = HOST

    def __init__(self, lab: Lab, build: IdfBuild, firmware: Firmware):
        self.build = build
        super().__init__(lab, firmware)

    def start_chip(self, image: Firmware):
        self.chip = EmulatedChip(self.lab, self.build.flash(image), self.build.target)
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
