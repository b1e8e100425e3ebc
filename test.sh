#!/usr/bin/env bash
# Everything that tests this project: installs what is missing, builds with sanitizers (dev), optimized (release), for
# the fuzzers (fuzz), for a bare chip (cortex-m) and without the features that can be left out (minimal), then one CTest
# run over all of them. --full adds what is long.
set -euo pipefail
cd "$(dirname "$0")"

full=
for argument in "$@"; do
  case $argument in
    --full) full=1 ;;
    *)
      echo "usage: ./test.sh [--full]" >&2
      exit 2
      ;;
  esac
done

scripts/install-packages.sh build fuzz cortex-m reference ${full:+peers}
# No images: a slot is too small for one with sanitizers, so its tests need no update key.
cmake --preset dev >/dev/null
cmake --build build/dev -j "${ESB_JOBS:-2}"
heavy="-DESB_UNIT_TESTS=mqtt;settings;wifi;ota"
scale="-DESB_MODEL_STEPS=100000 -DESB_CUTS=1 -DESB_FULL=OFF"
if [[ -n $full ]]; then scale="-DESB_MODEL_STEPS=1000000 -DESB_CUTS=20 -DESB_FULL=ON"; fi
ESB_CMAKE_OPTIONS="-DESB_TEST_PREFIX=release. $heavy $scale" scripts/build.sh release

cmake --preset fuzz -DESB_FUZZ_SECONDS=$([[ -n $full ]] && echo 60 || echo 5) >/dev/null
cmake --build build/fuzz -j "${ESB_JOBS:-2}" --target fuzzers
cmake --preset cortex-m >/dev/null
cmake --build build/cortex-m -j "${ESB_JOBS:-2}"
bench/footprint
# Without the features that can be left out: on the virtual chip, and for a bare chip with a look for what is left.
cmake --preset minimal >/dev/null
cmake --build build/minimal -j "${ESB_JOBS:-2}" --target component
if [[ -n $full ]]; then bench/switches; else bench/switches minimal; fi
tests/emulator/source_hash.py

# One run over all builds, so that one summary tells it all.
mkdir -p build/all
printf 'subdirs(%s)\n' "$(printf '"%s" ' "$PWD"/build/{dev,release,minimal,fuzz,cortex-m})" >build/all/CTestTestfile.cmake
# What the tests have tried is added up behind it.
export ESB_TALLY=$PWD/build/tally
rm -f "$ESB_TALLY"
failed=0
# One more at a time than there are jobs: those with real processes mostly wait.
ctest --test-dir build/all --output-on-failure --parallel "$((${ESB_JOBS:-2} + 1))" --timeout 900 || failed=1
scripts/tally.py "$ESB_TALLY" --goals || failed=1
exit "$failed"
