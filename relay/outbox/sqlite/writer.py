"""Group commit for one SQLite connection: pieces of work that come together share a transaction.

A caller waits for the commit that carries its work and no longer; while one commit is on its way to the disk, the
next group gathers. It closes after a turn of the event loop in which nothing came: as soon as nobody is about to join.
Two half groups that take turns would make each caller wait for both commits, and the commits are what costs.

Statements run on the event loop: they touch memory and take microseconds, less than to hand each of them to a thread.
What waits for the disk is the commit, and that is what the one thread is for.
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

# Another process may hold the file for as long (`relay dead`); then what waits fails.
_BUSY_SECONDS = 5.0
_BUSY_PAUSE = 0.02
# Turns of the loop that a group may go on growing: a few milliseconds, where requests never cease.
_TURNS = 20


class Writer:
    """Takes over the connection; nothing else may use it. Made in a running event loop."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        rolled_back: Callable[[sqlite3.Connection], None],
        observe: Callable[[float], None],
    ) -> None:
        """`rolled_back` is called after a transaction that failed, before anything else is done.

        `observe` gets the seconds from the start of each transaction to its end.
        """
        connection.execute("PRAGMA busy_timeout = 0")  # to wait is the loop's business, not SQLite's
        self._connection = connection
        self._rolled_back = rolled_back
        self._observe = observe
        self._loop = asyncio.get_running_loop()
        self._begun = 0.0
        self._grown = False
        self._jobs: list[_Job] = []
        self._idle = asyncio.Event()
        self._idle.set()
        self._commits: SimpleQueue[_Outcomes | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._commit_for_ever, name="commit", daemon=True)
        self._thread.start()

    def run(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> asyncio.Future[T]:
        """The result of the work, once committed.

        Work that raises a RelayError must not have changed anything; the caller gets the error. StorageFailed says
        that SQLite could not do the work or the commit: then nothing was done, nor anything that was to come after it.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        self._grown = True
        self._jobs.append((lambda: work(self._connection, *args, **kwargs), future))
        if self._idle.is_set():
            self._idle.clear()
            self._loop.call_soon(self._gather, _TURNS)
        return future

    def grow(self) -> None:
        """Something has joined work that waits for its turn; more may be about to."""
        self._grown = True

    async def close(self) -> None:
        """Finish all work that was handed in, then close the connection."""
        await self._idle.wait()
        self._commits.put(None)
        self._thread.join()
        self._connection.close()

    def _gather(self, turns: int) -> None:
        if self._grown and turns:
            self._grown = False
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
        self._begun = self._loop.time()
        try:
            self._commits.put([(future, _outcome(work)) for work, future in group])
        except sqlite3.Error as error:
            self._fail([future for _, future in group], error)

    def _commit_for_ever(self) -> None:
        while (outcomes := self._commits.get()) is not None:
            try:
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                self._loop.call_soon_threadsafe(self._fail, [future for future, _ in outcomes], error)
            else:
                self._loop.call_soon_threadsafe(self._committed, outcomes)

    def _committed(self, outcomes: _Outcomes) -> None:
        self._observe(self._loop.time() - self._begun)
        self._settle(outcomes)

    def _fail(self, futures: list[asyncio.Future[Any]], error: sqlite3.Error) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        # What waits may build on what has just failed.
        futures += [future for _, future in self._jobs]
        self._jobs = []
        self._rolled_back(self._connection)
        failure = StorageFailed(f"the outbox cannot be written now: {error}")
        self._settle([(future, failure) for future in futures])

    def _settle(self, outcomes: _Outcomes) -> None:
        for future, outcome in outcomes:
            if future.done():  # whoever waited was cancelled
                continue
            if isinstance(outcome, RelayError):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
        if self._jobs:
            self._grown = True  # by those who get their answers now, and ask again
            self._gather(_TURNS)
        else:
            self._idle.set()


def _outcome(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except RelayError as refusal:
        return refusal
