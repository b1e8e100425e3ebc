"""Builds firmware for the chip with ESP-IDF, as an author does it: CMake and Ninja, one build folder a chip.

IDF_PATH names ESP-IDF; its environment must be active (export.sh). ESB_IDF_CMAKE holds further options for CMake.
"""

import dataclasses
import functools
import hashlib
import json
import os
import pathlib
import shlex
import subprocess

from pytest_esb.lab import Products, StepFailed
from source_hash import ROOT

HERE = pathlib.Path(__file__).resolve().parent
FLASH_SIZE = 4 << 20


@dataclasses.dataclass(frozen=True)
class Firmware:
    name: str
    source: pathlib.Path
    version: str
    seq: int
    definitions: str = ""
    portal: bool = False  # with the set-up access point; it would make the emulated radio deaf for networks


BASIC_1_0 = Firmware("basic-1.0.0", ROOT / "examples/basic/main.cpp", "1.0.0", 1)
BASIC_1_1 = Firmware("basic-1.1.0", ROOT / "examples/basic/main.cpp", "1.1.0", 2)
BASIC_1_2 = Firmware("basic-1.2.0", ROOT / "examples/basic/main.cpp", "1.2.0", 3)
WITH_PORTAL = Firmware("portal-1.0.0", ROOT / "examples/basic/main.cpp", "1.0.0", 1, portal=True)
CRASHING = Firmware("crashing-2.0.0", ROOT / "tests/e2e/firmware/crashing.cpp", "2.0.0", 20)
CRASH_LOOPING = Firmware("crash-looping-1.0.0", ROOT / "tests/e2e/firmware/crash_looping.cpp", "1.0.0", 1)
CRASH_KINDS = Firmware("crash_kinds-1.0.0", ROOT / "tests/e2e/firmware/crash_kinds.cpp", "1.0.0", 1)
SLEEPER = Firmware("sleeper-1.0.0", ROOT / "examples/sleeper/main.cpp", "1.0.0", 1)
CLI_ONLY, CLI_WIFI, WIFI_ONLY, INTR = (Firmware(f"{name}-1.0.0", ROOT / f"examples/{name}/main.cpp", "1.0.0", 1)
                                       for name in ("cli-only", "cli-wifi", "wifi-only", "intr"))
WIFI_ONLY_WITH_PORTAL = dataclasses.replace(WIFI_ONLY, name="wifi-only-portal-1.0.0", portal=True)
OFFLINE = Firmware("offline-2.2.0", HERE / "firmware/offline.cpp", "2.2.0", 22)


@dataclasses.dataclass(frozen=True)
class Profile:
    """What of the base goes into a firmware: options on top of the example's. Kconfig passes over unknown ones."""
    name: str
    options: tuple[str, ...] = ()

    def unknown(self) -> list[str]:
        """Those of the base's own options that its Kconfig does not have."""
        kconfig = (ROOT / "Kconfig").read_text().split()
        names = [option.split("=")[0].removeprefix("CONFIG_") for option in self.options]
        return [name for name in names if name.startswith("ESB_") and name not in kconfig]


STANDARD = Profile("standard")
BOTH_VERSIONS = Profile("mqtt5", ("CONFIG_ESB_MQTT5=y",))
MINIMAL = Profile("minimal", tuple(f"CONFIG_ESB_{feature}=n" for feature in (
    "PORTAL", "IMPROV", "HOME_ASSISTANT", "LEGACY_MD5", "CONSOLE_EDITING", "LOG_WORDS"))
    + ("CONFIG_ESP_WIFI_SOFTAP_SUPPORT=n",))
CERTIFICATES = (ROOT / "examples/basic/sdkconfig.certificates").read_text().splitlines()
FULL = Profile("full", (*(line for line in CERTIFICATES if line.startswith("CONFIG_")),
                        "CONFIG_LWIP_IPV6=y", "CONFIG_LWIP_IPV6_AUTOCONFIG=y", "CONFIG_ESB_IPV6=y",
                        "CONFIG_ESP_COREDUMP_ENABLE_TO_FLASH=y",
                        *(f"CONFIG_ESB_{feature}=y" for feature in (
                            "MQTT5", "MQTT_OFFLINE", "MQTT_KEEP", "MQTT_DEFER", "MQTT_BORROW", "PACKED_UPDATES", "UPDATE_POLICY",
                            "DATA_PARTITIONS", "DEEP_SLEEP", "CORE_DUMP", "GIVEN_IDENTITY"))))
# examples/basic/sdkconfig.secure; the key is made with the first build.
SECURE = Profile("secure", tuple(line for line in (ROOT / "examples/basic/sdkconfig.secure").read_text().splitlines()
                                 if line.startswith("CONFIG_")))
# With the emulator's Ethernet, whose driver ends a chip that has none.
ENTERPRISE = Profile("enterprise", (*FULL.options, "CONFIG_ESB_WIFI_ENTERPRISE=y"))
WIRED = Profile("wired", ("CONFIG_ETH_USE_OPENETH=y", "CONFIG_ESB_ETHERNET=y", "CONFIG_ESB_ETHERNET_OPENETH=y"))


