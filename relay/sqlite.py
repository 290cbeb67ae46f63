"""The outbox in one SQLite file: durable on one machine, for one relay."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from relay.database import lock, open_database
from relay.errors import BacklogFull
from relay.outbox import Backlog, Claim, Letter, Receipt
from relay.writer import Writer

# How long a repeat is known as one; longer than any sender tries again.
DEDUPLICATION_SECONDS = 3600.0
# Counts that no later event has carried along are dropped after this.
_COUNT_SECONDS = 24 * 3600.0
# Letters that another process has requeued are found this late.
_POLL_SECONDS = 10.0
_PURGED_AT_ONCE = 5000


class SqliteOutbox:
    """See relay.outbox.Outbox. Made in a running event loop."""

    def __init__(self, path: Path, *, coalesce_seconds: float, max_backlog: int, now: Callable[[], float]) -> None:
        path = path.absolute()
        self._unlock = lock(path)
        self._writer = Writer(open_database(path))
        self._coalesce_seconds = coalesce_seconds
        self._max_backlog = max_backlog
        self._now = now
        self._arrived = asyncio.Event()

    async def put(self, letters: Sequence[Letter]) -> Receipt:
        receipt = await self._writer.run(self._put, letters, self._now())
        if receipt.accepted:
            self._arrived.set()
        return receipt

    async def claim(self, *, room: int) -> Sequence[Claim]:
        while True:
            self._arrived.clear()
            if claims := await self._writer.run(_claim, room, self._now()):
                return claims
            try:
                await asyncio.wait_for(self._arrived.wait(), _POLL_SECONDS)
            except TimeoutError:
                continue

    async def settle(self, claims: Sequence[Claim]) -> None:
        await self._writer.run(_settle, claims)

    async def release(self, claims: Sequence[Claim]) -> None:
        """Nothing to do: a claim is only a look, and the one consumer claims again from the oldest on."""

    async def bury(self, claim: Claim, *, reason: str) -> None:
        await self._writer.run(_bury, claim, reason, self._now())

    async def backlog(self) -> Backlog:
        return await self._writer.run(_backlog)

    async def close(self) -> None:
        await self._writer.close()
        self._unlock()

    def _put(self, connection: sqlite3.Connection, letters: Sequence[Letter], now: float) -> Receipt:
        space = self._max_backlog - _waiting(connection)
        if space >= len(letters):
            return self._write(connection, letters, now, space)
        connection.execute("SAVEPOINT put")
        try:
            return self._write(connection, letters, now, space)
        except BacklogFull:
            connection.execute("ROLLBACK TO put")
            raise
        finally:
            connection.execute("RELEASE put")

    def _write(self, connection: sqlite3.Connection, letters: Sequence[Letter], now: float, space: int) -> Receipt:
        accepted = 0
        for letter in letters:
            if _repeated(connection, letter, now) or self._folded(connection, letter, now):
                continue
            if accepted >= space:
                raise BacklogFull("GitHub has not taken what waits; nothing of this request was accepted")
            accepted += 1
            connection.execute(
                "INSERT INTO letter (received, workload, size, document) VALUES (?, ?, ?, ?)",
                (now, letter.workload, letter.size, letter.document),
            )
        return Receipt(accepted=accepted, coalesced=len(letters) - accepted)

    def _folded(self, connection: sqlite3.Connection, letter: Letter, now: float) -> bool:
        if letter.workload is None or not self._coalesce_seconds:
            return False
        # A clock that was set back makes the difference negative: then the event counts as the first of its kind.
        folded = connection.execute(
            "UPDATE workload SET coalesced = coalesced + 1 WHERE workload = ? AND since <= ? AND since > ?",
            (letter.workload, now, now - self._coalesce_seconds),
        )
        if folded.rowcount:
            return True
        connection.execute(
            "INSERT INTO workload VALUES (?, ?, 0) ON CONFLICT (workload) DO UPDATE SET since = excluded.since",
            (letter.workload, now),
        )
        return False


def _repeated(connection: sqlite3.Connection, letter: Letter, now: float) -> bool:
    new = connection.execute(
        "INSERT INTO seen (identity, received) VALUES (?, ?) ON CONFLICT DO NOTHING", (letter.identity, now)
    )
    return not new.rowcount


def _waiting(connection: sqlite3.Connection) -> int:
    """At most a little too many: keys are handed out in order and letters leave in order."""
    row = connection.execute("SELECT (SELECT max(key) FROM letter) - (SELECT min(key) FROM letter) + 1").fetchone()
    return int(row[0] or 0)


def _claim(connection: sqlite3.Connection, room: int, now: float) -> list[Claim]:
    _purge(connection, now)
    claims: list[Claim] = []
    told: set[bytes] = set()
    for key, workload, document, size, coalesced in connection.execute(
        "SELECT key, workload, document, size, coalesced FROM letter LEFT JOIN workload USING (workload) ORDER BY key"
    ):
        room -= size
        if room < 0 and claims:
            break
        claims.append(Claim(key, workload, document, coalesced if coalesced and workload not in told else 0))
        told.add(workload)
    return claims


def _settle(connection: sqlite3.Connection, claims: Sequence[Claim]) -> None:
    connection.executemany("DELETE FROM letter WHERE key = ?", [(claim.key,) for claim in claims])
    connection.executemany(
        "UPDATE workload SET coalesced = coalesced - ? WHERE workload = ?",
        [(claim.coalesced, claim.workload) for claim in claims if claim.coalesced],
    )


def _bury(connection: sqlite3.Connection, claim: Claim, reason: str, now: float) -> None:
    connection.execute(
        "INSERT INTO dead (received, buried, workload, size, document, reason)"
        " SELECT received, ?, workload, size, document, ? FROM letter WHERE key = ?",
        (now, reason, claim.key),
    )
    connection.execute("DELETE FROM letter WHERE key = ?", (claim.key,))


def _backlog(connection: sqlite3.Connection) -> Backlog:
    oldest = connection.execute("SELECT received FROM letter ORDER BY key LIMIT 1").fetchone()
    dead = connection.execute("SELECT count(*) FROM dead").fetchone()[0]
    return Backlog(waiting=_waiting(connection), oldest=oldest[0] if oldest else None, dead=dead)


def _purge(connection: sqlite3.Connection, now: float) -> None:
    connection.execute(
        "DELETE FROM seen WHERE key IN (SELECT key FROM seen ORDER BY key LIMIT ?) AND received < ?",
        (_PURGED_AT_ONCE, now - DEDUPLICATION_SECONDS),
    )
    connection.execute(
        "DELETE FROM workload WHERE since < ? AND coalesced = 0 OR since < ?",
        (now - DEDUPLICATION_SECONDS, now - _COUNT_SECONDS),
    )
