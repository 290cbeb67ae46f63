"""Finds out what this machine says of the settings: the address, the callers and the outbox. It asks GitHub nothing."""

import errno
import os
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import anyio

from relay.errors import BadSettings
from relay.finding import Finding, Grade
from relay.server import callers
from relay.settings import Settings

_NATS_SECONDS = 3.0
_NATS_PORT = 4222


async def findings(settings: Settings) -> list[Finding]:
    """Return what is found, in the order of an event's path into the relay."""
    return [address(settings), caller_count(settings), await outbox(settings)]


def address(settings: Settings) -> Finding:
    """Return whether the relay can listen where it is set to; a relay that listens there already is no fault."""
    name = f"{settings.host}:{settings.port}, {'TLS' if settings.tls_cert_file else 'without TLS'}"
    try:
        family, kind, _, _, endpoint = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(endpoint)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return Finding(Grade.OK, "address", f"{name}; a program listens there, the relay perhaps")
        message = f"{name}: the relay cannot listen there ({error.strerror}). Set RELAY_HOST and RELAY_PORT"
        return Finding(Grade.FAIL, "address", message)
    return Finding(Grade.OK, "address", name)


def caller_count(settings: Settings) -> Finding:
    """Return who may post events."""
    if settings.tokens_file is None:
        message = "anybody who reaches the relay may post events of any cluster: set RELAY_TOKENS_FILE after the trial"
        return Finding(Grade.WARN, "callers", message)
    try:
        count = callers.load(settings.tokens_file).count
    except BadSettings as error:
        return Finding(Grade.FAIL, "callers", str(error))
    return Finding(Grade.OK, "callers", f"{count} {'cluster has a token' if count == 1 else 'clusters have tokens'}")


async def outbox(settings: Settings) -> Finding:
    """Return whether accepted events could be stored."""
    if settings.outbox.startswith("sqlite:"):
        return _file(Path(settings.outbox.removeprefix("sqlite:")))
    return await _servers(settings.outbox)


def _file(path: Path) -> Finding:
    if not os.access(path.parent, os.W_OK):
        message = f"{path.parent} is no folder that can be written: set RELAY_OUTBOX to a file on a volume"
        return Finding(Grade.FAIL, "outbox", message)
    if not path.exists():
        return Finding(Grade.OK, "outbox", f"{path} will be made")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1)) as connection:
            (waiting,) = connection.execute("SELECT count(*) FROM letter").fetchone()
            (dead,) = connection.execute("SELECT count(*) FROM dead").fetchone()
    except sqlite3.Error as error:
        message = f"{path} cannot be read ({error}): see relay/README.md, When the disk fails"
        return Finding(Grade.FAIL, "outbox", message)
    return Finding(Grade.OK, "outbox", f"{path}: {waiting} waiting, {dead} dead")


async def _servers(outbox: str) -> Finding:
    """Return whether one of the servers of NATS accepts a connection; it is not spoken to."""
    failures = []
    for server in outbox.split(","):
        url = urlsplit(server)
        name = f"{url.hostname}:{url.port or _NATS_PORT}"
        try:
            with anyio.fail_after(_NATS_SECONDS):
                async with await anyio.connect_tcp(url.hostname or "", url.port or _NATS_PORT):
                    return Finding(Grade.OK, "outbox", f"NATS at {name} answers")
        except (OSError, TimeoutError) as error:
            failures.append(f"{name} ({error.__class__.__name__})")
    message = f"no server of NATS answers: {', '.join(failures)}. Check RELAY_OUTBOX and the network policies"
    return Finding(Grade.FAIL, "outbox", message)