class IdfBuild:
    def __init__(self, products: Products, target: str = "esp32c3", profile: Profile = STANDARD):
        self.products = products
        self.target = target
        self.profile = profile
        self.suffix = target if profile == STANDARD else f"{target}-{profile.name}"
        self.folder = products.build / "emulator" / self.suffix
        self.products_folder = products.build / "emulator" / "images"
        self.products_folder.mkdir(parents=True, exist_ok=True)

    def image(self, firmware: Firmware) -> pathlib.Path:
        """The signed file's contents: what goes into a slot."""
        self._build(firmware)
        return self._product(firmware, "bin")

    def flash(self, firmware: Firmware) -> pathlib.Path:
        """A whole 4 MB flash: boot loader, partition table and this firmware in slot a; all else erased."""
        self._build(firmware)
        return self._product(firmware, "flash")

    def map_file(self, firmware: Firmware) -> pathlib.Path:
        self._build(firmware)
        return self._product(firmware, "map")

    def elf_file(self, firmware: Firmware) -> pathlib.Path:
        self._build(firmware)
        return self._product(firmware, "elf")

    def _product(self, firmware: Firmware, kind: str) -> pathlib.Path:
        return self.products_folder / f"{firmware.name}-{self.suffix}.{kind}"

    def _build(self, firmware: Firmware):
        stamp = self._product(firmware, "stamp")
        made_of = f"{sources_hash()} {firmware} {self.profile} {self.products.key.stat().st_mtime_ns}"
        if stamp.exists() and stamp.read_text() == made_of:
            return
        self._forget_old_options()
        self._run("cmake", "-G", "Ninja", "-S", HERE / "firmware", "-B", self.folder, f"-DIDF_TARGET={self.target}",
                  f"-DSDKCONFIG={self.folder}/sdkconfig", f"-DESB_PROFILE={self._profile_file()}",
                  f"-DESB_SOURCE={firmware.source}",
                  f"-DESB_SOURCE_DEFINITIONS={firmware.definitions}", f"-DESB_APP_VERSION={firmware.version}",
                  f"-DESB_PORTAL={'ON' if firmware.portal else 'OFF'}",
                  f"-DESB_APP_SEQ={firmware.seq}", f"-DESB_UPDATE_KEY_FILE={self.products.key}.pub.jwk",
                  *shlex.split(os.environ.get("ESB_IDF_CMAKE", "")))
        self._run("ninja", "-C", self.folder)
        for kind in ("bin", "map", "elf"):
            self._product(firmware, kind).write_bytes((self.folder / f"firmware.{kind}").read_bytes())
        self._product(firmware, "flash").write_bytes(self._whole_flash())
        stamp.write_text(made_of)

    def _forget_old_options(self):
        """ESP-IDF keeps the options of the first configuration; new defaults need a new one."""
        folders = ROOT / "examples/basic", HERE / "firmware"
        defaults = [folder / f"sdkconfig.defaults{chip}" for folder in folders for chip in ("", f".{self.target}")]
        stamp = self.folder / "defaults.stamp"
        made_of = hashlib.sha256(b"".join(path.read_bytes() for path in (*defaults, self._profile_file())
                                          if path.exists())).hexdigest()
        if stamp.exists() and stamp.read_text() == made_of:
            return
        (self.folder / "sdkconfig").unlink(missing_ok=True)
        stamp.write_text(made_of)

    def _profile_file(self) -> pathlib.Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "profile.defaults"
        text = "".join(f"{option}\n" for option in self.profile.options)
        if self.profile == SECURE:
            text += f'CONFIG_SECURE_BOOT_SIGNING_KEY="{self._secure_boot_key()}"\n'
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
        return file

    def _secure_boot_key(self) -> pathlib.Path:
        key = self.products_folder / "secure-boot-key.pem"
        if not key.exists():
            self._run("openssl", "genrsa", "-out", key, "3072")
        return key

    def _whole_flash(self) -> bytes:
        about = json.loads((self.folder / "flasher_args.json").read_text())
        files = about["flash_files"]
        if self.profile == SECURE:  # then `flash` leaves the boot loader out
            files["0x0"] = "bootloader/bootloader.bin"
        flash = bytearray(b"\xff" * FLASH_SIZE)
        for offset, file in files.items():
            data = (self.folder / file).read_bytes()
            flash[int(offset, 0):int(offset, 0) + len(data)] = data
        return bytes(flash)

    def _run(self, *command):
        done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", timeout=1800)
        (self.products_folder / "build.log").write_text(done.stdout)
        if done.returncode != 0:
            raise StepFailed(f"{command[0]} failed, see {self.products_folder}/build.log: {done.stdout[-800:]}")


@functools.cache
def sources_hash() -> str:
    """Over everything that goes into the firmware."""
    total = hashlib.sha256()
    folders = ("src/esb", "web", "cmake", "esp-idf", "examples", "partitions", "tests/emulator/firmware",
               "tests/e2e/firmware")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    for path in sorted([*files, ROOT / "CMakeLists.txt", ROOT / "Kconfig"]):
        if "build" not in path.parts and path.exists():
            total.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return total.hexdigest()[:16]
