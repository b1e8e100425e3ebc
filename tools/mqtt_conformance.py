#!/usr/bin/python3
"""Writes docs/mqtt-conformance.md: each normative statement of MQTT with the tests that show it.

Usage: mqtt_conformance.py ROOT [--check]. The statements are in tools/mqtt_statements.txt. A test names those that it
shows in a comment within it or right above it: `// MQTT 5.0: 3.2.2-4, 4.4.0-1`. A client's statement without a test is
an open row: then, and with --check when the page is not what would be written, the exit code is 1.
"""
import collections
import pathlib
import re
import sys

STATEMENTS = "tools/mqtt_statements.txt"
PAGE = "docs/mqtt-conformance.md"
TESTS = "tests/unit/mqtt"
ID = r"\d+(?:\.\d+)+-\d+"
NAMED = re.compile(rf"MQTT (3\.1\.1|5\.0): ((?:{ID})(?:, {ID})*)")
TEST = re.compile(r"^TEST(?:_P|_F)?\((\w+), (\w+)\)")
OPEN = "**open**"

HEAD = """# MQTT, statement by statement

Each normative statement of both specifications, by its id there, with the tests that show it. The words are ours, the
specifications' own are [3.1.1](https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html) and
[5.0](https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html). A statement that binds servers has a row where
a client can see it broken. What this client leaves out (topic aliases, authentication by AUTH, No Local, errors in its
own PUBACK and PUBREC) it shows by never sending it and by taking none.

`tools/mqtt_conformance.py` writes this page from the comments of the tests in `tests/unit/mqtt/`; a row whose test is
gone stands open, and CTest (`docs.mqtt_conformance`) fails.
"""


class Version:
    def __init__(self, name):
        self.name = name
        self.client = {}  # id: words
        self.others = collections.defaultdict(list)  # "server", "elsewhere": ids

    def known(self):
        return set(self.client) | {one for ids in self.others.values() for one in ids}


def read_statements(text):
    versions = []
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if not line or word == "#":
            continue
        if word == "version":
            versions.append(Version(rest))
        elif word in ("server", "elsewhere"):
            versions[-1].others[word] += rest.split()
        else:
            versions[-1].client[word] = rest
    return versions


def read_tests(files):
    """(version, id) -> names of tests, in the order of the files; and the comments that belong to no test."""
    shown = collections.defaultdict(list)
    stray = []
    for name, text in files:
        current = None
        above = []
        for line in text.splitlines():
            found = TEST.match(line)
            if found:
                current = f"{found[1]}.{found[2]}"
            named = [(version, one) for version, ids in NAMED.findall(line) for one in ids.split(", ")]
            if found:
                named = above + named
                above = []
            elif line.startswith("//"):
                above += named
                continue
            elif line and above:
                stray += [f"{name}: {version} {one}" for version, one in above]
                above = []
            if line.startswith("}") and not found:
                current = None
            for key in named:
                if current is None:
                    stray.append(f"{name}: {key[0]} {key[1]}")
                elif current not in shown[key]:
                    shown[key].append(current)
    return shown, stray


def render(versions, shown):
    out = [HEAD]
    for version in versions:
        total = len(version.client)
        there = sum(1 for one in version.client if shown.get((version.name, one)))
        out.append(f"## MQTT {version.name}\n\n{there} of {total} shown.\n")
        out.append("| id | what | shown by |\n| --- | --- | --- |")
        for one, words in version.client.items():
            tests = shown.get((version.name, one))
            names = ", ".join(f"`{test}`" for test in tests) if tests else OPEN
            out.append(f"| {one} | {words} | {names} |")
        out.append(f"\nServers alone: {', '.join(version.others['server'])}.\n")
        out.append(f"Of transports and implementations as such: {', '.join(version.others['elsewhere'])}.\n")
    return "\n".join(out)


def problems(versions, shown, stray):
    known = {(version.name, one) for version in versions for one in version.known()}
    found = [f"no statement of this id: MQTT {version} {one} ({', '.join(shown[version, one])})"
             for version, one in sorted(shown) if (version, one) not in known]
    found += [f"belongs to no test: {one}" for one in stray]
    found += [f"open: MQTT {version.name} {one} {words}" for version in versions
              for one, words in version.client.items() if not shown.get((version.name, one))]
    return found


def main(arguments):
    root = pathlib.Path(arguments[0])
    versions = read_statements((root / STATEMENTS).read_text(encoding="utf-8"))
    files = [(file.name, file.read_text(encoding="utf-8")) for file in sorted((root / TESTS).glob("*.cpp"))]
    shown, stray = read_tests(files)
    found = problems(versions, shown, stray)
    page = render(versions, shown)
    if "--check" in arguments:
        if not (root / PAGE).exists() or (root / PAGE).read_text(encoding="utf-8") != page:
            found.append(f"{PAGE} is not what tools/mqtt_conformance.py writes")
    else:
        (root / PAGE).write_text(page, encoding="utf-8")
    for one in found:
        print(one)
    for version in versions:
        print(f"MQTT {version.name}: {sum(1 for one in version.client if shown.get((version.name, one)))} of "
              f"{len(version.client)} statements shown")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
