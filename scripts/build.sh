#!/usr/bin/env bash
# Builds a preset including the example images: these trust an update key, so the tool that makes keys comes first.
#
#   scripts/build.sh PRESET [target...]      (default: everything)
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${1:?usage: scripts/build.sh PRESET [target...]}
shift
folder=build/$preset
key=$PWD/$folder/update-key.pem
jobs=${ESB_JOBS:-2}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly() {
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    echo "build: failed: $*" >&2
    exit 1
  fi
}

if [[ ! -f $key.pub.jwk ]]; then
  quietly cmake --preset "$preset" -DESB_UPDATE_KEY_FILE=
  cmake --build "$folder" -j "$jobs" --target esb
  rm -f "$key"
  quietly "$folder/host/cli/esb" key new "$key"
fi
quietly cmake --preset "$preset" -DESB_UPDATE_KEY_FILE="$key.pub.jwk" ${ESB_CMAKE_OPTIONS:-}
cmake --build "$folder" -j "$jobs" ${1:+--target "$@"}
