#!/usr/bin/env bash
# Fuzzes every parser of outside bytes, one after the other on each core, for MINUTES in all (default 10). What is found
# lies in build/fuzz/tests/fuzz/ as crash-NAME-...; keep it in tests/fuzz/corpus/NAME once it is fixed.
set -euo pipefail
cd "$(dirname "$0")"

minutes=${1:-10}
if [[ ! $minutes =~ ^[1-9][0-9]{0,4}$ ]]; then
  echo "usage: ./fuzz.sh [MINUTES]" >&2
  exit 2
fi
jobs=${ESB_JOBS:-2}
scripts/install-packages.sh build fuzz
targets=$(find tests/fuzz -maxdepth 1 -name '*.cpp' | wc -l)
seconds=$((minutes * 60 * jobs / targets))
cmake --preset fuzz -DESB_FUZZ_SECONDS=$((seconds > 5 ? seconds : 5)) >/dev/null
cmake --build build/fuzz -j "$jobs" --target fuzzers
exec ctest --test-dir build/fuzz --parallel "$jobs" --output-on-failure
