"""The outbox in one SQLite file: durable on one machine, for one relay.

It decides what is written and read; writer.py decides when it is committed.
"""

import asyncio
import math
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from relay.errors import BacklogFull, StorageDamaged
from relay.outbox.dedup import DEDUPLICATION_SECONDS, GENERATION, RecentLetters
from relay.outbox.protocol import Backlog, Claim, Letter, Receipt
from relay.outbox.sqlite.database import MIGRATIONS, Connect, lock, open_database, unusable
from relay.outbox.sqlite.failures import OpenFiles
from relay.outbox.sqlite.writer import Writer

# Counts that no later event of the workload has taken along are dropped after this time.
_COUNT_SECONDS = 24 * 3600.0
# Letters that another process has requeued are noticed within this time.
_POLL_SECONDS = 10.0
_PURGE_SECONDS = 1.0
# `backlog` trusts a write of this age.
_PROOF_SECONDS = 5.0
_PURGED_AT_ONCE = 5000


@dataclass(slots=True)
class _Arrivals:
    """Letters since the last transaction began: rows of `letter`, rows of `folded`, and the next transaction."""

    rows: list[tuple[bytes, float, bytes | None, int, bytes | None]] = field(default_factory=list)
    folds: list[tuple[bytes | None, float]] = field(default_factory=list)
    commit: asyncio.Future[None] | None = None


