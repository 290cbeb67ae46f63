#!/usr/bin/env bash
# Runs the check of the response rules in the current repository: the hook in .pre-commit-hooks.yaml. The arguments are
# inputs of the action, like --rules=FILE, --directory=FOLDER, --events=FOLDER and --falco-rules=FILE.
set -euo pipefail

for argument in "$@"; do
  [[ $argument =~ ^--(rules|directory|events|falco-rules)=(.*)$ ]] || {
    echo "falco-dispatch check: $argument is none of --rules=, --directory=, --events= and --falco-rules=" >&2
    exit 2
  }
  name=${BASH_REMATCH[1]^^}
  export "INPUT_${name//-/_}=${BASH_REMATCH[2]}"
done
# The packages are installed once for each version of the hook, as on a runner for each job.
export RUNNER_TEMP=${XDG_CACHE_HOME:-$HOME/.cache}/falco-dispatch
mkdir -p "$RUNNER_TEMP"
GITHUB_WORKSPACE=$(git rev-parse --show-toplevel)
export GITHUB_WORKSPACE
exec bash "$(dirname "${BASH_SOURCE[0]}")/../run.sh" check
