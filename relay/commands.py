"""The relay's commands: from an environment to an exit code. It reads no environment by itself, and does not exit.

0 is success; 1 means that the relay could not start, had to end, or a command failed; 2 means wrong settings or
arguments. `check` returns 1 for a warning and 2 for a relay that would not work.
"""

import gc
import logging
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import anyio

from relay import logs
from relay.advice import advice
from relay.check import check as check_relay
from relay.errors import BadSettings, RelayError
from relay.finding import Finding, Grade, exit_code
from relay.github.client import http_client
from relay.outbox import dead_letters
from relay.server.app import dispatch_of
from relay.server.credential import credential_of
from relay.server.serving import RelayServer
from relay.settings import Settings
from relay.start_line import start_line

log = logging.getLogger("relay.commands")


def serve(environ: Mapping[str, str]) -> int:
    """Run the relay until it is stopped."""
    try:
        settings = Settings.from_environ(environ)
        logs.configure(settings.log_format)
        server = RelayServer(settings)
    except BadSettings as error:
        return _report(error)
    log.info("starts", extra=start_line(settings))
    for message in advice(environ, settings):
        log.warning("look at the settings", extra={"detail": message})
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


def check(environ: Mapping[str, str]) -> int:
    """Ask GitHub whether the relay would work, and print the findings."""
    try:
        settings = Settings.from_environ(environ)
    except BadSettings as error:
        return _report(error)
    findings = [Finding(Grade.WARN, "settings", message) for message in advice(environ, settings)]
    findings += anyio.run(_findings, settings)
    print(*findings, sep="\n")
    return exit_code(findings)


def dead(environ: Mapping[str, str], *, action: str, keys: Sequence[int], every: bool) -> int:
    """List, show, requeue or drop dead letters: those with these keys, or `every` one."""
    if action != "list" and not keys and not every:
        print("relay: name the keys of the dead letters, or give --all", file=sys.stderr)
        return 2
    try:
        with _dead_letters(environ) as letters:
            return dead_letters.run(action, keys or None, letters)
    except BadSettings as error:
        print(f"relay: {error}", file=sys.stderr)
        return 2
    except RelayError as error:
        print(f"relay: {error}", file=sys.stderr)
        return 1


def _report(error: BadSettings) -> int:
    for problem in error.problems:
        print(f"relay: {problem}", file=sys.stderr)
    print("relay: the settings are described in relay/README.md", file=sys.stderr)
    return 2


async def _findings(settings: Settings) -> list[Finding]:
    dispatch = dispatch_of(settings)
    async with http_client(settings.github_api_url) as client:
        credential = credential_of(settings, client, permissions=dispatch.permissions, now=time.time)
        return await check_relay(settings, client, credential=credential, dispatch=dispatch)


def _dead_letters(environ: Mapping[str, str]) -> AbstractContextManager[dead_letters.DeadLetters]:
    outbox = environ.get("RELAY_OUTBOX") or Settings.outbox
    if outbox.startswith("sqlite:"):
        return dead_letters.SqliteDeadLetters.open(Path(outbox.removeprefix("sqlite:")))
    repository = environ.get("RELAY_REPOSITORY")
    if not repository:
        raise BadSettings(["RELAY_REPOSITORY is required: NATS may hold the events of several repositories"])
    try:
        from relay.outbox.jetstream.dead_letters import JetStreamDeadLetters
    except ModuleNotFoundError as error:
        raise BadSettings(["RELAY_OUTBOX asks for NATS: pip install 'falco-dispatch[nats]'"]) from error
    return JetStreamDeadLetters.open(outbox, repository=repository)
