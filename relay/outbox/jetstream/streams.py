"""Connects to NATS and creates the streams for the events of one repository.

Needs nats-py (the extra `nats`) and a nats-server from 2.12 on, which can write several messages atomically.
"""

import asyncio
import hashlib
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import nats
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError
from nats.js.kv import KeyValue

from relay.errors import StorageFailed, StorageUnusable
from relay.outbox.dedup import DEDUPLICATION_SECONDS
from relay.outbox.jetstream.subjects import SUBJECT_PATTERN

log = logging.getLogger("relay.jetstream")

_OLDEST_SERVER = (2, 12)
_OPENING_SECONDS = 15.0
# In a cluster, three copies tolerate the loss of one server.
_COPIES = 3
_EXISTS_WITH_OTHER_SETTINGS = 10058
_NOT_CLUSTERED = 10074
# Counts that no later event of the act has taken along are dropped after this time, or beyond this number.
_COUNT_SECONDS = 24 * 3600.0
_MOST_COUNTED = 1_000_000


@dataclass(frozen=True, slots=True)
class Names:
    """The names of the streams, subjects and buckets of one repository, on a server that may hold several."""

    letters: str
    folded: str
    dead: str
    windows: str
    delivery: str
    arrivals: str

    @classmethod
    def of(cls, repository: str) -> "Names":
        """Return the names for a repository. The digest distinguishes a.b/c from a-b/c."""
        owner_name = repository.lower()
        digest = hashlib.blake2b(owner_name.encode(), digest_size=4).hexdigest()
        base = f"relay-{re.sub(r'[^a-z0-9]', '-', owner_name)}-{digest}"
        return cls(base, f"{base}-folded", f"{base}-dead", f"{base}-windows", f"{base}-delivery", f"{base}-arrivals")


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn the errors of NATS into StorageFailed."""
    try:
        yield
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise StorageFailed(f"the stream cannot store it now: {error or type(error).__name__}") from error


async def connect(servers: str) -> Client:
    """Return a connection that survives restarts of the servers. Raise StorageUnusable.

    `servers` are addresses, separated by commas: nats://host:4222, or tls://.
    """
    errors: list[Exception] = []

    async def on_error(error: Exception) -> None:
        errors.append(error)
        log.warning("trouble with NATS", extra={"detail": str(error) or type(error).__name__})

    async def on_disconnect() -> None:
        if not connection.is_closed:
            log.warning("connection to NATS lost")

    async def on_reconnect() -> None:
        log.info("connection to NATS is back")

    try:
        async with asyncio.timeout(_OPENING_SECONDS):
            connection = await nats.connect(
                servers=servers.split(","),
                name="falco-dispatch relay",
                error_cb=on_error,
                disconnected_cb=on_disconnect,
                reconnected_cb=on_reconnect,
                connect_timeout=3,
                max_reconnect_attempts=-1,
                reconnect_time_wait=1,
                ping_interval=5,
                pending_size=0,  # never send later what the caller believes to have failed
            )
    except (nats.errors.Error, OSError, TimeoutError) as error:
        cause = errors[-1] if errors else error
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


async def create_streams(
    context: JetStreamContext, names: Names, *, max_backlog: int, coalesce_seconds: float, lease_seconds: float
) -> None:
    """Create the streams, or update their settings. Raise StorageUnusable."""
    configs = [
        StreamConfig(
            name=names.letters,
            subjects=[names.letters, f"{names.letters}.{SUBJECT_PATTERN}"],
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
        _bucket_config(names.windows, seconds=max(coalesce_seconds, 1.0)),
    ]
    try:
        async with asyncio.timeout(_OPENING_SECONDS):
            for config in configs:
                await _create(context, config)
            await create_lease_bucket(context, names, seconds=lease_seconds)
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise StorageUnusable(
            f"NATS does not create the relay's streams: {error or type(error).__name__}. Check that the server runs "
            "with JetStream, that a cluster has three servers with it, and that the account may create streams."
        ) from error


async def create_lease_bucket(context: JetStreamContext, names: Names, *, seconds: float) -> None:
    """Create the bucket of the lease, or update its settings. Raise what NATS raises."""
    name = f"KV_{names.delivery}"
    with suppress(NotFoundError):
        if (await context.stream_info(name)).config.storage is StorageType.FILE:  # an older relay has created it
            await context.delete_stream(name)
    config = _bucket_config(names.delivery, seconds=seconds)
    config.storage = StorageType.MEMORY  # a server without room on its disk stores it all the same
    await _create(context, config)


def bucket(context: JetStreamContext, name: str) -> KeyValue:
    """Return a bucket that `create_streams` has created."""
    return KeyValue(name, f"KV_{name}", f"$KV.{name}.", context, direct=False)  # ask the leader, not a follower


def _bucket_config(name: str, *, seconds: float) -> StreamConfig:
    """Return the settings of a key-value bucket whose keys live for `seconds`.

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


async def _create(context: JetStreamContext, config: StreamConfig) -> None:
    copies = _COPIES
    while True:
        try:
            await context.add_stream(config, storage=config.storage or StorageType.FILE, num_replicas=copies)
        except APIError as error:
            if error.err_code == _NOT_CLUSTERED and copies > 1:
                copies = 1
            elif error.err_code == _EXISTS_WITH_OTHER_SETTINGS:
                await _update(context, config)
                return
            else:
                raise
        except (nats.errors.NoRespondersError, nats.errors.TimeoutError):
            await asyncio.sleep(0.5)  # a starting cluster has no leader yet
        else:
            return


async def _update(context: JetStreamContext, config: StreamConfig) -> None:
    """Update what the relay's settings decide. Copies and placement belong to the operator."""
    assert config.name is not None  # noqa: S101  # nats-py types it for streams that are not named yet
    current = (await context.stream_info(config.name)).config
    await context.update_stream(
        current,
        subjects=config.subjects,
        max_msgs=config.max_msgs,
        max_age=config.max_age,
        duplicate_window=config.duplicate_window,
        allow_atomic=config.allow_atomic,
    )
