"""The Arduino library: made, and its sketches compiled as Arduino does it, against a stand-in for the core."""

import json
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from arduino_library import SKETCHES  # noqa: E402

KEY = {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "B" * 43}
# What a sketch sees of the core.
CORE = "#pragma once\n#include <cstdint>\nvoid setup();\nvoid loop();\n"


def make(folder: pathlib.Path, key: dict = KEY) -> subprocess.CompletedProcess:
    file = folder.parent / "key.pub.jwk"
    file.write_text(json.dumps(key))
    return subprocess.run([ROOT / "tools/arduino_library.py", folder, "--key", file], capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("arduino") / "ESPSecureBase"
    done = make(folder)
    assert done.returncode == 0, done.stderr
    (folder.parent / "core").mkdir()
    (folder.parent / "core/Arduino.h").write_text(CORE)
    return folder


def compiles(library: pathlib.Path, sketch: pathlib.Path, *files: pathlib.Path):
    done = subprocess.run(["g++", "-std=gnu++2b", "-fsyntax-only", "-DARDUINO=10819", f"@{sketch / 'build_opt.h'}",
                           "-I", library / "src", "-I", library.parent / "core", *files],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", SKETCHES)
def test_a_sketch_compiles_with_its_key(library, name):
    sketch = library / "examples" / name
    preprocessed = library.parent / f"{name}.ino.cpp"  # what Arduino makes of it
    preprocessed.write_text("#include <Arduino.h>\n" + (sketch / f"{name}.ino").read_text())
    sources = [file for file in sketch.glob("*.cpp") if "driver/" not in file.read_text()]  # the rest is ESP-IDF's
    compiles(library, sketch, preprocessed, *sources)
    assert f'{KEY["x"]}.{KEY["y"]}' in (sketch / "build_opt.h").read_text()
    assert "ota_1" in (sketch / "partitions.csv").read_text()


def test_the_core_stays_as_it_compiles_for_arduino(library):
    features = library.parent / "features.cpp"
    features.write_text('#include "esb/base/features.hpp"\nstatic_assert(!esb::with_core_dump && esb::with_portal);\n')
    compiles(library, library / "examples/basic", features)


def test_the_page_is_in_the_folder_and_nothing_is_written_over(library):
    assert "pages()" in (library / "src/esb/portal/pages.cpp").read_text()
    assert make(library).returncode != 0


@pytest.mark.parametrize("wrong", [{**KEY, "d": "C" * 43}, {**KEY, "crv": "P-384"}, {}])
def test_another_key_is_refused(tmp_path, wrong):
    done = make(tmp_path / "ESPSecureBase", wrong)
    assert done.returncode != 0 and "not the public half" in done.stderr and not (tmp_path / "ESPSecureBase").exists()


def test_the_folder_says_what_arduino_wants_to_know(library):
    lines = dict(line.split("=", 1) for line in (library / "library.properties").read_text().splitlines())
    assert lines["name"] == "ESPSecureBase" and lines["includes"] == "ESPSecureBase.h" and lines["architectures"] == "esp32"
    for name in SKETCHES:
        assert (library / "examples" / name / f"{name}.ino").is_file()
