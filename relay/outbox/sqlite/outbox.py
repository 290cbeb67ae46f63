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

from relay.errors import StorageDamaged
from relay.outbox.dedup import DEDUPLICATION_SECONDS, GENERATION, RecentLetters
from relay.outbox.protocol import Backlog, Claim, Letter, Receipt
from relay.outbox.shares import Shares
from relay.outbox.sqlite.database import MIGRATIONS, Connect, lock, open_database, unusable
from relay.outbox.sqlite.failures import OpenFiles
from relay.outbox.sqlite.waiting import WaitingLetter, WaitingLetters
from relay.outbox.sqlite.writer import Writer
from relay.outbox.turns import Lane

# Counts that no later event of the act has taken along are dropped after this time.
_COUNT_SECONDS = 24 * 3600.0
# Letters that another process has requeued are noticed within this time.
_POLL_SECONDS = 10.0
_PURGE_SECONDS = 1.0
# `backlog` trusts a write of this age.
_PROOF_SECONDS = 5.0
_PURGED_AT_ONCE = 5000
_COLUMNS = ("identity", "received", "act", "size", "document", "cluster", "pod", "kind", "gravity")
_CLAIM = "SELECT act, document, coalesced, letter.received FROM letter LEFT JOIN folded USING (act) WHERE key = ?"
_Row = tuple[bytes, float, bytes | None, int, bytes | None, str, bytes | None, bytes | None, int]


@dataclass(slots=True)
class _Arrivals:
    """Letters since the last transaction began: rows of `letter`, rows of `folded`, and the next transaction."""

    rows: list[_Row] = field(default_factory=list)
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
        callers: Callable[[], int] = lambda: 1,
        connect: Connect = sqlite3.connect,
    ) -> None:
        """Open the file. Raise StorageUnusable.

        `observe_commit` gets the seconds that each commit took; `callers` returns how many share the backlog.
        `on_damage` is called once, when the file can no longer be trusted; from then on every call raises
        StorageDamaged.
        """
        self._arrivals = _Arrivals()
        self._recent = RecentLetters(coalesce_seconds=coalesce_seconds)
        self._waiting = WaitingLetters()
        self._shares = Shares(max_backlog=max_backlog, callers=callers)
        self._now = now
        self._coalesce_seconds = coalesce_seconds
        self._purged = 0.0
        self._written = -math.inf
        self._arrival = asyncio.Event()
        self._is_stale = True
        self._next_key = 1  # a key of a letter that was removed is not given again: its claim may yet be settled
        self._version: int | None = None  # of the file, as far as other processes change it; None if it was not read
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
        self._shares.reserve(new)
        arrivals = self._arrivals
        for letter in new:
            arrivals.rows.append(_row(letter, now))
            self._recent.add(letter.identity, letter.act, now)
        for letter in folded:
            arrivals.rows.append((letter.identity, now, None, letter.size, None, letter.cluster, None, None, 0))
            arrivals.folds.append((letter.act, now))
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
        for claim in claims:
            self._end(claim)

    async def release(self, claims: Sequence[Claim]) -> None:
        """Do nothing: a claim changes neither the file nor the turns; the next one starts with the same letters."""

    async def bury(self, claim: Claim, *, reason: str) -> None:
        await self._writer.run(_bury, claim, reason, self._now())
        self._end(claim)

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
        [last_key] = connection.execute("SELECT max(key) FROM letter").fetchone()
        start = max(self._next_key, (last_key or 0) + 1)
        self._next_key = start + len(arrivals.rows)
        connection.executemany(
            f"INSERT INTO letter (key, {', '.join(_COLUMNS)}) VALUES ({', '.join('?' * (len(_COLUMNS) + 1))})",  # noqa: S608  # constants
            [(key, *row) for key, row in enumerate(arrivals.rows, start)],
        )
        connection.executemany(
            "INSERT INTO folded VALUES (?, ?, 1) ON CONFLICT (act)"
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
        self._version = None
        self._read(connection)
        now = self._now()
        for identity, act, received in connection.execute(
            "SELECT identity, act, received FROM letter WHERE key > (SELECT max(key) FROM letter) - ? ORDER BY key",
            (GENERATION,),
        ):
            if now - received < DEDUPLICATION_SECONDS:
                self._recent.add(identity, act, received)
        self._is_stale = False

    def _read(self, connection: sqlite3.Connection) -> None:
        """Read what is new in the file: letters of `put`. Read it all if another process has changed it."""
        former, [self._version] = self._version, connection.execute("PRAGMA data_version").fetchone()
        if is_changed := self._version != former:
            self._waiting.clear()
            self._shares.replace(  # those that are yet to be written
                (cluster, kind, 1)
                for _, _, _, _, document, cluster, _, kind, _ in self._arrivals.rows
                if document is not None
            )
        for key, cluster, pod, kind, gravity, size in connection.execute(
            "SELECT key, cluster, pod, kind, gravity, size FROM letter"
            " WHERE document IS NOT NULL AND key > ? ORDER BY key",
            (self._waiting.last_key,),
        ):
            self._waiting.add(key, WaitingLetter(Lane(cluster, pod), kind, gravity, size))
            if is_changed:  # otherwise `put` has counted it
                self._shares.add(cluster, kind)

    def _claim(self, connection: sqlite3.Connection, room: int) -> list[Claim]:
        self._recall(connection)
        self._purge(connection)
        self._read(connection)
        claims: list[Claim] = []
        counted: set[bytes] = set()
        for key in self._waiting.select(room=room, now=self._now()):
            act, document, coalesced, received = connection.execute(_CLAIM, (key,)).fetchone()
            claims.append(Claim(key, act, document, coalesced if coalesced and act not in counted else 0, received))
            counted.add(act)
        return claims

    def _end(self, claim: Claim) -> None:
        """Remove a letter from the memory once it has left the queue in the file."""
        if letter := self._waiting.remove(claim.key, self._now()):
            self._shares.remove(letter.lane.cluster, letter.kind)

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


def _row(letter: Letter, now: float) -> _Row:
    return (
        letter.identity,
        now,
        letter.act,
        letter.size,
        letter.document,
        letter.cluster,
        letter.pod,
        letter.kind,
        letter.gravity,
    )


def _waiting(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM letter WHERE document IS NOT NULL").fetchone()[0])


def _settle(connection: sqlite3.Connection, claims: Sequence[Claim]) -> None:
    connection.executemany("UPDATE letter SET document = NULL WHERE key = ?", [(claim.key,) for claim in claims])
    connection.executemany(
        "UPDATE folded SET coalesced = coalesced - ? WHERE act = ?",
        [(claim.coalesced, claim.act) for claim in claims if claim.coalesced],
    )


def _bury(connection: sqlite3.Connection, claim: Claim, reason: str, now: float) -> None:
    columns = ", ".join(_COLUMNS)
    connection.execute(
        f"INSERT INTO dead (buried, reason, {columns}) SELECT ?, ?, {columns} FROM letter WHERE key = ?",  # noqa: S608  # a constant
        (now, reason, claim.key),
    )
    connection.execute("UPDATE letter SET document = NULL WHERE key = ?", (claim.key,))


def _backlog(connection: sqlite3.Connection) -> Backlog:
    oldest = connection.execute(
        "SELECT received FROM letter WHERE document IS NOT NULL ORDER BY key LIMIT 1"
    ).fetchone()
    dead = connection.execute("SELECT count(*) FROM dead").fetchone()[0]
    return Backlog(waiting=_waiting(connection), oldest=oldest[0] if oldest else None, dead=dead)
