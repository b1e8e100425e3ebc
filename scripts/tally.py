#!/usr/bin/python3
"""Adds up what the tests have tried, from the file that ESB_TALLY named (tests/support/tally.hpp), in one line.

    scripts/tally.py FILE [--goals]      --goals: exit code 1 where a number of docs/proof.md is not reached
"""

import collections
import sys

# Build, kind, at least. "tests" is what runs without a build of its own: real processes.
GOALS = [("optimized", "cuts", 30_000), ("sanitized", "cuts", 500), ("tests", "kills", 200),
         ("optimized", "seeded runs", 3_000), ("optimized", "packed updates of seeded runs", 3_000),
         ("optimized", "encrypted updates of seeded runs", 3_000), ("sanitized", "forgeries", 10_000)]


def read(path: str) -> collections.Counter:
    """By build and kind. A test that ran twice counts once."""
    claims = {}
    for line in open(path, encoding="utf-8"):
        build, kind, count, test, what = line.rstrip("\n").split("\t")
        claims[build, kind, test, what] = int(count)
    sums = collections.Counter()
    for (build, kind, _, _), count in claims.items():
        sums[build, kind] += count
        if kind == "second cuts":  # are cuts, too
            sums[build, "cuts"] += count
    return sums


def summary(sums: collections.Counter) -> str:
    def part(build: str, kind: str) -> str:
        return f"{sums[build, kind]:,}"

    # The same in both builds, and those of others' libraries.
    forged = max(sums["optimized", "forgeries"], sums["sanitized", "forgeries"]) + sums["tests", "forgeries"]
    accepted = sum(sums[build, "forgeries accepted"] for build in ("optimized", "sanitized", "tests"))
    return (f"power cuts: {part('optimized', 'cuts')} at -O2 ({part('optimized', 'second cuts')} of them during recovery, "
            f"{part('optimized', 'seeded runs')} seeded runs with {part('optimized', 'cuts of seeded runs')} of them, "
            f"{part('optimized', 'packed updates of seeded runs')} packed and "
            f"{part('optimized', 'encrypted updates of seeded runs')} encrypted updates), "
            f"{part('sanitized', 'cuts')} with sanitizers, {part('tests', 'kills')} with real processes; "
            f"forgeries: {forged:,}, {accepted:,} accepted; mutants: {part('tests', 'mutants killed')} killed, "
            f"{part('tests', 'mutants survived')} survived")


def main() -> int:
    sums = read(sys.argv[1])
    print(summary(sums))
    wrong = [f"{kind} ({build}): {sums[build, kind]:,}, not {least:,}" for build, kind, least in GOALS
             if sums[build, kind] < least]
    wrong += [f"{kind}: {sums[build, kind]:,}" for build, kind in sums if sums[build, kind]
              and kind in ("forgeries accepted", "mutants survived")]
    if wrong and "--goals" in sys.argv[2:]:
        print("missed: " + "; ".join(wrong), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
