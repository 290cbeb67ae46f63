"""Groups commits for one SQLite connection: jobs that arrive together share a transaction.

A caller waits only for the commit that contains its job. While one commit goes to the disk, the next group gathers.
A group closes after a turn of the event loop in which no job arrived. Closing it earlier would make two half groups
take turns, and each caller would wait for both commits.

Statements run on the event loop: they take microseconds, less than handing them to a thread. The commit waits for the
disk, so it has a thread.

After an error, everyone who waits gets StorageFailed. The next job tries again, unless the file is damaged.
"""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Concatenate, ParamSpec, TypeVar

from relay.errors import RelayError, StorageDamaged, StorageFailed
from relay.outbox.sqlite.failures import failure, is_busy

log = logging.getLogger("relay.outbox")

P = ParamSpec("P")
T = TypeVar("T")
_Job = tuple[Callable[[], Any], asyncio.Future[Any]]
_Outcomes = list[tuple[asyncio.Future[Any], Any]]

# Another process (`relay dead`) may lock the file for this long; after that the waiting jobs fail.
_BUSY_SECONDS = 5.0
_BUSY_PAUSE = 0.02
# The most turns of the loop in which a group may grow: a few milliseconds under constant load.
_TURNS = 20
# A disk that has not answered for this long has failed, as far as the callers are concerned.
_DISK_SECONDS = 10.0
_CLOSING_SECONDS = 1.0
# The write-ahead log goes into the file after so many commits, or changed rows: 16 MiB or less.
_CHECKPOINT_COMMITS = 200
_CHECKPOINT_ROWS = 4000


