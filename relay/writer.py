"""One thread that owns a SQLite connection: pieces of work that come together share one transaction.

A caller waits for the commit that carries its work and no longer; while one commit is on its way to the disk, the
next group gathers.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from relay.errors import RelayError, StorageFailed

P = ParamSpec("P")
T = TypeVar("T")
# More would make the first of a group wait long for the last.
_LARGEST_GROUP = 500

Work = Callable[[sqlite3.Connection], Any]
_Job = tuple[Work, asyncio.Future[Any]]


class Writer:
    """Takes over the connection; nothing else may use it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of the work, once committed.

        Work that raises a RelayError must first have undone what it changed; the caller gets the error. Raises
        StorageFailed if SQLite could not do the work or the commit.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put((lambda connection: work(connection, *args, **kwargs), future))
        return await future

    async def close(self) -> None:
        """Finish all work that was handed in, then close the connection."""
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        open_ = True
        while open_:
            group: list[_Job] = []
            job = self._jobs.get()
            while job is not None:
                group.append(job)
                if len(group) == _LARGEST_GROUP or self._jobs.empty():
                    break
                job = self._jobs.get()
            open_ = job is not None
            if group:
                self._commit(group)
        self._connection.close()

    def _commit(self, group: list[_Job]) -> None:
        outcomes: list[tuple[asyncio.Future[Any], Any]] = []
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for work, future in group:
                try:
                    outcomes.append((future, work(self._connection)))
                except RelayError as refusal:
                    outcomes.append((future, refusal))
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            failure = StorageFailed(f"the outbox cannot be written now: {error}")
            outcomes = [(future, failure) for _, future in group]
        self._loop.call_soon_threadsafe(_resolve, outcomes)


def _resolve(outcomes: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, outcome in outcomes:
        if future.done():  # whoever waited was cancelled
            continue
        if isinstance(outcome, RelayError):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
