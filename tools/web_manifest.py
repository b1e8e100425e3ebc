#!/usr/bin/env python3
"""Collects what a browser needs to flash this firmware: the images of one or more ESP-IDF builds, a manifest for ESP Web
Tools, and the page. The folder can then lie on any web server.

    web_manifest.py examples/basic/build [MORE_BUILDS...] -o FOLDER [--no-erase-question] [--improv-wait SECONDS]

All builds must be of the same app and version, each for another chip; app and version are read from the images, for the
device tells the same two by Improv and ESP Web Tools compares them. ESP Web Tools itself is not copied: see the page.
"""

import argparse
import json
import pathlib
import shutil
import struct
import sys

DESCRIPTOR_AT = 0x120  # of our descriptor in an ESP-IDF image
DESCRIPTOR = struct.Struct("<4sI32s16s32s")  # magic, seq, app, hw, ver
IMAGE_MAGIC = 0xE9
PAGE = pathlib.Path(__file__).resolve().parents[1] / "docs/flash.html"


class Refused(Exception):
    """One line for a person."""


def chip_family(chip: str) -> str:
    """As ESP Web Tools writes it: esp32c3 is ESP32-C3."""
    if not chip.startswith("esp32"):
        raise Refused(f"'{chip}' is no ESP32")
    variant = chip.removeprefix("esp32").upper()
    return f"ESP32-{variant}" if variant else "ESP32"


class Build:
    """One build folder, as its flasher_args.json describes it."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        description = folder / "flasher_args.json"
        try:
            args = json.loads(description.read_text())
            self.chip = args["extra_esptool_args"]["chip"]
            self.files = sorted((int(offset, 0), name) for offset, name in args["flash_files"].items())
            app = args["app"]["file"]
        except FileNotFoundError:
            raise Refused(f"{description} does not exist; build the firmware first") from None
        except (ValueError, KeyError, TypeError, AttributeError) as why:
            raise Refused(f"{description} is not what ESP-IDF writes: {why!r}") from None
        if any(isinstance(part, dict) and part.get("encrypted") == "true" for part in args.values()):
            raise Refused(f"{folder}: a build for encrypted flash cannot be written by a browser")
        self.family = chip_family(self.chip)
        self.name, self.version = self._identity(app)
        self._check_places()

    def _identity(self, app: str) -> tuple[str, str]:
        image = self._read(app)
        if image[:1] != bytes([IMAGE_MAGIC]) or len(image) < DESCRIPTOR_AT + DESCRIPTOR.size:
            raise Refused(f"{self.folder / app} is not an ESP32 image")
        magic, _, *texts = DESCRIPTOR.unpack_from(image, DESCRIPTOR_AT)
        if magic != b"ESB1":
            raise Refused(f"{self.folder / app} carries no ESP32 Secure Base descriptor")
        name, hardware, version = (text.split(b"\0")[0].decode("ascii", "replace") for text in texts)
        if hardware != self.chip:
            raise Refused(f"{self.folder / app} is for {hardware}, the build for {self.chip}")
        return name, version

    def _read(self, name: str) -> bytes:
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise Refused(f"{name} lies outside of {self.folder}")
        if not path.is_file():
            raise Refused(f"{path} does not exist; build the firmware first")
        return path.read_bytes()

    def _check_places(self):
        end, before = 0, ""
        for offset, name in self.files:
            if offset < end:
                raise Refused(f"{self.folder}: {name} would overwrite {before}")
            end, before = offset + len(self._read(name)), name

    def copy_to(self, folder: pathlib.Path) -> dict:
        """The files in a folder of the chip's name; the build's entry in the manifest."""
        target = folder / self.chip
        target.mkdir(parents=True, exist_ok=True)
        parts = []
        for offset, name in self.files:
            short = pathlib.PurePosixPath(name).name
            shutil.copyfile(self.folder / name, target / short)
            parts.append({"path": f"{self.chip}/{short}", "offset": offset})
        return {"chipFamily": self.family, "parts": parts}


def check_together(builds: list[Build]):
    first = builds[0]
    for build in builds[1:]:
        if (build.name, build.version) != (first.name, first.version):
            raise Refused(f"{build.folder} is {build.name} {build.version}, {first.folder} is {first.name} {first.version}")
    families = [build.family for build in builds]
    if len(set(families)) != len(families):
        raise Refused("two builds are for the same chip")


def write(builds: list[Build], folder: pathlib.Path, ask_erase: bool, improv_wait: int) -> pathlib.Path:
    check_together(builds)
    manifest = {
        "name": builds[0].name,
        "version": builds[0].version,
        # Erasing takes identity keys and settings along, so the person is asked; otherwise a new install always erases.
        "new_install_prompt_erase": ask_erase,
        "new_install_improv_wait_time": improv_wait,
        "builds": [build.copy_to(folder) for build in builds],
    }
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest, indent=2) + "\n")
    shutil.copyfile(PAGE, folder / "index.html")
    return path


def seconds(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 120:
        raise ValueError
    return value


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("builds", metavar="BUILD", nargs="+", type=pathlib.Path, help="ESP-IDF's build folder")
    parser.add_argument("-o", "--output", metavar="FOLDER", type=pathlib.Path, required=True, help="made if need be")
    parser.add_argument("--no-erase-question", action="store_true", help="erase at every new install without asking")
    parser.add_argument("--improv-wait", metavar="SECONDS", type=seconds, default=15,
                        help="for the set-up of Wi-Fi after flashing; 0: none is offered (default: 15)")
    arguments = parser.parse_args()
    try:
        builds = [Build(folder) for folder in arguments.builds]
        made = write(builds, arguments.output, not arguments.no_erase_question, arguments.improv_wait)
    except (Refused, OSError) as why:
        print(f"web_manifest: {why}", file=sys.stderr)
        return 1
    chips = ", ".join(build.family for build in builds)
    print(f"{made}: {builds[0].name} {builds[0].version} for {chips}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
