"""`falco-dispatch`: runs the subcommand that is typed. It alone reads the environment and exits."""

import importlib
import os
import sys
from collections.abc import Sequence

from .parser import build_parser, module_of

INTERRUPTED = 130  # 128 and the number of SIGINT, as shells count


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand and return its exit code; README.md has the table of them."""
    parser = build_parser()
    namespace = parser.parse_args(arguments)
    if namespace.command is None:
        parser.print_help(sys.stderr)
        return 2
    # Only what was typed is imported: `version` needs neither the relay nor the responder.
    command = importlib.import_module(f"falco_dispatch.commands.{module_of(namespace.command)}")
    try:
        return int(command.run(namespace, os.environ))
    except KeyboardInterrupt:
        return INTERRUPTED
    except (
        BrokenPipeError
    ):  # `falco-dispatch try … | head`; https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
