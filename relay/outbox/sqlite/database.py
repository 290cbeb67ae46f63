"""Opens the SQLite file of the outbox: checks it, locks it for one relay and migrates its schema."""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from relay.errors import StorageUnusable

_CLUSTER = "substr(coalesce(json_extract(CAST(document AS TEXT), '$.cluster'), ''), 1, 63)"
# Each migration runs once, in order, in the transaction that records it in user_version.
MIGRATIONS = (
    (
        # `document` is NULL once the letter is delivered, or if it was folded: the row still identifies repeats.
        # `workload` is NULL if the letter is about none, or was folded.
        """CREATE TABLE letter (
            key INTEGER PRIMARY KEY, identity BLOB NOT NULL, received REAL NOT NULL, workload BLOB,
            size INTEGER NOT NULL, document BLOB
        ) STRICT""",
        "CREATE INDEX waiting ON letter (key) WHERE document IS NOT NULL",
        "CREATE INDEX gone ON letter (key) WHERE document IS NULL",
        # How many folded events GitHub does not know of yet.
        """CREATE TABLE folded (
            workload BLOB PRIMARY KEY, received REAL NOT NULL, coalesced INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE dead (
            key INTEGER PRIMARY KEY AUTOINCREMENT, identity BLOB NOT NULL, received REAL NOT NULL, buried REAL NOT NULL,
            workload BLOB, size INTEGER NOT NULL, document BLOB NOT NULL, reason TEXT NOT NULL
        ) STRICT""",
    ),
    (
        # Letters of one act are folded, which the workload alone does not tell. Letters of older relays know neither
        # their pod nor their kind.
        "ALTER TABLE letter RENAME COLUMN workload TO act",
        "ALTER TABLE folded RENAME COLUMN workload TO act",
        "ALTER TABLE dead RENAME COLUMN workload TO act",
        *(
            f"ALTER TABLE {table} ADD COLUMN {column}"
            for table in ("letter", "dead")
            for column in (
                "cluster TEXT NOT NULL DEFAULT ''",
                "pod BLOB",
                "kind BLOB",
                "gravity INTEGER NOT NULL DEFAULT 0",
            )
        ),
        f"UPDATE letter SET cluster = {_CLUSTER} WHERE document IS NOT NULL",  # noqa: S608  # a constant
        f"UPDATE dead SET cluster = {_CLUSTER}",  # noqa: S608  # a constant
    ),
)


Connect = Callable[..., sqlite3.Connection]


def open_database(path: Path, *, connect: Connect = sqlite3.connect) -> sqlite3.Connection:
    """Return a connection for one thread at a time. Raise StorageUnusable, with advice for the operator."""
    try:
        # Events describe a cluster: only the owner may read them. SQLite copies the mode to its other files.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StorageUnusable(
            f"cannot open the outbox {path}: {error.strerror}. Give RELAY_OUTBOX a path in a directory that the relay "
            "may write to, on a volume that outlives it."
        ) from error
    with unusable(path), ExitStack() as stack:
        connection = stack.enter_context(
            closing(connect(path, timeout=5, isolation_level=None, check_same_thread=False))
        )
        connection.execute("PRAGMA page_size = 16384")  # for a new file: an event takes 1 KiB or more
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # a 202 must outlive a power cut, not only the process
        _check(connection)
        _migrate(connection)
        stack.pop_all()
    return connection


@contextmanager
def unusable(path: Path) -> Iterator[None]:
    """Turn the errors of SQLite into StorageUnusable, with advice for the operator."""
    try:
        yield
    except sqlite3.Error as error:
        raise StorageUnusable(
            f"cannot use the outbox {path}: {error}. If another program holds it, stop that one; if it is damaged, "
            "move it away and start again with a new one."
        ) from error


def lock(path: Path) -> Callable[[], None]:
    """Lock the outbox against other relays, and return the function that unlocks it. Raise StorageUnusable."""
    lock_file = path.with_name(f"{path.name}.lock")
    try:
        handle = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageUnusable(f"cannot open {lock_file}: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise StorageUnusable(
            f"another relay uses the outbox {path}: it would send everything twice. Stop that one, or give this one "
            "a RELAY_OUTBOX of its own."
        ) from error
    return lambda: os.close(handle)


def _check(connection: sqlite3.Connection) -> None:
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)


def _migrate(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise sqlite3.DatabaseError("a newer relay has created it")
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    connection.execute("COMMIT")
