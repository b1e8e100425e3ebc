#!/usr/bin/env bash
# The power goes a million times: every cut test and the lives by dice again and again, with other seeds each round.
#
#   ./soak.sh [--cuts 1000000] [--minutes 60] [--seed N]      ends at whichever comes first
#
# Prints the counts after each round; a failure names the round's seed, and `./soak.sh --seed N` begins with it again.
set -euo pipefail
cd "$(dirname "$0")"

scripts/install-packages.sh build
ESB_CMAKE_OPTIONS="-DESB_TEST_PREFIX=release. -DESB_UNIT_TESTS=mqtt;settings;wifi;ota" \
  scripts/build.sh release component unit_settings unit_vchip
exec scripts/soak.py build/release "$@"
