#!/usr/bin/python3
"""Do the tests notice? Changes one source file, links the smallest test program that has to fail with it, and runs it.

    tests/mutants/mutants.py BUILD                 the five of the ordinary run, from named.toml
    tests/mutants/mutants.py BUILD --full          all of named.toml
    tests/mutants/mutants.py BUILD --only TEXT     those whose names contain TEXT
    tests/mutants/mutants.py BUILD --score 80 --seed 1   so many random changes of operators, conditions, numbers and
                                                   statements in src/esb/ota; the share that is noticed
    tests/mutants/mutants.py BUILD --longest 3600  for a slow machine, where a program that ends late has noticed nothing

BUILD is a folder in which the programs that named.toml speaks of are built (build/release). Nothing in it and in the sources
is changed: a mutant's object is compiled beside them and linked in front of the library that holds the original.
"""

import argparse
import concurrent.futures
import os
import pathlib
import random
import re
import shlex
import subprocess
import sys
import tempfile
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMED = pathlib.Path(__file__).with_name("named.toml")
LONGEST = 600  # seconds for a program (--longest); one that hangs has noticed, on a machine that is not just slow
# What judges a random change: the room's own tests, then whole updates.
JUDGES = [("unit_ota", "*-Forgeries.by_any*:Forgeries.of_commands*"),
          ("component", "Updates*:UpdateFaults*:Candidates*:Mirrors*:PackedUpdates*:WaitingUpdate*:Encrypted*:Trust*:*Signed*:"
                        "DataUpdates*:AuthorsData*:*UpdateChains*:UpdateCuts.a_silent*:UpdateCuts.a_crashing*:UpdateCuts.an_upload*"
                        "-WaitingUpdate.survives*")]


class Stale(Exception):
    """A mutant that does not fit the sources any more."""


class Build:
    def __init__(self, folder: pathlib.Path, longest: int = LONGEST):
        self.folder = folder.resolve()
        self.longest = longest
        self.commands: dict[str, list[str]] = {}

    def of(self, program: str) -> list[str]:
        if program not in self.commands:
            listed = subprocess.run(["ninja", "-C", self.folder, "-t", "commands", program], capture_output=True, text=True,
                                    check=True).stdout
            self.commands[program] = [line for line in listed.splitlines() if line and not line.startswith("ninja:")]
        return self.commands[program]

    def compile(self, program: str, source: pathlib.Path, text: str, out: pathlib.Path) -> str | None:
        """The object of a changed source; what the compiler says if it is none."""
        command = next((line for line in self.of(program) if line.endswith(f" -c {source}")), None)
        if command is None:
            raise Stale(f"{source} is not compiled for {program}")
        words = shlex.split(command)
        changed = out.with_suffix(".cpp")
        changed.write_text(text)
        words = words[next(i for i, word in enumerate(words) if word.endswith("++") or "g++" in word):]
        kept = []
        skip = False
        for word in words:
            if skip or word in ("-MD", "-Werror"):
                skip = False
            elif word in ("-MT", "-MF", "-o", "-c"):
                skip = True
            else:
                kept.append(word)
        done = subprocess.run([*kept, "-w", "-o", out, "-c", changed], cwd=self.folder, capture_output=True, text=True)
        return done.stderr if done.returncode else None

    def link(self, program: str, instead: pathlib.Path, out: pathlib.Path):
        line = next(line for line in reversed(self.of(program)) if f" -o tests/{program} " in line)
        words = shlex.split(line.removeprefix(": && ").split(" && ")[0])
        words[words.index("-o") + 1] = str(out)
        first = next(i for i, word in enumerate(words) if word.endswith((".o", ".a")))
        words.insert(first, str(instead))
        subprocess.run(words, cwd=self.folder, check=True, capture_output=True, text=True)


out_of_time: list[str] = []  # what was running then


def notices(program: pathlib.Path, tests: str, build: Build) -> bool:
    """Whether a test fails. The one that has to comes first, and the first failure is enough."""
    environment = os.environ | {"GTEST_FAIL_FAST": "1", "GTEST_BRIEF": "1", "ESB_CUTS": "1", "ESB_TALLY": ""}
    try:
        done = subprocess.run([program, f"--gtest_filter={tests}"], cwd=build.folder / "tests", env=environment,
                              capture_output=True, text=True, timeout=build.longest)
    except subprocess.TimeoutExpired:
        out_of_time.append(tests)
        return True
    if "0 tests from 0 test suites ran" in done.stdout:
        raise Stale(f"no test is called {tests}")
    return done.returncode != 0


def changed(source: pathlib.Path, edits: list[dict]) -> str:
    text = source.read_text()
    for edit in edits:
        if text.count(edit["find"]) != 1:
            raise Stale(f"{source.relative_to(ROOT)}: {text.count(edit['find'])} times, not once: {edit['find']!r}")
        text = text.replace(edit["find"], edit["put"])
    return text


def try_mutant(build: Build, file: str, text: str, judges: list[tuple[str, str]]) -> bool | None:
    """Whether it is noticed; None: it does not compile."""
    (build.folder / "mutants").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build.folder / "mutants") as folder:
        here = pathlib.Path(folder)
        if build.compile(judges[0][0], ROOT / file, text, here / "changed.o"):
            return None
        for program, tests in judges:
            build.link(program, here / "changed.o", here / program)
            if notices(here / program, tests, build):
                return True
    return False


# Named ones

def judges_of(mutant: dict) -> list[tuple[str, str]]:
    return [tuple(judge.split(":", 1)) for judge in mutant["noticed_by"]]


