"""Decides what an error of SQLite means: a storage that may recover, or a file that can no longer be trusted.

It does not decide what follows from that: the writer fails its callers, and the process ends over a damaged file.
"""

import os
import sqlite3
from pathlib import Path

from relay.errors import StorageDamaged, StorageFailed

# https://www.sqlite.org/rescode.html. SQLITE_ERROR: a table is missing, so this is not the file that was opened.
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_ERROR})
_EXTENDED_DAMAGE = frozenset(
    {sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS, sqlite3.SQLITE_READONLY_DBMOVED}
)
_PRIMARY = 0xFF

_Identity = tuple[int, int]  # device and inode


def failure(error: sqlite3.Error) -> StorageFailed:
    """Return StorageDamaged if the file can no longer be trusted, otherwise StorageFailed."""
    code = getattr(error, "sqlite_errorcode", None)  # Python's own errors have none
    if code is not None and (code & _PRIMARY in _DAMAGE or code in _EXTENDED_DAMAGE):
        return StorageDamaged(f"the outbox can no longer be trusted: {error}")
    return StorageFailed(f"the outbox cannot be used now: {error}")


def is_busy(error: sqlite3.Error) -> bool:
    """Return whether another program holds the file."""
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY == sqlite3.SQLITE_BUSY


class OpenFiles:
    """The files of an open database: they keep their identity, and hold all pages.

    SQLite does not notice if somebody removes, replaces or truncates them: it goes on with what it has open and in its
    cache, and everything that it confirms is lost with the process.
    """

    def __init__(self, path: Path) -> None:
        self._paths = (path, path.with_name(f"{path.name}-wal"))
        self._identities, self._size = self._current()

    def check(self, connection: sqlite3.Connection) -> None:
        """Raise StorageDamaged if a file is not what it was, StorageFailed or sqlite3.Error if that remains unknown."""
        identities, size = self._current()
        for path, original, current in zip(self._paths, self._identities, identities, strict=True):
            if current != original:
                raise StorageDamaged(f"the outbox can no longer be trusted: {path.name} was replaced")
        if size < self._size and size < _size(connection):  # VACUUM by an operator shrinks both
            raise StorageDamaged(f"the outbox can no longer be trusted: {self._paths[0].name} was truncated")
        self._size = size

    def _current(self) -> tuple[list[_Identity], int]:
        try:
            # Before each transaction, so without Path.stat, which is slower. Opening a file would drop SQLite's locks.
            files = [os.stat(path) for path in self._paths]  # noqa: PTH116
        except FileNotFoundError as error:
            name = Path(error.filename).name
            raise StorageDamaged(f"the outbox can no longer be trusted: {name} was removed") from error
        except OSError as error:
            raise StorageFailed(f"the outbox cannot be used now: {error.strerror}") from error
        return [(file.st_dev, file.st_ino) for file in files], files[0].st_size


def _size(connection: sqlite3.Connection) -> int:
    [pages] = connection.execute("PRAGMA page_count").fetchone()
    [bytes_per_page] = connection.execute("PRAGMA page_size").fetchone()
    return int(pages * bytes_per_page)
