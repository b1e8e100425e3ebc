"""Libraries of node for tests that want another's opinion."""

import os
import pathlib
import shutil
import subprocess

import pytest

from pytest_esb.lab import Products

NODE = shutil.which("node", path="/usr/bin:" + os.environ["PATH"])
NPM = shutil.which("npm", path="/usr/bin:" + os.environ["PATH"])
UNREACHABLE = ("ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "ENETUNREACH", "no answer within")


def install(here: pathlib.Path, name: str) -> pathlib.Path:
    """The folder in the build where npm has put the libraries, as the lock file in `here` has them. Without a way to the
    npm registry the test is skipped; with one it fails on anything that is not as the lock file says."""
    folder = Products().build / name
    folder.mkdir(exist_ok=True)
    lock = (here / "package-lock.json").read_text()
    done = folder / "installed"
    if done.exists() and done.read_text() == lock:
        return folder
    for file in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(here / file, folder)
    try:
        ran = subprocess.run([NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error",
                              "--fetch-retries=1"], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             timeout=120)
        failed = ran.stderr.strip() if ran.returncode else None
    except subprocess.TimeoutExpired:
        failed = "no answer within 120 s"
    if failed and any(word in failed for word in UNREACHABLE):
        pytest.skip(f"the npm registry cannot be reached: {failed.splitlines()[0]}")
    if failed:
        pytest.fail(f"npm could not install {name}: {failed.splitlines()[0]}", pytrace=False)
    done.write_text(lock)
    return folder
