#!/usr/bin/env python3
"""Tells whether the library is still what was last proven on the emulated chip.

    source_hash.py          prints one line if the run in last-run.json is stale
    source_hash.py --print  prints the hash of src/esb
"""

import hashlib
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAST_RUN = pathlib.Path(__file__).with_name("last-run.json")


def source_hash() -> str:
    """SHA-256 over the names and contents of all files below src/esb."""
    total = hashlib.sha256()
    for path in sorted((ROOT / "src/esb").rglob("*")):
        if not path.is_file():
            continue
        total.update(f"{path.relative_to(ROOT)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def main():
    if "--print" in sys.argv[1:]:
        return print(source_hash())
    last = json.loads(LAST_RUN.read_text()) if LAST_RUN.exists() else {}
    ran = {name.partition("::")[0] for name in last.get("results", {})}
    missing = {path.name for path in LAST_RUN.parent.glob("test_*.py")} - ran
    if last and missing:
        print(f"emulator run is incomplete: {', '.join(sorted(missing))}")
    if last.get("src_esb") != source_hash():
        print(f"emulator run is stale: src/esb has changed since {last.get('date', 'ever')}; see tests/emulator/README.md")


if __name__ == "__main__":
    main()