def run_named(build: Build, mutants: list[dict], jobs: int) -> int:
    def judge(mutant: dict) -> tuple[dict, bool, float]:
        began = time.monotonic()
        noticed = try_mutant(build, mutant["file"], changed(ROOT / mutant["file"], mutant["edits"]), judges_of(mutant))
        if noticed is None:
            raise Stale(f"{mutant['name']}: does not compile")
        return mutant, noticed, time.monotonic() - began

    began = time.monotonic()
    survived = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for done in concurrent.futures.as_completed([pool.submit(judge, mutant) for mutant in mutants]):
            mutant, noticed, took = done.result()
            print(f"  {'killed  ' if noticed else 'SURVIVED'} {mutant['name']} ({mutant['file']}, {took:.0f} s)", flush=True)
            if not noticed:
                survived.append(mutant["name"])
    killed = len(mutants) - len(survived)
    print(f"{killed} of {len(mutants)} mutants killed in {time.monotonic() - began:.0f} s")
    tally("mutants killed", killed)
    tally("mutants survived", len(survived))
    return 1 if survived else 0


def tally(kind: str, count: int):
    if path := os.environ.get("ESB_TALLY"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"tests\t{kind}\t{count}\tmutants\t\n")


# Random ones

SWAPS = [(" == ", " != "), (" != ", " == "), (" < ", " <= "), (" <= ", " < "), (" > ", " >= "), (" >= ", " > "), (" && ", " || "),
         (" || ", " && "), (" + ", " - "), (" - ", " + "), ("true", "false"), ("false", "true")]


def candidates(file: pathlib.Path) -> list[tuple[int, str, str]]:
    """Line number, the line instead, what was done."""
    found = []
    depth = 0
    for number, line in enumerate(file.read_text().splitlines()):
        code = line.split("//")[0].rstrip()
        inside = line.startswith("    ") and not code.lstrip().startswith(("case ", "default:", "using ", "static_assert"))
        constant = code.startswith("constexpr ")
        if not (inside or constant) or not code:
            continue
        if inside:
            for old, new in SWAPS:
                for match in re.finditer(rf"\b{old}\b" if old.isalpha() else re.escape(old), code):
                    found.append((number, code[:match.start()] + new + code[match.end():], f"{old.strip()} -> {new.strip()}"))
            if condition := re.match(r"(\s+(?:\} else )?if \()(.*)(\) (?:return|\{|[a-z_]+[.(]|\+\+|continue).*)$", code):
                if ";" not in condition[2] and condition[2].count("(") == condition[2].count(")"):
                    found.append((number, f"{condition[1]}!({condition[2]}){condition[3]}", "condition negated"))
            if re.match(r"\s+(ESB_TRY|[a-z_]+(\.|->|\()|static_cast<void>|\+\+|[a-z_.\[\]>-]+ [+|-]?= ).*;$", code):
                if not re.match(r"\s+return\b", code) and code.count("(") == code.count(")"):
                    found.append((number, "", "statement dropped"))
        for match in re.finditer(r"(?<![\w.\"'])(\d+)(?=[U;,)\s'}]|ms|s;)", code):
            if '"' not in code:
                for change in (1, -1):
                    value = int(match[1]) + change
                    if value >= 0:
                        found.append((number, code[:match.start()] + str(value) + code[match.end():],
                                      f"{match[1]} -> {value}"))
    return found


def run_score(build: Build, count: int, seed: int, jobs: int) -> int:
    dice = random.Random(seed)
    files = sorted((ROOT / "src/esb/ota").glob("*.cpp"))
    everything = [(file, *candidate) for file in files for candidate in candidates(file)]
    dice.shuffle(everything)
    print(f"{len(everything)} possible changes of src/esb/ota; {count} of them, seed {seed}", flush=True)

    def judge(mutant) -> tuple[tuple, bool | None]:
        file, number, line, _ = mutant
        lines = file.read_text().splitlines()
        lines[number] = line
        return mutant, try_mutant(build, str(file.relative_to(ROOT)), "\n".join(lines) + "\n", JUDGES)

    killed = survived = 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        waiting = iter(everything)
        running = {pool.submit(judge, next(waiting)) for _ in range(jobs)}
        while running and killed + survived < count:
            done, running = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            for (file, number, line, what), noticed in (future.result() for future in done):
                if noticed is not None:
                    killed += noticed
                    survived += not noticed
                    was = file.read_text().splitlines()[number].strip()
                    print(f"  {'killed  ' if noticed else 'SURVIVED'} {file.name}:{number + 1} {what}: {was}", flush=True)
                if killed + survived + len(running) < count:
                    running.add(pool.submit(judge, next(waiting)))
    print(f"score: {killed} of {killed + survived} noticed, {100 * killed / (killed + survived):.1f} % (seed {seed}), "
          f"{len(out_of_time)} programs ran out of time")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--score", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=int(os.environ.get("ESB_JOBS", "2")))
    parser.add_argument("--longest", type=int, default=LONGEST, help="seconds for a program")
    arguments = parser.parse_args()
    build = Build(arguments.build, arguments.longest)
    if arguments.score:
        return run_score(build, arguments.score, arguments.seed, arguments.jobs)
    named = tomllib.loads(NAMED.read_text())["mutant"]
    for mutant in named:
        changed(ROOT / mutant["file"], mutant["edits"])  # all fit the sources, also those that do not run today
    mutants = [m for m in named
               if arguments.only in m["name"] and (arguments.full or arguments.only or m.get("ordinary", False))]
    return run_named(build, mutants, arguments.jobs)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Stale as stale:
        sys.exit(f"mutants: {stale}")
