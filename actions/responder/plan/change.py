"""One edit of one file that a plan makes, as people and the undo need to know it."""

import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import assert_never

from ..yamledit.values import ABSENT, Absent, Value, YamlPath, dotted
from .undo_record import (
    AddedFile,
    AddedItem,
    PreviousText,
    PreviousValue,
    RemovedDocument,
    RemovedItem,
    UndoRecord,
)


@dataclass(frozen=True, kw_only=True)
class Change:
    """An edit of a file; `line` counts from 1 in the file after the edit."""

    record: UndoRecord
    line: int

    @property
    def file(self) -> PurePosixPath:
        """Return the file, relative to the root of the checkout."""
        return self.record.file

    def __str__(self) -> str:
        record = self.record
        match record:
            case AddedFile():
                return f"{self.file} (new)"
            case RemovedDocument():
                return f"{self.file} line {self.line}, removed"
            case AddedItem():
                return self._description((*record.path, record.index), ABSENT)
            case RemovedItem():
                return self._description((*record.path, record.index), record.previous)
            case PreviousValue():
                return self._description(record.path, record.previous)
            case PreviousText():
                return self._description((*record.path, *record.inside), record.previous)
            case _:
                assert_never(record)

    def _description(self, path: YamlPath, previous: Value | Absent) -> str:
        former = "new" if previous is ABSENT else f"was {json.dumps(previous)}"
        return f"{self.file} line {self.line}, {dotted(path)} ({former})"
