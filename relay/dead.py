"""`python -m relay dead`: what GitHub would not take, for a person to look at, send again or drop.

Works on the outbox's file while a relay runs on it, or without one.
"""

import json
import sqlite3
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from relay.database import open_database

_COLUMNS = "identity, received, workload, size, document"


def run(command: str, keys: Sequence[int] | None, *, path: Path) -> int:
    """Exit code of one command; `keys` is None for all letters. Raises StorageUnusable."""
    with closing(open_database(path)) as connection:
        chosen = _chosen(connection, keys)
        if missing := sorted(set(keys or []) - set(chosen)):
            print(f"relay: no dead letter {', '.join(map(str, missing))}; nothing was done", file=sys.stderr)
            return 1
        _COMMANDS[command](connection, chosen)
    return 0


def _list(connection: sqlite3.Connection, keys: Sequence[int]) -> None:
    print("key\tburied\tevent\treason")
    for key in keys:
        buried, document, reason = _row(connection, key, "buried, document, reason")
        when = datetime.fromtimestamp(buried, UTC).isoformat(timespec="seconds")
        print(key, when, json.dumps(json.loads(document)["id"]), json.dumps(reason), sep="\t")


def _show(connection: sqlite3.Connection, keys: Sequence[int]) -> None:
    for key in keys:
        document, reason = _row(connection, key, "document, reason")
        print(json.dumps({"key": key, "reason": reason, "event": json.loads(document)}, indent=2))


def _requeue(connection: sqlite3.Connection, keys: Sequence[int]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for key in keys:
        connection.execute(f"INSERT INTO letter ({_COLUMNS}) SELECT {_COLUMNS} FROM dead WHERE key = ?", (key,))  # noqa: S608  # a constant
        connection.execute("DELETE FROM dead WHERE key = ?", (key,))
    connection.execute("COMMIT")
    print(f"{len(keys)} requeued; a running relay finds them within seconds")


def _drop(connection: sqlite3.Connection, keys: Sequence[int]) -> None:
    connection.executemany("DELETE FROM dead WHERE key = ?", [(key,) for key in keys])
    print(f"{len(keys)} dropped")


_COMMANDS: dict[str, Callable[[sqlite3.Connection, Sequence[int]], None]] = {
    "list": _list,
    "show": _show,
    "requeue": _requeue,
    "drop": _drop,
}
COMMANDS = tuple(_COMMANDS)


def _chosen(connection: sqlite3.Connection, keys: Sequence[int] | None) -> list[int]:
    there = [row[0] for row in connection.execute("SELECT key FROM dead ORDER BY key")]
    return there if keys is None else [key for key in there if key in keys]


def _row(connection: sqlite3.Connection, key: int, columns: str) -> tuple[Any, ...]:
    row: tuple[Any, ...] = connection.execute(f"SELECT {columns} FROM dead WHERE key = ?", (key,)).fetchone()  # noqa: S608  # constants
    return row
