#!/usr/bin/python3
"""Rounds of all cut tests of a build, each with seeds of its own (soak.sh)."""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import tally

PROGRAMS = {"component": "*Cuts*:*UpdateChains*:*_with_cuts:Trust.takes_over*", "unit_settings": "*Cuts*:TrustRecord*",
            "unit_vchip": "*Cuts*"}


def tests_of(program: pathlib.Path, tests: str) -> list[str]:
    listed = subprocess.run([program, "--gtest_list_tests", f"--gtest_filter={tests}"], capture_output=True, text=True,
                            check=True, cwd=program.parent).stdout
    names = []
    suite = ""
    for line in listed.splitlines():
        if line.startswith(" "):
            names.append(suite + line.split("#")[0].strip())
        elif line.rstrip().endswith(".") or "#" in line:
            suite = line.split("#")[0].strip()
    return names


def main() -> int:
    parser = argparse.ArgumentParser(prog="soak.sh")
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--cuts", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2, 1_000_000))
    arguments = parser.parse_args()
    until = time.monotonic() + 60 * arguments.minutes
    jobs = int(os.environ.get("ESB_JOBS", "2"))
    folder = arguments.build.resolve() / "tests"
    work = [(folder / program, test) for program, tests in PROGRAMS.items() for test in tests_of(folder / program, tests)]
    sums = collections.Counter()
    seed = arguments.seed
    began = time.monotonic()

    def run(program: pathlib.Path, test: str, file: str) -> str:
        """What it says if it fails. Nothing begins after the time is over."""
        if time.monotonic() > until:
            return ""
        environment = os.environ | {"ESB_TALLY": file, "ESB_CUT_SEED": str(seed), "ESB_CUTS": "3"}
        done = subprocess.run([program, f"--gtest_filter={test}"], cwd=folder, env=environment, capture_output=True, text=True)
        return done.stdout + done.stderr if done.returncode else ""

    def report():
        cuts = sums["optimized", "cuts"]
        print(f"seed {seed}: {cuts:,} cuts so far, {sums['optimized', 'second cuts']:,} of them during recovery, "
              f"{sums['optimized', 'seeded runs']:,} seeded runs; 0 failures, {time.monotonic() - began:.0f} s", flush=True)

    while sums["optimized", "cuts"] < arguments.cuts and time.monotonic() < until:
        with tempfile.TemporaryDirectory() as here, concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            file = f"{here}/tally"
            open(file, "w", encoding="utf-8").close()
            for said in pool.map(lambda item: run(*item, file), work):
                if said:
                    print(said)
                    print(f"failed; again with: ./soak.sh --seed {seed}", file=sys.stderr)
                    return 1
            sums += tally.read(file)
        report()
        seed += 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
