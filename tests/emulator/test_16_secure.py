"""examples/basic/sdkconfig.secure on the emulated chip: what the first start burns and encrypts, what then starts, and an update.

The emulator has eFuses, the ROM's secure boot and the flash's XTS-AES; a read-protected key it takes for zeros, here and there.
"""

import json

import pytest

from pytest_esb.emulated_chip import EmulatedChip
from pytest_esb.lab import StepFailed
from idf_build import BASIC_1_0, BASIC_1_1, SECURE, Firmware, IdfBuild
from on_chip import JOIN, ChipDevice

BURNT = {  # block, first bit, bits, value: ESP-IDF's esp_efuse_table.csv
    "SECURE_BOOT_EN": (0, 116, 1, 1),
    "KEY_PURPOSE_0": (0, 88, 4, 9),  # a digest for secure boot
    "SECURE_BOOT_KEY_REVOKE1": (0, 86, 1, 1),
    "SECURE_BOOT_KEY_REVOKE2": (0, 87, 1, 1),
    "KEY_PURPOSE_1": (0, 92, 4, 4),  # the flash's
    "RD_DIS.BLOCK_KEY1": (0, 33, 1, 1),
    "SPI_BOOT_CRYPT_CNT": (0, 82, 3, 7),
    "DIS_DOWNLOAD_MANUAL_ENCRYPT": (0, 52, 1, 1),
    "DIS_PAD_JTAG": (0, 51, 1, 1),
    "SOFT_DIS_JTAG": (0, 48, 3, 7),
    "DIS_USB_JTAG": (0, 41, 1, 1),
    "DIS_DOWNLOAD_MODE": (0, 128, 1, 1),
}
SIGNATURE = 4096  # the last sector of an image
VERIFIED = r"secure boot verification succeeded"


class SecureChip(ChipDevice):
    def start_chip(self, image: Firmware):
        self.chip = EmulatedChip(self.lab, self.build.flash(image), self.build.target)
        self.chip.give_efuses()
        self.chip.power_on()
        self.chip.expect(VERIFIED)  # the boot loader restarts once it has burnt and encrypted
        self.take_birth()
        self.password = self.chip.expect(r"AP ssid=\S+ pass=(\S+)\r*\n")[1]
        self.go_on_line(JOIN)


@pytest.fixture(scope="module")
def device(lab):
    return SecureChip(lab, IdfBuild(lab.products, profile=SECURE), BASIC_1_0)


def test_kconfig_takes_all_of_it_and_no_open_access_point(device):
    options = (device.build.folder / "sdkconfig").read_text().splitlines()
    asked = [line for line in SECURE.options if "REV_MIN" not in line and "SIGNING_KEY" not in line]
    assert [line for line in asked if line not in options] == []
    assert not any("ESB_OPEN_ACCESS_POINT" in line for line in options)  # the suite's other images ask for it and get it


@pytest.mark.parametrize("name", BURNT)
def test_the_first_start_burns(device, name):
    *place, value = BURNT[name]
    assert device.chip.efuse(*place) == value


def test_nothing_can_be_read_from_flash(device):
    flash, plain = device.chip.flash.read_bytes(), device.build.flash(BASIC_1_0).read_bytes()
    for word in (b"mqtt.0.host", device.identity.encode(), bytes.fromhex(device.psk), device.password.encode()):
        assert word not in flash
    assert b"mqtt.0.host" in plain  # what is looked for would be found
    assert flash[:0x1000] != plain[:0x1000]


def test_it_says_what_it_has(device):
    assert json.loads(device.broker.retained(f"{device.base}/status"))["sec"] == [
        "secure-boot", "flash-encryption", "nvs-encryption"]


def test_an_image_without_espressifs_signature_is_refused(device):
    since = device.offer(device.signed(device.image(BASIC_1_1)[:-SIGNATURE]))
    assert device.status.wait_for(since, 300, state="failed")["error"] == "slot.bad_image"


def test_an_update(device):
    since = device.offer(device.signed(device.image(BASIC_1_1)))
    device.chip.expect(r"ota: rebooting", 300)
    device.chip.expect(VERIFIED)
    device.chip.expect(r"===== basic 1\.1\.0 \(seq 2\) on esp32c3, slot b")
    device.chip.expect(r"ota: confirmed", 120)
    device.status.wait_for(since, state="confirmed", ver="1.1.0")
    assert b"mqtt.0.host" not in device.chip.flash.read_bytes()


def test_the_console_has_closed(device):
    device.chip.ask("status", r"console\.locked")
    device.chip.ask(f"unlock {device.password}", r"unlocked\r*\n")
    device.runs_now(BASIC_1_1)


def test_another_boot_loader_never_starts(device):
    device.chip.power_off()
    flash = bytearray(device.chip.flash.read_bytes())
    flash[0x2000] ^= 1
    device.chip.flash.write_bytes(flash)
    device.chip.power_on()
    device.chip.expect(r"secure boot verification failed")
    with pytest.raises(StepFailed):
        device.chip.expect("=====", 20)
