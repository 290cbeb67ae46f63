"""`falco-dispatch dead`: the dead letters of an outbox."""

import argparse
from collections.abc import Mapping

from relay import commands


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Do with the dead letters what is asked for, and return the exit code."""
    return commands.dead(environ, action=arguments.action, keys=arguments.keys, every=arguments.all)