class SqliteOutbox:
    """See relay.outbox.protocol.Outbox. Create it in a running event loop."""

    def __init__(
        self,
        path: Path,
        *,
        coalesce_seconds: float,
        max_backlog: int,
        now: Callable[[], float],
        observe_commit: Callable[[float], None],
        on_damage: Callable[[StorageDamaged], None],
        connect: Connect = sqlite3.connect,
    ) -> None:
        """Open the file. Raise StorageUnusable.

        `observe_commit` gets the seconds that each commit took. `on_damage` is called once, when the file can no longer
        be trusted; from then on every call raises StorageDamaged.
        """
        self._arrivals = _Arrivals()
        self._recent = RecentLetters(coalesce_seconds=coalesce_seconds)
        self._waiting = 0
        self._max_backlog = max_backlog
        self._now = now
        self._coalesce_seconds = coalesce_seconds
        self._purged = 0.0
        self._written = -math.inf
        self._arrival = asyncio.Event()
        self._is_stale = True
        with ExitStack() as stack, unusable(path):
            self._unlock = lock(path)
            stack.callback(self._unlock)
            connection = stack.enter_context(closing(open_database(path, connect=connect)))
            self._recall(connection)
            self._writer = Writer(
                connection,
                check=OpenFiles(path).check,
                on_rollback=self._forget,
                on_damage=on_damage,
                observe=observe_commit,
            )
            stack.pop_all()

    async def put(self, letters: Sequence[Letter]) -> Receipt:
        """Sort the letters at once, and share one write with all that come before the next transaction."""
        if not letters:
            return Receipt(accepted=0, coalesced=0)
        while self._is_stale:
            await self._writer.run(self._recall)
        new, folded = self._recent.sort(letters, now := self._now())
        if self._waiting + len(new) > self._max_backlog:
            raise BacklogFull(
                "the backlog is full because GitHub does not accept events; nothing of this request was stored"
            )
        self._waiting += len(new)
        arrivals = self._arrivals
        for letter in new:
            arrivals.rows.append((letter.identity, now, letter.workload, letter.size, letter.document))
            self._recent.add(letter.identity, letter.workload, now)
        for letter in folded:
            arrivals.rows.append((letter.identity, now, None, letter.size, None))
            arrivals.folds.append((letter.workload, now))
            self._recent.add(letter.identity, None, now)
        if arrivals.commit is None:
            arrivals.commit = self._writer.run(self._write)
        else:
            self._writer.grow()
        await arrivals.commit
        return Receipt(accepted=len(new), coalesced=len(letters) - len(new))

    async def claim(self, *, room: int) -> Sequence[Claim]:
        while True:
            self._arrival.clear()
            if claims := await self._writer.run(self._claim, room):
                return claims
            try:
                await asyncio.wait_for(self._arrival.wait(), _POLL_SECONDS)
            except TimeoutError:
                continue

    async def settle(self, claims: Sequence[Claim]) -> None:
        await self._writer.run(_settle, claims)
        self._waiting -= len(claims)

    async def release(self, claims: Sequence[Claim]) -> None:
        """Do nothing: a claim does not change the file, and the next claim starts from the oldest letter again."""

    async def bury(self, claim: Claim, *, reason: str) -> None:
        await self._writer.run(_bury, claim, reason, self._now())
        self._waiting -= 1

    async def backlog(self) -> Backlog:
        return await self._writer.run(self._prove)

    @property
    def damage(self) -> StorageDamaged | None:
        return self._writer.damage

    async def close(self) -> None:
        await self._writer.close()
        self._unlock()

    def _write(self, connection: sqlite3.Connection) -> None:
        """Write all arrivals."""
        arrivals, self._arrivals = self._arrivals, _Arrivals()
        connection.executemany(
            "INSERT INTO letter (identity, received, workload, size, document) VALUES (?, ?, ?, ?, ?)", arrivals.rows
        )
        connection.executemany(
            "INSERT INTO folded VALUES (?, ?, 1) ON CONFLICT (workload)"
            " DO UPDATE SET coalesced = coalesced + 1, received = excluded.received",
            arrivals.folds,
        )
        self._purge(connection)
        self._written = self._now()
        self._arrival.set()

    def _prove(self, connection: sqlite3.Connection) -> Backlog:
        """Return the backlog. Write something if nothing was written lately: a read does not prove that writes work."""
        if not 0 <= self._now() - self._written < _PROOF_SECONDS:
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
            self._written = self._now()
        return _backlog(connection)

    def _forget(self) -> None:
        """Drop what was not committed. What is left in memory is not used until it is rebuilt."""
        self._arrivals = _Arrivals()
        self._is_stale = True
        self._written = -math.inf

    def _recall(self, connection: sqlite3.Connection) -> None:
        """Rebuild the memory from the rows on disk, at start and after a failed transaction."""
        if not self._is_stale:
            return
        self._arrivals = _Arrivals()
        self._recent = RecentLetters(coalesce_seconds=self._coalesce_seconds)
        self._waiting = _waiting(connection)
        now = self._now()
        for identity, workload, received in connection.execute(
            "SELECT identity, workload, received FROM letter"
            " WHERE key > (SELECT max(key) FROM letter) - ? ORDER BY key",
            (GENERATION,),
        ):
            if now - received < DEDUPLICATION_SECONDS:
                self._recent.add(identity, workload, received)
        self._is_stale = False

    def _claim(self, connection: sqlite3.Connection, room: int) -> list[Claim]:
        self._purge(connection)
        self._waiting = _waiting(connection) + len(
            self._arrivals.rows
        )  # counted again, because other processes may have changed it
        claims: list[Claim] = []
        counted: set[bytes] = set()
        for key, workload, document, size, coalesced in connection.execute(
            "SELECT key, workload, document, size, coalesced FROM letter LEFT JOIN folded USING (workload)"
            " WHERE document IS NOT NULL ORDER BY key"
        ):
            room -= size
            if room < 0 and claims:
                break
            claims.append(Claim(key, workload, document, coalesced if coalesced and workload not in counted else 0))
            counted.add(workload)
        return claims

    def _purge(self, connection: sqlite3.Connection) -> None:
        """Delete rows that are no longer needed, some at a time."""
        now = self._now()
        if 0 <= now - self._purged < _PURGE_SECONDS:
            return
        self._purged = now
        connection.execute(
            "DELETE FROM letter WHERE key IN (SELECT key FROM letter WHERE document IS NULL ORDER BY key LIMIT ?)"
            " AND (received < ? OR key <= (SELECT max(key) FROM letter) - ?)",
            (_PURGED_AT_ONCE, now - DEDUPLICATION_SECONDS, 2 * GENERATION),
        )
        connection.execute("DELETE FROM folded WHERE coalesced = 0 OR received < ?", (now - _COUNT_SECONDS,))


def _waiting(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM letter WHERE document IS NOT NULL").fetchone()[0])


def _settle(connection: sqlite3.Connection, claims: Sequence[Claim]) -> None:
    connection.executemany("UPDATE letter SET document = NULL WHERE key = ?", [(claim.key,) for claim in claims])
    connection.executemany(
        "UPDATE folded SET coalesced = coalesced - ? WHERE workload = ?",
        [(claim.coalesced, claim.workload) for claim in claims if claim.coalesced],
    )


def _bury(connection: sqlite3.Connection, claim: Claim, reason: str, now: float) -> None:
    connection.execute(
        "INSERT INTO dead (identity, received, buried, workload, size, document, reason)"
        " SELECT identity, received, ?, workload, size, document, ? FROM letter WHERE key = ?",
        (now, reason, claim.key),
    )
    connection.execute("UPDATE letter SET document = NULL WHERE key = ?", (claim.key,))


def _backlog(connection: sqlite3.Connection) -> Backlog:
    oldest = connection.execute(
        "SELECT received FROM letter WHERE document IS NOT NULL ORDER BY key LIMIT 1"
    ).fetchone()
    dead = connection.execute("SELECT count(*) FROM dead").fetchone()[0]
    return Backlog(waiting=_waiting(connection), oldest=oldest[0] if oldest else None, dead=dead)
