"""`falco-dispatch check`: whether the relay would work."""

import argparse
from collections.abc import Mapping

from relay import commands


def run(_arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print the findings and return the worst grade."""
    return commands.check(environ)
