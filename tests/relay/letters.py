"""Letters and outboxes for tests."""

import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from relay.errors import StorageDamaged
from relay.outbox.jetstream.outbox import JetStreamOutbox
from relay.outbox.protocol import Claim, Letter, Outbox
from relay.outbox.sqlite.database import Connect
from relay.outbox.sqlite.outbox import SqliteOutbox

ROOM = 65_000


def letter(
    name: str,
    *,
    act: str | None = None,
    size: int = 100,
    cluster: str = "",
    pod: str | None = None,
    kind: str | None = None,
    gravity: int = 0,
) -> Letter:
    """Return a letter whose document has its name. What is None it does not have: such letters are the oldest's."""
    return Letter(
        identity=name.encode(),
        act=act.encode() if act else None,
        document=json.dumps({"id": name}).encode(),
        size=size,
        cluster=cluster,
        pod=pod.encode() if pod else None,
        kind=kind.encode() if kind else None,
        gravity=gravity,
    )


def names(claims: Any) -> list[str]:
    return [json.loads(claim.document)["id"] for claim in claims]


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def __call__(self) -> float:
        return self.time


@asynccontextmanager
async def opened(
    path: Path,
    *,
    coalesce_seconds: float = 60.0,
    max_backlog: int = 100,
    callers: int = 1,
    now: Callable[[], float] | None = None,
    on_damage: Callable[[StorageDamaged], None] = lambda _: None,
    connect: Connect = sqlite3.connect,
) -> AsyncIterator[SqliteOutbox]:
    outbox = SqliteOutbox(
        path,
        coalesce_seconds=coalesce_seconds,
        max_backlog=max_backlog,
        callers=lambda: callers,
        now=now or Clock(),
        observe_commit=lambda _: None,
        on_damage=on_damage,
        connect=connect,
    )
    try:
        yield outbox
    finally:
        await outbox.close()


@asynccontextmanager
async def opened_on_nats(
    servers: str,
    *,
    repository: str,
    coalesce_seconds: float = 60.0,
    max_backlog: int = 100,
    callers: int = 1,
    now: Callable[[], float] | None = None,
    lease_seconds: float = 10.0,
) -> AsyncIterator[JetStreamOutbox]:
    outbox = await JetStreamOutbox.open(
        servers,
        repository=repository,
        coalesce_seconds=coalesce_seconds,
        max_backlog=max_backlog,
        callers=lambda: callers,
        now=now or Clock(),
        observe_commit=lambda _: None,
        lease_seconds=lease_seconds,
    )
    try:
        yield outbox
    finally:
        await outbox.close()


async def drained(outbox: Outbox) -> list[Claim]:
    """All that waits, claimed and settled."""
    claims: list[Claim] = []
    while (await outbox.backlog()).waiting:
        claimed = await outbox.claim(room=ROOM)
        await outbox.settle(claimed)
        claims += claimed
    return claims
