"""`python -m tests.relay.hanging KIND FILE`: a relay whose disk answers no calls of a kind while the file exists."""

import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

from relay.__main__ import main
from relay.outbox.sqlite import database
from tests.relay.outbox.sqlite.faulty import FaultyStorage


class HangingStorage(FaultyStorage):
    """Calls of one kind never return while the file exists."""

    def __init__(self, kind: str, file: Path) -> None:
        super().__init__()
        self._kind = kind
        self._file = file

    def call(self, kind: str) -> None:
        while kind == self._kind and self._file.exists():
            time.sleep(0.05)


def relay(kind: str, file: Path) -> int:
    """Run the relay on such a disk."""
    storage = HangingStorage(kind, file)
    opening = database.open_database

    def opened(path: Path, **_: Any) -> sqlite3.Connection:
        return opening(path, connect=storage.connect)

    sys.modules["relay.outbox.sqlite.outbox"].__dict__["open_database"] = opened
    sys.argv = ["relay"]
    return main()


if __name__ == "__main__":
    sys.exit(relay(sys.argv[1], Path(sys.argv[2])))