class Writer:
    """Owns the connection; nothing else may use it. Create it in a running event loop."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        check: Callable[[sqlite3.Connection], None],
        on_rollback: Callable[[], None],
        on_damage: Callable[[StorageDamaged], None],
        observe: Callable[[float], None],
    ) -> None:
        """Start the commit thread. `check` raises StorageFailed or sqlite3.Error if no transaction may begin.

        `on_rollback` is called after a failed transaction, before any other work; `on_damage` once, and then no job is
        accepted any more. `observe` gets the seconds from the start of each transaction to its end.
        """
        connection.execute("PRAGMA busy_timeout = 0")  # the loop waits, not SQLite
        connection.execute("PRAGMA wal_autocheckpoint = 0")  # SQLite would not report a checkpoint that fails
        self._connection = connection
        self._check = check
        self._on_rollback = on_rollback
        self._on_damage = on_damage
        self._observe = observe
        self._loop = asyncio.get_running_loop()
        self._start = 0.0
        self._has_grown = False
        self._jobs: list[_Job] = []
        self._refusal: StorageFailed | None = None
        self._overdue: asyncio.TimerHandle | None = None
        self._commits_since_checkpoint = 0
        self._changes_at_checkpoint = connection.total_changes
        self._idle = asyncio.Event()
        self._idle.set()
        self._commits: SimpleQueue[_Outcomes | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._commit_loop, name="commit", daemon=True)
        self._thread.start()

    def run(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> asyncio.Future[T]:
        """Run a job in the next transaction, and return its result once that is committed.

        A job that raises a RelayError must not have changed anything; the caller gets the error. StorageFailed means
        that SQLite failed: then neither this job nor any later one in the queue has changed anything.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        if self._refusal is not None:
            future.set_exception(self._refusal)
            return future
        self._has_grown = True
        self._jobs.append((lambda: work(self._connection, *args, **kwargs), future))
        if self._idle.is_set():
            self._idle.clear()
            self._loop.call_soon(self._gather, _TURNS)
        return future

    def grow(self) -> None:
        """Keep the group open for another turn: a caller has added to a job that waits."""
        self._has_grown = True

    @property
    def damage(self) -> StorageDamaged | None:
        return self._refusal if isinstance(self._refusal, StorageDamaged) else None

    async def close(self) -> None:
        """Finish all jobs, then close the connection. Abandon both if the disk does not answer."""
        try:
            async with asyncio.timeout(_CLOSING_SECONDS):
                await self._idle.wait()
        except TimeoutError:
            log.error("not closed", extra={"detail": "the disk does not answer"})
            return
        self._commits.put(None)
        self._thread.join()
        with suppress(sqlite3.Error):  # every commit is on the disk already
            self._connection.close()

    def _gather(self, turns: int) -> None:
        if self._has_grown and turns:
            self._has_grown = False
            self._loop.call_soon(self._gather, turns - 1)
        else:
            self._begin(self._loop.time() + _BUSY_SECONDS)

    def _begin(self, deadline: float) -> None:
        try:
            self._roll_back()  # that of a failed transaction may have failed too
            self._check(self._connection)
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            if is_busy(error) and self._loop.time() < deadline:
                self._loop.call_later(_BUSY_PAUSE, self._begin, deadline)
            else:
                self._fail([], failure(error))
            return
        except StorageFailed as refusal:
            self._fail([], refusal)
            return
        group, self._jobs = self._jobs, []
        self._start = self._loop.time()
        trouble = StorageFailed("the outbox has failed; the log has the reason")
        outcomes: _Outcomes | None = None
        try:
            outcomes = [(future, _outcome(work)) for work, future in group]
        except sqlite3.Error as error:
            trouble = failure(error)
        finally:  # whatever a job raises: nobody waits for ever
            if outcomes is None:
                self._fail([future for _, future in group], trouble)
        if outcomes is not None:
            self._overdue = self._loop.call_later(_DISK_SECONDS, self._give_up, outcomes)
            self._commits.put(outcomes)

    def _commit_loop(self) -> None:
        while (outcomes := self._commits.get()) is not None:
            try:
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                futures = [future for future, _ in outcomes]
                self._loop.call_soon_threadsafe(self._commit_failed, futures, failure(error))
            else:
                self._loop.call_soon_threadsafe(self._committed, outcomes, self._checkpoint())

    def _checkpoint(self) -> StorageFailed | None:
        """Move the write-ahead log into the file if it is long, and return what prevents that."""
        self._commits_since_checkpoint += 1
        changes = self._connection.total_changes
        if (
            self._commits_since_checkpoint < _CHECKPOINT_COMMITS
            and changes - self._changes_at_checkpoint < _CHECKPOINT_ROWS
        ):
            return None
        self._commits_since_checkpoint, self._changes_at_checkpoint = 0, changes
        try:
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.Error as error:
            return failure(error)
        return None

    def _committed(self, outcomes: _Outcomes, trouble: StorageFailed | None) -> None:
        self._observe(self._loop.time() - self._start)
        self._answered()
        _resolve(outcomes)
        if isinstance(trouble, StorageDamaged):
            self._fail([], trouble)
            return
        if trouble is not None:  # what is committed stays in the log, which grows
            log.error("checkpoint failed", extra={"detail": trouble.detail})
        self._continue()

    def _commit_failed(self, futures: list[asyncio.Future[Any]], trouble: StorageFailed) -> None:
        self._answered()
        self._fail(futures, trouble)

    def _give_up(self, outcomes: _Outcomes) -> None:
        """Fail everyone who waits, and whoever comes, until the disk answers."""
        self._refusal = StorageFailed(f"the disk has not answered for {_DISK_SECONDS:.0f} seconds")
        jobs, self._jobs = self._jobs, []
        _resolve([(future, self._refusal) for future in [future for future, _ in outcomes] + [job[1] for job in jobs]])

    def _answered(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None
        if self._refusal is not None:  # the callers do not know whether this commit succeeded, nor does the memory
            self._refusal = None
            self._on_rollback()

    def _fail(self, futures: list[asyncio.Future[Any]], trouble: StorageFailed) -> None:
        with suppress(sqlite3.Error):  # tried again before the next transaction
            self._roll_back()
        # The waiting jobs may depend on the failed one.
        futures += [future for _, future in self._jobs]
        self._jobs = []
        self._on_rollback()
        if isinstance(trouble, StorageDamaged) and self._refusal is None:
            self._refusal = trouble
            self._on_damage(trouble)
        _resolve([(future, trouble) for future in futures])
        self._continue()

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _continue(self) -> None:
        if self._jobs:
            self._has_grown = True  # callers that get their results now may send the next job
            self._gather(_TURNS)
        else:
            self._idle.set()


def _outcome(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except RelayError as refusal:
        return refusal


def _resolve(outcomes: _Outcomes) -> None:
    for future, outcome in outcomes:
        if future.done():  # the caller was cancelled
            continue
        if isinstance(outcome, RelayError):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
