"""`falco-dispatch completion`: the script with which a shell completes the command line."""

import argparse
from collections.abc import Mapping

import shtab

from ..parser import build_parser


def run(arguments: argparse.Namespace, _environ: Mapping[str, str]) -> int:
    """Print the script and return 0."""
    print(shtab.complete(build_parser(), shell=arguments.shell))
    return 0
