#!/usr/bin/env bash
# Line coverage of src/esb by the unit and component tests: one line a file below 100 %, then the total.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-packages.sh build
cmake --preset coverage >/dev/null
cmake --build build/coverage -j "${ESB_JOBS:-2}"
find build/coverage -name '*.gcda' -delete
ctest --test-dir build/coverage --parallel "${ESB_JOBS:-2}" --output-on-failure -E 'e2e' >build/coverage/ctest.log || {
  tail -n 40 build/coverage/ctest.log >&2
  exit 1
}
gcovr --root . --object-directory build/coverage --filter 'src/esb/' --print-summary | grep -v '100%'
