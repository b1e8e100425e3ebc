"""What a virtual chip may watch of the library (base/trace.hpp) is no code on a chip: neither functions nor words."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = sorted(file.relative_to(ROOT) for file in (ROOT / "src/esb").rglob("*.cpp") if "trace::" in file.read_text())
WORD = re.compile(r'trace::event\("(\w+)", "([\w-]+)"|trace::state\("(\w+)"')


def compiled(source: pathlib.Path, folder: pathlib.Path, *flags: str) -> bytes:
    made = folder / "made.s"
    done = subprocess.run(["g++", "-std=c++23", "-Os", "-fno-exceptions", "-fno-rtti", f"-I{ROOT}/src", "-I/usr/include/cjson",
                           *flags, "-S", ROOT / source, "-o", made], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return made.read_bytes()


def traces(assembly: bytes) -> bool:
    """`sink`, through which all of it goes."""
    return b"_ZN3esb5trace4sinkE" in assembly


def test_there_are_places_that_tell():
    assert {"net", "link", "wifi", "ota", "mqtt"} <= {source.parts[2] for source in SOURCES}


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_without_linux_nothing_is_left_of_it(source, tmp_path):
    bare = compiled(source, tmp_path, "-U__linux__", "-Wno-error")
    assert not traces(bare) and b"5trace" not in bare
    strings = set(re.findall(rb'\.string\s+"([^"]*)"', bare))
    for area, what, machine in WORD.findall((ROOT / source).read_text()):
        for word in filter(None, (what, machine)):
            assert word.encode() not in strings or word in ("open", "closed", "wifi", "update"), word


def test_with_it_these_tests_would_see_it(tmp_path):
    assert traces(compiled(pathlib.Path("src/esb/wifi/supervisor_states.cpp"), tmp_path))
