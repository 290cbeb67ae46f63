"""`python -m relay`: the only place that reads the environment, and the only one that exits."""

import argparse
import gc
import os
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path

import anyio

from relay import check, logs
from relay.errors import BadSettings, RelayError
from relay.github.client import http_client
from relay.outbox import dead_letters as dead
from relay.server.app import dispatch_of
from relay.server.credential import credential_of
from relay.server.serving import RelayServer
from relay.settings import Settings


def main() -> int:
    """Run the relay or a command, and return the exit code.

    0 is success; 1 means that the relay could not start, had to end, or a command failed; 2 means wrong settings or
    arguments.
    `check` returns 1 for a warning and 2 for a relay that would not work.
    """
    arguments = _parser().parse_args()
    if arguments.command == "dead":
        return _dead(arguments)
    try:
        settings = Settings.from_environ(os.environ)
        if arguments.command == "check":
            return anyio.run(_check, settings)
        logs.configure(settings.log_format)
        server = RelayServer(settings)
    except BadSettings as error:
        for problem in error.problems:
            print(f"relay: {problem}", file=sys.stderr)
        print("relay: the settings are described in relay/README.md", file=sys.stderr)
        return 2
    return _serve(server)


async def _check(settings: Settings) -> int:
    dispatch = dispatch_of(settings)
    async with http_client(settings.github_api_url) as client:
        credential = credential_of(settings, client, permissions=dispatch.permissions, now=time.time)
        findings = await check.check(settings, client, credential=credential, dispatch=dispatch)
    print(*findings, sep="\n")
    return check.exit_code(findings)


def _serve(server: RelayServer) -> int:
    # Imported modules stay for ever and requests leave no cycles, so the collector can run rarely.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    try:
        server.run()
    except KeyboardInterrupt:
        return 0
    except SystemExit:  # uvicorn could not start; the log has the reason
        return 1
    return 1 if server.has_failed else 0


def _dead(arguments: argparse.Namespace) -> int:
    if arguments.action != "list" and not arguments.keys and not arguments.all:
        print("relay: name the keys of the dead letters, or give --all", file=sys.stderr)
        return 2
    try:
        with _dead_letters(os.environ.get("RELAY_OUTBOX") or Settings.outbox) as letters:
            return dead.run(arguments.action, arguments.keys or None, letters)
    except BadSettings as error:
        print(f"relay: {error}", file=sys.stderr)
        return 2
    except RelayError as error:
        print(f"relay: {error}", file=sys.stderr)
        return 1


def _dead_letters(outbox: str) -> AbstractContextManager[dead.DeadLetters]:
    if outbox.startswith("sqlite:"):
        return dead.SqliteDeadLetters.open(Path(outbox.removeprefix("sqlite:")))
    repository = os.environ.get("RELAY_REPOSITORY")
    if not repository:
        raise BadSettings(["RELAY_REPOSITORY is required: NATS may hold the events of several repositories"])
    try:
        from relay.outbox.jetstream.dead_letters import JetStreamDeadLetters
    except ModuleNotFoundError as error:
        raise BadSettings(["RELAY_OUTBOX asks for NATS: pip install 'falco-dispatch[nats]'"]) from error
    return JetStreamDeadLetters.open(outbox, repository=repository)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="relay", description="Falco's CloudEvents in, GitHub dispatches out.")
    commands = parser.add_subparsers(dest="command", metavar="command")
    commands.add_parser("serve", help="accept and deliver events (the default)")
    commands.add_parser("check", help="ask GitHub whether this relay would work, and dispatch nothing")
    letters = commands.add_parser("dead", help="events that GitHub rejected, in RELAY_OUTBOX")
    letters.add_argument("action", choices=dead.COMMANDS)
    letters.add_argument("keys", nargs="*", type=int, metavar="key", help="as `list` prints them")
    letters.add_argument("--all", action="store_true", help="every dead letter")
    return parser


if __name__ == "__main__":
    sys.exit(main())
