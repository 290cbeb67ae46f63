#!/usr/bin/env bash
# Installs the locked dependencies for the python3 that is on the PATH, and prints the folder that they are in.
set -euo pipefail

actions=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Outside the workspace, because what lies there would be part of the tree that is committed. The runner empties this
# folder between jobs, so every job checks the hashes anew.
packages="$RUNNER_TEMP/falco-dispatch-$(sha256sum "$actions/requirements.txt" | cut -c 1-16)"
if [ ! -e "$packages/.complete" ]; then
  # In the meantime: a fresh checkout of the action has no bytecode, and compiling it takes longer than running it.
  python3 -I -m compileall -qq "$actions/responder" >&2 &
  options=(--quiet --target "$packages" --require-hashes --only-binary :all: -r "$actions/requirements.txt")
  # A release carries the wheels (`make wheels`), so that containing does not depend on a package index.
  if [ -d "$actions/wheels" ]; then
    options+=(--no-index --find-links "$actions/wheels")
  fi
  # Neither installer may pick up modules or settings from the checked-out repository.
  cd "$RUNNER_TEMP"
  if command -v uv >/dev/null; then
    uv pip install --no-config --python "$(command -v python3)" "${options[@]}" >&2
  else
    python3 -I -m pip install --disable-pip-version-check --root-user-action ignore --no-input "${options[@]}" >&2
  fi
  wait
  touch "$packages/.complete"
fi
printf '%s' "$packages"
