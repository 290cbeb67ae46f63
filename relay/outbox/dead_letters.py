"""`python -m relay dead`: what GitHub would not take, for a person to look at, send again or drop.

Works on the outbox while relays run on it, or without one.
"""

import json
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from relay.errors import StorageUnusable
from relay.outbox.sqlite.database import open_database


@dataclass(frozen=True, slots=True)
class Dead:
    """One dead letter: when it was buried (seconds since the epoch), its event, and what GitHub said."""

    buried: float
    document: bytes
    reason: str


class DeadLetters(Protocol):
    """The dead letters of one outbox. The keys that are given are among `keys`."""

    def keys(self) -> list[int]: ...

    def read(self, key: int) -> Dead: ...

    def requeue(self, keys: Sequence[int]) -> None: ...

    def drop(self, keys: Sequence[int]) -> None: ...


def run(command: str, keys: Sequence[int] | None, letters: DeadLetters) -> int:
    """Exit code of one command; `keys` is None for all letters."""
    there = letters.keys()
    if missing := sorted(set(keys or []) - set(there)):
        print(f"relay: no dead letter {', '.join(map(str, missing))}; nothing was done", file=sys.stderr)
        return 1
    _COMMANDS[command](letters, there if keys is None else [key for key in there if key in keys])
    return 0


def _list(letters: DeadLetters, keys: Sequence[int]) -> None:
    print("key\tburied\tevent\treason")
    for key in keys:
        dead = letters.read(key)
        when = datetime.fromtimestamp(dead.buried, UTC).isoformat(timespec="seconds")
        print(key, when, json.dumps(json.loads(dead.document)["id"]), json.dumps(dead.reason), sep="\t")


def _show(letters: DeadLetters, keys: Sequence[int]) -> None:
    for key in keys:
        dead = letters.read(key)
        print(json.dumps({"key": key, "reason": dead.reason, "event": json.loads(dead.document)}, indent=2))


def _requeue(letters: DeadLetters, keys: Sequence[int]) -> None:
    letters.requeue(keys)
    print(f"{len(keys)} requeued; a running relay finds them within seconds")


def _drop(letters: DeadLetters, keys: Sequence[int]) -> None:
    letters.drop(keys)
    print(f"{len(keys)} dropped")


_COMMANDS: dict[str, Callable[[DeadLetters, Sequence[int]], None]] = {
    "list": _list,
    "show": _show,
    "requeue": _requeue,
    "drop": _drop,
}
COMMANDS = tuple(_COMMANDS)
_COLUMNS = "identity, received, workload, size, document"


class SqliteDeadLetters:
    """Those in an outbox's file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator["SqliteDeadLetters"]:
        """Raises StorageUnusable, also for what goes wrong within the block."""
        if not path.exists():  # else a mistyped path would look like an outbox without dead letters
            raise StorageUnusable(f"there is no outbox {path}: set RELAY_OUTBOX as the relay has it")
        try:
            with closing(open_database(path)) as connection:
                yield cls(connection)
        except sqlite3.Error as error:
            raise StorageUnusable(f"the outbox {path} is not to be used now: {error}") from error

    def keys(self) -> list[int]:
        return [row[0] for row in self._connection.execute("SELECT key FROM dead ORDER BY key")]

    def read(self, key: int) -> Dead:
        found = self._connection.execute("SELECT buried, document, reason FROM dead WHERE key = ?", (key,))
        return Dead(*found.fetchone())

    def requeue(self, keys: Sequence[int]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        for key in keys:
            self._connection.execute(
                f"INSERT INTO letter ({_COLUMNS}) SELECT {_COLUMNS} FROM dead WHERE key = ?",  # noqa: S608  # a constant
                (key,),
            )
        self.drop(keys)
        self._connection.execute("COMMIT")

    def drop(self, keys: Sequence[int]) -> None:
        self._connection.executemany("DELETE FROM dead WHERE key = ?", [(key,) for key in keys])
