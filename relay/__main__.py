"""`python -m relay`: reads the environment, runs a command, and exits."""

import argparse
import os
import sys

from relay import commands
from relay.outbox import dead_letters


def main() -> int:
    """Run the relay or a command, and return the exit code."""
    arguments = _parser().parse_args()
    if arguments.command == "dead":
        return commands.dead(os.environ, action=arguments.action, keys=arguments.keys, every=arguments.all)
    return commands.check(os.environ) if arguments.command == "check" else commands.serve(os.environ)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="relay", description="Falco's CloudEvents in, GitHub dispatches out.")
    subparsers = parser.add_subparsers(dest="command", metavar="command")
    subparsers.add_parser("serve", help="accept and deliver events (the default)")
    subparsers.add_parser("check", help="ask GitHub whether this relay would work, and dispatch nothing")
    letters = subparsers.add_parser("dead", help="events that GitHub rejected, in RELAY_OUTBOX")
    letters.add_argument("action", choices=dead_letters.COMMANDS)
    letters.add_argument("keys", nargs="*", type=int, metavar="key", help="as `list` prints them")
    letters.add_argument("--all", action="store_true", help="every dead letter")
    return parser


if __name__ == "__main__":
    sys.exit(main())
