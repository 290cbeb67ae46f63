"""Connects to NATS and makes the streams that one repository's events wait in.

Needs nats-py (the extra `nats`) and a nats-server from 2.12 on, which writes several messages at once or none.
"""

import asyncio
import hashlib
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import nats
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError
from nats.js.kv import KeyValue

from relay.errors import StorageFailed, StorageUnusable
from relay.outbox.dedup import DEDUPLICATION_SECONDS

log = logging.getLogger("relay.jetstream")

_OLDEST_SERVER = (2, 12)
_OPENING_SECONDS = 15.0
# A cluster keeps three copies, so that it bears the loss of one server.
_COPIES = 3
_EXISTS_WITH_OTHER_SETTINGS = 10058
_NOT_CLUSTERED = 10074
# Counts that no later event has carried along are dropped after this, or when there are more of them.
_COUNT_SECONDS = 24 * 3600.0
_MOST_COUNTED = 1_000_000


@dataclass(frozen=True, slots=True)
class Names:
    """What one repository's streams, subjects and buckets are called on a server that may serve several."""

    letters: str
    folded: str
    dead: str
    windows: str
    delivery: str

    @classmethod
    def of(cls, repository: str) -> "Names":
        """The readable part alone would be the same for a.b/c and a-b/c."""
        owner_name = repository.lower()
        digest = hashlib.blake2b(owner_name.encode(), digest_size=4).hexdigest()
        base = f"relay-{re.sub(r'[^a-z0-9]', '-', owner_name)}-{digest}"
        return cls(base, f"{base}-folded", f"{base}-dead", f"{base}-windows", f"{base}-delivery")


@contextmanager
def failing() -> Iterator[None]:
    """Whatever NATS raises becomes StorageFailed."""
    try:
        yield
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise StorageFailed(f"the stream does not take it now: {error or type(error).__name__}") from error


async def connect(servers: str) -> Client:
    """A connection that outlives the servers' restarts; raises StorageUnusable.

    `servers` are addresses with commas between them: nats://host:4222, or tls://.
    """
    trouble: list[Exception] = []

    async def failed(error: Exception) -> None:
        trouble.append(error)
        log.warning("trouble with NATS", extra={"detail": str(error) or type(error).__name__})

    async def lost() -> None:
        if not connection.is_closed:
            log.warning("connection to NATS lost")

    async def found() -> None:
        log.info("connection to NATS is back")

    try:
        async with asyncio.timeout(_OPENING_SECONDS):
            connection = await nats.connect(
                servers=servers.split(","),
                name="falco-dispatch relay",
                error_cb=failed,
                disconnected_cb=lost,
                reconnected_cb=found,
                connect_timeout=3,
                max_reconnect_attempts=-1,
                reconnect_time_wait=1,
                ping_interval=5,
                pending_size=0,  # what cannot be sent now must not be sent after the caller was told so
            )
    except (nats.errors.Error, OSError, TimeoutError) as error:
        cause = trouble[-1] if trouble else error
        raise StorageUnusable(
            f"NATS was not reached: {cause or type(cause).__name__}. Check RELAY_OUTBOX, that the server runs, and "
            "any network policy between the two."
        ) from error
    version = connection.connected_server_version
    if (version.major, version.minor) < _OLDEST_SERVER:
        await connection.close()
        raise StorageUnusable(
            f"nats-server {version.major}.{version.minor}.{version.patch} is too old: the relay needs 2.12 or later."
        )
    return connection


async def make(
    context: JetStreamContext, names: Names, *, max_backlog: int, coalesce_seconds: float, lease_seconds: float
) -> None:
    """Make the streams, or bring their settings up to date; raises StorageUnusable."""
    configs = [
        StreamConfig(
            name=names.letters,
            subjects=[names.letters],
            retention=RetentionPolicy.WORK_QUEUE,
            discard=DiscardPolicy.NEW,
            max_msgs=max_backlog,
            duplicate_window=DEDUPLICATION_SECONDS,
            allow_atomic=True,
        ),
        StreamConfig(
            name=names.folded,
            subjects=[f"{names.folded}.*"],
            max_age=_COUNT_SECONDS,
            max_msgs=_MOST_COUNTED,
            duplicate_window=DEDUPLICATION_SECONDS,
        ),
        StreamConfig(name=names.dead, subjects=[names.dead], duplicate_window=DEDUPLICATION_SECONDS),
        _bucket(names.windows, seconds=max(coalesce_seconds, 1.0)),
        _bucket(names.delivery, seconds=lease_seconds),
    ]
    try:
        async with asyncio.timeout(_OPENING_SECONDS):
            for config in configs:
                await _make(context, config)
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise StorageUnusable(
            f"NATS does not make the relay's streams: {error or type(error).__name__}. Check that the server runs "
            "with JetStream, that a cluster has three servers with it, and that the account may make streams."
        ) from error


def bucket(context: JetStreamContext, name: str) -> KeyValue:
    """The bucket that `make` has made."""
    return KeyValue(name, f"KV_{name}", f"$KV.{name}.", context, direct=False)  # the leader's word, not a follower's


def _bucket(name: str, *, seconds: float) -> StreamConfig:
    """A key-value bucket whose keys live for so long.

    https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-8.md
    """
    return StreamConfig(
        name=f"KV_{name}",
        subjects=[f"$KV.{name}.>"],
        discard=DiscardPolicy.NEW,
        max_msgs_per_subject=1,
        max_age=seconds,
        duplicate_window=min(seconds, 120.0),
        allow_rollup_hdrs=True,
        deny_delete=True,
    )


async def _make(context: JetStreamContext, config: StreamConfig) -> None:
    copies = _COPIES
    while True:
        try:
            await context.add_stream(config, storage=StorageType.FILE, num_replicas=copies)
        except APIError as error:
            if error.err_code == _NOT_CLUSTERED and copies > 1:
                copies = 1
            elif error.err_code == _EXISTS_WITH_OTHER_SETTINGS:
                await _update(context, config)
                return
            else:
                raise
        except (nats.errors.NoRespondersError, nats.errors.TimeoutError):
            await asyncio.sleep(0.5)  # a cluster that starts has no leader yet
        else:
            return


async def _update(context: JetStreamContext, config: StreamConfig) -> None:
    """Only what the relay's settings say; copies and placement are the operator's to change."""
    assert config.name is not None  # noqa: S101  # nats-py types it for streams that are not named yet
    found = (await context.stream_info(config.name)).config
    await context.update_stream(
        found,
        max_msgs=config.max_msgs,
        max_age=config.max_age,
        duplicate_window=config.duplicate_window,
        allow_atomic=config.allow_atomic,
    )
