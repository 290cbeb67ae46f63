"""`falco-dispatch serve`: the relay."""

import argparse
from collections.abc import Mapping

from relay import commands


def run(_arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Run the relay and return its exit code."""
    return commands.serve(environ)
