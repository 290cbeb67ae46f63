"""`python -m relay dead`: shows the letters that GitHub rejected for good, sends them again or drops them.

It works on the outbox directly, with or without a running relay.
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
class DeadLetter:
    """One dead letter: the time (seconds since the epoch), the event, and GitHub's reason."""

    buried: float
    document: bytes
    reason: str


class DeadLetters(Protocol):
    """The dead letters of one outbox. Arguments are always among `keys`."""

    def keys(self) -> list[int]: ...

    def read(self, key: int) -> DeadLetter: ...

    def requeue(self, keys: Sequence[int]) -> None: ...

    def drop(self, keys: Sequence[int]) -> None: ...


def run(command: str, keys: Sequence[int] | None, letters: DeadLetters) -> int:
    """Run one command and return its exit code; `keys` is None for all letters."""
    existing = letters.keys()
    if missing := sorted(set(keys or []) - set(existing)):
        print(f"relay: no dead letter {', '.join(map(str, missing))}; nothing was done", file=sys.stderr)
        return 1
    _COMMANDS[command](letters, existing if keys is None else [key for key in existing if key in keys])
    return 0


def _list(letters: DeadLetters, keys: Sequence[int]) -> None:
    print("key\tburied\tevent\treason")
    for key in keys:
        letter = letters.read(key)
        when = datetime.fromtimestamp(letter.buried, UTC).isoformat(timespec="seconds")
        print(key, when, json.dumps(json.loads(letter.document)["id"]), json.dumps(letter.reason), sep="\t")


def _show(letters: DeadLetters, keys: Sequence[int]) -> None:
    for key in keys:
        letter = letters.read(key)
        print(json.dumps({"key": key, "reason": letter.reason, "event": json.loads(letter.document)}, indent=2))


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
_COLUMNS = "identity, received, act, size, document, cluster, pod, kind, gravity"


class SqliteDeadLetters:
    """The dead letters in the file of an outbox."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator["SqliteDeadLetters"]:
        """Open the file. Raise StorageUnusable, also for errors within the block."""
        if not path.exists():  # otherwise a mistyped path would look like an outbox without dead letters
            raise StorageUnusable(f"there is no outbox {path}: set RELAY_OUTBOX as the relay has it")
        try:
            with closing(open_database(path)) as connection:
                yield cls(connection)
        except sqlite3.Error as error:
            raise StorageUnusable(f"the outbox {path} cannot be used now: {error}") from error

    def keys(self) -> list[int]:
        return [row[0] for row in self._connection.execute("SELECT key FROM dead ORDER BY key")]

    def read(self, key: int) -> DeadLetter:
        rows = self._connection.execute("SELECT buried, document, reason FROM dead WHERE key = ?", (key,))
        return DeadLetter(*rows.fetchone())

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
