#!/usr/bin/python3 -B
"""Makes a folder of the MQTT engine alone, as an Arduino library (library.properties), a PlatformIO library (library.json)
and an ESP-IDF component (idf_component.yml) in one: the engine's sources, the three files of base that it needs, an example.

Usage: tools/mqtt_library.py FOLDER
"""

import json
import pathlib
import re
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
WORDS = "MQTT client engine: sans-I/O, no heap, bounded memory, QoS 0 to 2, sessions that outlive connections"
COMPONENT = """file(GLOB sources ${CMAKE_CURRENT_LIST_DIR}/src/esb/*/*.cpp)
idf_component_register(SRCS ${sources} INCLUDE_DIRS src)
target_compile_options(${COMPONENT_LIB} PUBLIC $<$<COMPILE_LANGUAGE:CXX>:-std=gnu++23>)
"""


def version() -> str:
    return re.search(r"^project\(\S+ VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)[1]


def headers_of(files: list) -> list:
    """What these files include of base, and what that includes."""
    known: dict = {}
    waiting = list(files)
    while waiting:
        text = (ROOT / "src" / waiting.pop()).read_text()
        for name in re.findall(r'#include "(esb/base/[\w.]+)"', text):
            if name not in known:
                known[name] = True
                waiting.append(name)
    return sorted(known)


def make(folder: pathlib.Path) -> None:
    engine = sorted(str(file.relative_to(ROOT / "src")) for file in (ROOT / "src/esb/mqtt").glob("*.[ch]pp"))
    own = [*engine, "esb/base/backoff.cpp", "esb/base/crc32.cpp", "esb/base/secret.cpp"]
    for name in {*own, *headers_of(own)}:
        (folder / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "src" / name, folder / "src" / name)
    # Arduino looks for a header of the library's name.
    (folder / "src/esb_mqtt.h").write_text('// The MQTT engine, under the name that Arduino looks for.\n#pragma once\n#include "esb/mqtt/client.hpp"\n')
    shutil.copytree(ROOT / "examples/mqtt-esp-transport", folder / "examples/mqtt-esp-transport", dirs_exist_ok=True)
    shutil.copy(ROOT / "LICENSE", folder)
    (folder / "CMakeLists.txt").write_text(COMPONENT)
    (folder / "idf_component.yml").write_text(f'version: "{version()}"\ndescription: "{WORDS}"\nlicense: MIT\ndependencies:\n  idf: ">=5.1"\n')
    (folder / "library.properties").write_text("\n".join([
        "name=esb_mqtt", f"version={version()}", "author=ESP32 Secure Base", "maintainer=ESP32 Secure Base", f"sentence={WORDS}",
        "paragraph=Needs a compiler for C++23 (-std=gnu++2b), as the ESP32 core 3 has it.", "category=Communication", "url=",
        "architectures=esp32", "includes=esb_mqtt.h", ""]))
    (folder / "library.json").write_text(json.dumps({
        "name": "esb_mqtt", "version": version(), "description": WORDS, "license": "MIT", "frameworks": ["arduino", "espidf"],
        "platforms": ["espressif32"], "headers": "esb_mqtt.h", "build": {"flags": ["-std=gnu++2b"]}}, indent=2) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip().splitlines()[-1])
    make(pathlib.Path(sys.argv[1]))
