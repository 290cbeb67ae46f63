#!/usr/bin/env bash
# Runs the action named by the first argument.
set -euo pipefail

actions=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python3 -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "::error::falco-dispatch needs Python 3.11 or later on the runner; run the job on ubuntu-24.04 or add actions/setup-python before it"
  exit 1
}
packages=$(bash "$actions/install.sh")
exec python3 -I "$actions/start.py" "$packages" "$1"
