"""`falco-dispatch version`: which versions run here."""

import argparse
import platform
from collections.abc import Mapping

from relay.version import version


def run(_arguments: argparse.Namespace, _environ: Mapping[str, str]) -> int:
    """Print the versions and return 0."""
    print(f"falco-dispatch {version()} (Python {platform.python_version()})")
    return 0
