#!/usr/bin/env bash
# Everything that tests this project: installs what is missing, builds with sanitizers (dev) and optimized (release),
# then one CTest run over both. --full adds what is long.
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

scripts/install-packages.sh build ${full:+full}
scripts/build.sh dev
scale="-DESB_MODEL_STEPS=100000 -DESB_CUTS=1"
if [[ -n $full ]]; then scale="-DESB_MODEL_STEPS=1000000 -DESB_CUTS=20"; fi
ESB_CMAKE_OPTIONS="-DESB_TEST_PREFIX=release. $scale" scripts/build.sh release

# One run over both builds, so that one summary tells it all.
mkdir -p build/all
printf 'subdirs("%s" "%s")\n' "$PWD/build/dev" "$PWD/build/release" >build/all/CTestTestfile.cmake
exec ctest --test-dir build/all --output-on-failure --parallel "${ESB_JOBS:-2}" --timeout 900
