#!/usr/bin/env bash
# Coverage of src/esb by tests: lines, and branches without those that only exceptions take.
#
#   scripts/coverage.sh          by all unit and component tests: one line a file below 100 %, then one line a room
#   scripts/coverage.sh ROOM     one room by its own unit tests (src/esb/ROOM by unit_ROOM)
set -euo pipefail
cd "$(dirname "$0")/.."

room=${1:-}
[[ -z $room || -d src/esb/$room ]] || { echo "coverage: no room $room" >&2; exit 2; }
scripts/install-packages.sh build
cmake --preset coverage >/dev/null
cmake --build build/coverage -j "${ESB_JOBS:-2}" ${room:+--target unit_$room}
find build/coverage -name '*.gcda' -delete
if [[ -n $room ]]; then
  build/coverage/tests/unit_"$room" --gtest_brief=1
else
  ctest --test-dir build/coverage --parallel "${ESB_JOBS:-2}" --output-on-failure -E 'e2e' >build/coverage/ctest.log || {
    tail -n 40 build/coverage/ctest.log >&2
    exit 1
  }
fi
# Nothing is thrown: branches to landing pads, and those of one place in several objects, are none of ours.
gcovr --root . --object-directory build/coverage --filter "src/esb/$room" --exclude-throw-branches --exclude-unreachable-branches \
  --json build/coverage/coverage.json --print-summary | grep -v '100%'
/usr/bin/python3 - build/coverage/coverage.json <<'PYTHON'
import collections
import json
import sys

rooms = collections.defaultdict(lambda: [0, 0, 0, 0])
for file in json.load(open(sys.argv[1]))["files"]:
    counts = rooms[file["file"].split("/")[2]]
    for line in file["lines"]:
        if line.get("gcovr/noncode"):
            continue
        counts[0] += 1
        counts[1] += line["count"] > 0
        counts[2] += len(line["branches"])
        counts[3] += sum(branch["count"] > 0 for branch in line["branches"])
for room, (lines, lines_taken, branches, branches_taken) in sorted(rooms.items()):
    share = lambda part, whole: f"{100 * part / whole:.1f} %" if whole else "–"
    print(f"{room}: lines {lines_taken}/{lines} ({share(lines_taken, lines)}), "
          f"branches {branches_taken}/{branches} ({share(branches_taken, branches)})")
PYTHON
