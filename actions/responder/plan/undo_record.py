"""What an undo has to know of one edit: where it was made and what was there before, by the kind of edit.

The JSON form is that of the `Previous` trailer in commits. An empty path means a removed document if there is a value,
else an added file; a path that ends in an index means a removed item if `removed` is true, an added one if there is no
value. Older commits have no `removed`: they do not distinguish a removed item from a replaced one.
"""

import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, assert_never

from ..errors import BadHistory
from ..escape import json_text
from ..yamledit.values import ABSENT, Absent, Value, YamlPath


@dataclass(frozen=True, kw_only=True)
class PreviousValue:
    """A value was replaced, added or removed; `previous` is ABSENT where there was none."""

    file: PurePosixPath
    document: int
    path: YamlPath
    previous: Value | Absent


@dataclass(frozen=True, kw_only=True)
class PreviousText:
    """A value was replaced or added at `inside` in the YAML text that is the value at `path`."""

    file: PurePosixPath
    document: int
    path: YamlPath
    inside: YamlPath
    previous: Value | Absent


@dataclass(frozen=True, kw_only=True)
class AddedItem:
    """An item was added to the list at `path`, where it had this index."""

    file: PurePosixPath
    document: int
    path: YamlPath
    index: int


@dataclass(frozen=True, kw_only=True)
class RemovedItem:
    """An item was removed from the list at `path`, where it had this index."""

    file: PurePosixPath
    document: int
    path: YamlPath
    index: int
    previous: Value


@dataclass(frozen=True, kw_only=True)
class AddedFile:
    """The file did not exist."""

    file: PurePosixPath


@dataclass(frozen=True, kw_only=True)
class RemovedDocument:
    """A document was removed, and the file if it had no other."""

    file: PurePosixPath
    document: int
    previous: Value


UndoRecord = PreviousValue | PreviousText | AddedItem | RemovedItem | AddedFile | RemovedDocument


def dump(record: UndoRecord) -> str:
    """Return the compact JSON of a record."""
    match record:
        case PreviousValue():
            fields = {"document": record.document, "path": list(record.path)} | _value(record.previous)
        case PreviousText():
            fields = {"document": record.document, "path": list(record.path), "inside": list(record.inside)}
            fields |= _value(record.previous)
        case AddedItem():
            fields = {"document": record.document, "path": [*record.path, record.index]}
        case RemovedItem():
            fields = {"document": record.document, "path": [*record.path, record.index]}
            fields |= {"value": record.previous, "removed": True}
        case AddedFile():
            fields = {"document": 0, "path": []}
        case RemovedDocument():
            fields = {"document": record.document, "path": [], "value": record.previous}
        case _:
            assert_never(record)
    return json_text({"file": str(record.file), **fields})


def load(text: str) -> UndoRecord:
    """Return the record of which this is the JSON. Raise BadHistory for what the action does not write."""
    try:
        content = json.loads(text)
        file = PurePosixPath(content["file"])
        path, inside = tuple(content["path"]), tuple(content.get("inside", ()))
        document = content["document"]
        str(file).encode(errors="surrogateescape")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadHistory(f"a Previous trailer is none that this action writes: {error!a}") from error
    is_file = not file.is_absolute() and ".." not in file.parts and "\0" not in str(file)
    if not is_file or not all(map(_is_step, (*path, *inside))):
        raise BadHistory("a Previous trailer names a place that this action would not")
    if type(document) is not int or document < 0:
        raise BadHistory("a Previous trailer names no document")
    previous = content.get("value", ABSENT)
    if not path:
        return (
            AddedFile(file=file)
            if previous is ABSENT
            else RemovedDocument(file=file, document=document, previous=previous)
        )
    if "inside" in content:
        return PreviousText(file=file, document=document, path=path, inside=inside, previous=previous)
    if isinstance(path[-1], int) and previous is ABSENT:
        return AddedItem(file=file, document=document, path=path[:-1], index=path[-1])
    if isinstance(path[-1], int) and content.get("removed") is True:
        return RemovedItem(file=file, document=document, path=path[:-1], index=path[-1], previous=previous)
    return PreviousValue(file=file, document=document, path=path, previous=previous)


def _is_step(step: object) -> bool:
    return type(step) is str or (type(step) is int and step >= 0)


def _value(previous: Value | Absent) -> dict[str, Any]:
    return {} if previous is ABSENT else {"value": previous}
