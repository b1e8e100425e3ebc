"""The Debian packages of this build, unpacked into a folder of their own: what a stranger has after `apt install`."""

import os
import pathlib
import re
import subprocess

from pytest_esb.lab import Products

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 1800  # seconds for a build


def run(*words, check=True, **options) -> subprocess.CompletedProcess:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=PATIENCE, **options)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def build_folder() -> pathlib.Path:
    return Products().build


def other_mbedtls() -> str:
    """Where the build's Mbed TLS is, when it is another than the system's."""
    cache = (build_folder() / "CMakeCache.txt").read_text()
    return re.search(r"^ESB_MBEDTLS_ROOT:\w+=(.*)$", cache, re.MULTILINE)[1]


class Installed:
    """`root/usr` is the prefix; nothing of it is in the system, nothing of the build tree is in it."""

    def __init__(self, folder: pathlib.Path, build: pathlib.Path):
        run("cpack", "-G", "DEB", "-B", folder / "packages", "--config", build / "CPackConfig.cmake", cwd=folder)
        self.packages = {deb.name.split("_")[0]: deb for deb in (folder / "packages").glob("*.deb")}
        self.root = folder / "root"
        for deb in self.packages.values():
            run("dpkg-deb", "-x", deb, self.root)
        self.usr = self.root / "usr"
        self.esb = self.usr / "bin/esb"
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("ESB_", "CMAKE_PREFIX")) and name not in ("IDF_PATH", "NO_COLOR")}
        self.environment = {**kept, "PATH": f"{self.usr}/bin:/usr/bin:/bin", "TERM": "xterm",
                            "XDG_CONFIG_HOME": str(folder / "config"), "TMPDIR": str(folder / "tmp")}
        if other_mbedtls():  # what is installed was made with it, and cannot know where it is
            self.environment["ESB_MBEDTLS_ROOT"] = other_mbedtls()
        (folder / "tmp").mkdir()

    def fields(self, package: str) -> dict[str, str]:
        text = run("dpkg-deb", "-f", self.packages[package]).stdout
        return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)

    def files(self) -> set[str]:
        return {file.relative_to(self.usr).as_posix() for file in self.usr.rglob("*") if file.is_file()}
