#!/usr/bin/env bash
# Installs the Debian packages this project needs: only what is missing, without recommended extras, and without
# leaving services behind that the packages would start.
#
#   scripts/install-packages.sh [build] [fuzz] [cortex-m] [bench] [peers] [reference]     (default: build)
set -euo pipefail

build_packages=(
  g++ cmake ninja-build pkg-config
  libmbedtls-dev libhttp-parser-dev libcjson-dev libcli11-dev libqrencode-dev libpng-dev libgtest-dev libgmock-dev
  mosquitto mosquitto-clients nginx-light openssl curl strace
  zbar-tools nodejs npm
  python3 python3-pytest python3-pexpect python3-cryptography python3-jwcrypto gcovr
  dpkg-dev man-db
  chromium chromium-driver python3-selenium
)
fuzz_packages=(clang-19 libclang-rt-19-dev)
cortex_m_packages=(gcc-arm-none-eabi libstdc++-arm-none-eabi-newlib libnewlib-arm-none-eabi qemu-system-arm)
bench_packages=(valgrind strace libmosquitto-dev libpaho-mqtt-dev)
# Brokers of others, for ./test.sh --full.
peers_packages=(rabbitmq-server nats-server)
# The API reference: scripts/api-reference.sh, and the test that no public name is without words.
reference_packages=(doxygen)

fail() {
  echo "install-packages: $*" >&2
  exit 1
}

wanted=()
for list in "${@:-build}"; do
  case $list in
    build) wanted+=("${build_packages[@]}") ;;
    fuzz) wanted+=("${fuzz_packages[@]}") ;;
    cortex-m) wanted+=("${cortex_m_packages[@]}") ;;
    bench) wanted+=("${bench_packages[@]}") ;;
    peers) wanted+=("${peers_packages[@]}") ;;
    reference) wanted+=("${reference_packages[@]}") ;;
    *) fail "unknown list '$list'; there are: build, fuzz, cortex-m, bench, peers, reference" ;;
  esac
done

is_installed() {
  # A Node.js that is not Debian's brings npm along, and then refuses the package of that name.
  if [[ $1 == npm ]] && command -v npm >/dev/null; then return; fi
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

missing=()
for package in "${wanted[@]}"; do
  is_installed "$package" || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  exit 0
fi

command -v apt-get >/dev/null || fail "this needs Debian 12 (apt-get); please install by hand: ${missing[*]}"
as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || fail "run this as root, or install sudo; missing: ${missing[*]}"
  as_root=(sudo)
fi

echo "installing: ${missing[*]}"

# mosquitto, nginx and others would start their services. Debian asks /usr/sbin/policy-rc.d first; ours says no. One that is
# there already stays as it is.
policy=/usr/sbin/policy-rc.d
made_policy=
remove_policy() {
  if [[ -n $made_policy ]]; then
    "${as_root[@]}" rm -f "$policy"
  fi
}
trap remove_policy EXIT
if [[ ! -e $policy ]]; then
  made_policy=yes
  printf '#!/bin/sh\n# Made by install-packages.sh while it runs: new services are not started.\nexit 101\n' |
    "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
fi
# Without a running service there is also no reason to start one at the next boot.
was_there=()
for service in mosquitto nginx rabbitmq-server nats-server; do
  if is_installed "$service"; then was_there+=("$service"); fi
done

log=$(mktemp)
quietly() {
  if ! "$@" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    fail "failed: $*"
  fi
}
quietly "${as_root[@]}" apt-get update
quietly "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install --yes --no-install-recommends "${missing[@]}"
rm -f "$log"

for service in mosquitto nginx rabbitmq-server nats-server; do
  if [[ " ${was_there[*]-} " != *" $service "* ]] && is_installed "$service"; then
    "${as_root[@]}" update-rc.d "$service" disable >/dev/null 2>&1 || true
    if command -v systemctl >/dev/null; then
      "${as_root[@]}" systemctl disable "$service" >/dev/null 2>&1 || true
    fi
  fi
done
