#!/usr/bin/python3 -B
"""Makes the Arduino library ESPSecureBase (ESP32 core 3 or newer) in a folder: sources, the set-up page compressed, and the
examples as sketches that trust an update key.

Usage: tools/arduino_library.py FOLDER --key UPDATE-KEY.pub.jwk
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
SKETCHES = ("basic", "cli-only", "wifi-only", "cli-wifi", "intr")
SKETCH = """// {about}
#include <ESPSecureBase.h>

void setup() {{ esb::begin(); }}

void loop() {{}}
"""
# The ESP32 core gives these to every compilation of the sketch and its libraries.
OPTIONS = """-DESB_HW=\\"{chip}\\"
-DESB_APP_VERSION=\\"1.0.0\\"
-DESB_APP_SEQ=1
-DESB_UPDATE_KEYS=\\"{key}\\"
"""


def version() -> str:
    return re.search(r"^project\(\S+ VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)[1]


def update_key(path: pathlib.Path) -> str:
    key = json.loads(path.read_text())
    if key.get("kty") != "EC" or key.get("crv") != "P-256" or "d" in key:
        sys.exit(f"{path}: not the public half of an update key (esb key new)")
    return f'{key["x"]}.{key["y"]}'


def make_sketch(folder: pathlib.Path, name: str, key: str, chip: str) -> None:
    folder.mkdir(parents=True)
    source = ROOT / "examples" / name
    for file in (*source.glob("*.cpp"), *source.glob("*.hpp")):
        shutil.copy(file, folder)
    shutil.copy(ROOT / "partitions/esb-4mb.csv", folder / "partitions.csv")
    about = (source / "main.cpp").read_text().splitlines()[0].removeprefix("// ")
    (folder / f"{name}.ino").write_text(SKETCH.format(about=about))
    (folder / "build_opt.h").write_text(OPTIONS.format(chip=chip, key=key))


def make(folder: pathlib.Path, key: str, chip: str) -> None:
    if folder.exists():
        sys.exit(f"{folder} is there already")
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("CMakeLists.txt", "*.cmake"))
    subprocess.run([sys.executable, ROOT / "tools/embed_web.py", ROOT / "web", folder / "src/esb/portal/pages.cpp",
                    "--with", "certificates", "--with", "enterprise"], check=True, stdout=subprocess.DEVNULL)
    for name in ("LICENSE", "library.properties"):
        shutil.copy(ROOT / name, folder)
    properties = folder / "library.properties"
    properties.write_text(re.sub(r"^version=.*$", f"version={version()}", properties.read_text(), flags=re.MULTILINE))
    for name in SKETCHES:
        make_sketch(folder / "examples" / name, name, key, chip)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, help="such as ~/Arduino/libraries/ESPSecureBase; must not exist")
    parser.add_argument("--key", type=pathlib.Path, required=True, help="public half of your update key (esb key new)")
    parser.add_argument("--chip", default="esp32c3", help="what manifests call the chip (%(default)s)")
    options = parser.parse_args()
    make(options.folder, update_key(options.key), options.chip)


if __name__ == "__main__":
    main()
