"""Groups commits for one SQLite connection: jobs that arrive together share a transaction.

A caller waits only for the commit that contains its job. While one commit goes to the disk, the next group gathers.
A group closes after a turn of the event loop in which no job arrived. Closing it earlier would make two half groups
take turns, and each caller would wait for both commits.

Statements run on the event loop: they take microseconds, less than handing them to a thread. The commit waits for the
disk, so it has a thread.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Concatenate, ParamSpec, TypeVar

from relay.errors import RelayError, StorageFailed

P = ParamSpec("P")
T = TypeVar("T")
_Job = tuple[Callable[[], Any], asyncio.Future[Any]]
_Outcomes = list[tuple[asyncio.Future[Any], Any]]

# Another process (`relay dead`) may lock the file for this long; after that the waiting jobs fail.
_BUSY_SECONDS = 5.0
_BUSY_PAUSE = 0.02
# The most turns of the loop in which a group may grow: a few milliseconds under constant load.
_TURNS = 20


class Writer:
    """Owns the connection; nothing else may use it. Create it in a running event loop."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        on_rollback: Callable[[sqlite3.Connection], None],
        observe: Callable[[float], None],
    ) -> None:
        """Start the commit thread. `on_rollback` is called after a failed transaction, before any other work.

        `observe` gets the seconds from the start of each transaction to its end.
        """
        connection.execute("PRAGMA busy_timeout = 0")  # the loop waits, not SQLite
        self._connection = connection
        self._on_rollback = on_rollback
        self._observe = observe
        self._loop = asyncio.get_running_loop()
        self._start = 0.0
        self._has_grown = False
        self._jobs: list[_Job] = []
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
        self._has_grown = True
        self._jobs.append((lambda: work(self._connection, *args, **kwargs), future))
        if self._idle.is_set():
            self._idle.clear()
            self._loop.call_soon(self._gather, _TURNS)
        return future

    def grow(self) -> None:
        """Keep the group open for another turn: a caller has added to a job that waits."""
        self._has_grown = True

    async def close(self) -> None:
        """Finish all jobs, then close the connection."""
        await self._idle.wait()
        self._commits.put(None)
        self._thread.join()
        self._connection.close()

    def _gather(self, turns: int) -> None:
        if self._has_grown and turns:
            self._has_grown = False
            self._loop.call_soon(self._gather, turns - 1)
        else:
            self._begin(self._loop.time() + _BUSY_SECONDS)

    def _begin(self, deadline: float) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY and self._loop.time() < deadline:
                self._loop.call_later(_BUSY_PAUSE, self._begin, deadline)
            else:
                self._fail([], error)
            return
        group, self._jobs = self._jobs, []
        self._start = self._loop.time()
        try:
            self._commits.put([(future, _outcome(work)) for work, future in group])
        except sqlite3.Error as error:
            self._fail([future for _, future in group], error)

    def _commit_loop(self) -> None:
        while (outcomes := self._commits.get()) is not None:
            try:
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                self._loop.call_soon_threadsafe(self._fail, [future for future, _ in outcomes], error)
            else:
                self._loop.call_soon_threadsafe(self._committed, outcomes)

    def _committed(self, outcomes: _Outcomes) -> None:
        self._observe(self._loop.time() - self._start)
        self._settle(outcomes)

    def _fail(self, futures: list[asyncio.Future[Any]], error: sqlite3.Error) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        # The waiting jobs may depend on the failed one.
        futures += [future for _, future in self._jobs]
        self._jobs = []
        self._on_rollback(self._connection)
        failure = StorageFailed(f"the outbox cannot be written now: {error}")
        self._settle([(future, failure) for future in futures])

    def _settle(self, outcomes: _Outcomes) -> None:
        for future, outcome in outcomes:
            if future.done():  # the caller was cancelled
                continue
            if isinstance(outcome, RelayError):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
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
