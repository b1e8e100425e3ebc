#!/usr/bin/env bash
# From factory-new to updated: one virtual device, a real broker, a real web server. Installs what is missing, builds,
# then tells the story in a temporary folder with processes of its own. KEEP=1 keeps the folder.
set -euo pipefail
cd "$(dirname "$0")"

scripts/install-packages.sh build
scripts/build.sh release esb basic-1.0.0_image basic-1.1.0_image basic-1.2.0_image basic-1.3.0_image crashing-2.0.0_image
export ESB_BUILD=$PWD/build/release PYTHONPATH=$PWD/tools/pytest_esb PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 tests/e2e/demo.py
