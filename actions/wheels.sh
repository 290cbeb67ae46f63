#!/usr/bin/env bash
# Downloads the wheels of requirements.txt into actions/wheels, for every Python and processor that runners have.
# A release is tagged on a commit that carries them; a plain checkout has none and installs from the package index.
set -euo pipefail

actions=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${1:-python3}
versions=${2:-"3.11 3.12 3.13 3.14"}
rm -rf "$actions/wheels"
for version in $versions; do
  for processor in x86_64 aarch64; do
    "$python" -I -m pip download --quiet --disable-pip-version-check --no-input --require-hashes --only-binary :all: \
      --platform "manylinux_2_28_$processor" --platform "manylinux2014_$processor" --platform "manylinux_2_17_$processor" \
      --implementation cp --python-version "$version" --dest "$actions/wheels" -r "$actions/requirements.txt"
  done
done
