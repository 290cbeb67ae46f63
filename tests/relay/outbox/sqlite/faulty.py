"""SQLite's connection with a fault at chosen calls, as SQLite's own tests have it: the Nth, or all of a kind."""

import re
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

_KINDS = {
    "begin": r"BEGIN",
    "commit": r"COMMIT",
    "rollback": r"ROLLBACK",
    "checkpoint": r"PRAGMA wal_checkpoint",
    "pragma": r"PRAGMA",
    "read": r"SELECT",
    "write": r"INSERT|UPDATE|DELETE|CREATE|ALTER",
}
KINDS = ("open", *_KINDS, "step")


@dataclass(frozen=True)
class StorageFault:
    """An error as Python's sqlite3 raises it."""

    code: int
    message: str
    kind: type[sqlite3.Error] = sqlite3.OperationalError

    def error(self) -> sqlite3.Error:
        error = self.kind(self.message)
        error.sqlite_errorcode = self.code
        return error


PASSING = {
    "busy": StorageFault(sqlite3.SQLITE_BUSY, "database is locked"),
    "full": StorageFault(sqlite3.SQLITE_FULL, "database or disk is full"),
    "read-only": StorageFault(sqlite3.SQLITE_READONLY, "attempt to write a readonly database"),
    "input-output": StorageFault(sqlite3.SQLITE_IOERR, "disk I/O error"),
}
DAMAGE = {
    "corrupt": StorageFault(sqlite3.SQLITE_CORRUPT, "database disk image is malformed", sqlite3.DatabaseError),
    "not-a-database": StorageFault(sqlite3.SQLITE_NOTADB, "file is not a database", sqlite3.DatabaseError),
    "truncated": StorageFault(sqlite3.SQLITE_IOERR_SHORT_READ, "disk I/O error"),
    "no-table": StorageFault(sqlite3.SQLITE_ERROR, "no such table: letter"),
}
FAULTS = PASSING | DAMAGE


class FaultyStorage:
    """Connections whose calls fail while `fails` says so; `calls` has the kinds of all calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.failures = 0
        self.fault = PASSING["full"]
        self.fails: Callable[[int, str], bool] = lambda _number, _kind: False

    def connect(self, *arguments: Any, **options: Any) -> sqlite3.Connection:
        self.call("open")
        storage = self

        class Rows(sqlite3.Cursor):
            def __next__(self) -> Any:
                storage.call("step")
                return super().__next__()

        class Connection(sqlite3.Connection):
            def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
                storage.call(_kind(sql))
                return self.cursor(Rows).execute(sql, *parameters)

            def executemany(self, sql: str, parameters: Iterable[Any]) -> sqlite3.Cursor:
                storage.call(_kind(sql))
                return super().executemany(sql, parameters)

        return sqlite3.connect(*arguments, factory=Connection, **options)

    def call(self, kind: str) -> None:
        self.calls.append(kind)
        if self.fails(len(self.calls), kind):
            self.failures += 1
            raise self.fault.error()

    def fail_from(self, number: int, *, last: int | None) -> None:
        """Fail the call of this number, and all up to the last; `last` is None for all that follow."""
        self.fails = lambda current, _kind: number <= current and (last is None or current <= last)

    def recover(self) -> None:
        self.fails = lambda _number, _kind: False


def _kind(sql: str) -> str:
    return next(kind for kind, pattern in _KINDS.items() if re.match(rf"\s*({pattern})", sql))
