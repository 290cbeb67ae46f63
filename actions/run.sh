#!/usr/bin/env bash
# Installs the locked dependencies outside the workspace, then runs the action named by the first argument.
set -euo pipefail

actions=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$(command -v python3)
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "::error::falco-dispatch needs Python 3.11 or later on the runner; run the job on ubuntu-24.04 or add actions/setup-python before it"
  exit 1
}

# Outside the workspace, because what lies there would be part of the tree that is committed. The runner empties this
# folder between jobs, so every job checks the hashes anew.
packages="$RUNNER_TEMP/falco-dispatch-$(sha256sum "$actions/requirements.txt" | cut -c 1-16)"
if [ ! -e "$packages/.complete" ]; then
  (
    # Neither installer may pick up modules or settings from the checked-out repository.
    cd "$RUNNER_TEMP"
    if command -v uv >/dev/null; then
      uv pip install --quiet --no-config --python "$python" --target "$packages" --require-hashes \
        --only-binary :all: -r "$actions/requirements.txt"
    else
      "$python" -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-input --target "$packages" --require-hashes \
        --only-binary :all: -r "$actions/requirements.txt"
    fi
    touch "$packages/.complete"
  )
fi

# -P: a responder/ or yaml/ folder of the checked-out repository must not be imported instead of ours.
PYTHONPATH="$actions:$packages" exec "$python" -P -m responder "$1"
