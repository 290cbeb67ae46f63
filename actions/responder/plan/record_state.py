"""Whether what a response wrote is still there: its records, compared with the files of a later commit.

Documents and list items are matched by what identifies them, so that work of others in the same file does not look like
an undo. What cannot be matched is UNCLEAR, never "changed": a person must look. Reads no history.
"""

from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, assert_never

from ..errors import NotYaml
from ..yamledit.documents import parse
from ..yamledit.values import ABSENT, Absent, Value, YamlPath, at, equal, same
from .trailers import RecordedResponse
from .undo import Read, Snapshot, by_kind
from .undo_record import (
    AddedFile,
    AddedItem,
    PreviousText,
    PreviousValue,
    RemovedDocument,
    RemovedItem,
    UndoRecord,
)

_KEYS = ("name", "target", "path")  # that identify an item of a list, the first that it has
_NAMES: tuple[YamlPath, ...] = (("kind",), ("metadata", "namespace"), ("metadata", "name"))
_CACHED_FILES = 512


class RecordState(StrEnum):
    """What has become of what a response wrote; PARTLY is for several records that differ."""

    HOLDS = "holds"
    PARTLY = "partly"
    CHANGED = "changed"
    UNCLEAR = "unclear"


def response_state(response: RecordedResponse, snapshot: Snapshot, read: Read) -> RecordState:
    """Return what has become of a response of a commit in the files that `read` returns."""
    states = {record_state(record, snapshot, read) for record in response.records}
    if len(states) == 1:
        return states.pop()
    return RecordState.UNCLEAR if not states or RecordState.UNCLEAR in states else RecordState.PARTLY


def record_state(record: UndoRecord, snapshot: Snapshot, read: Read) -> RecordState:
    """Return what has become of one record of a commit in the files that `read` returns."""
    try:
        return _state(by_kind(snapshot, record), snapshot, read)
    except NotYaml:
        return RecordState.UNCLEAR


def _state(record: UndoRecord, snapshot: Snapshot, read: Read) -> RecordState:
    match record:
        case AddedFile():
            return _file_state(snapshot.read_after(record.file), read(record.file))
        case RemovedDocument():
            if snapshot.read_before(record.file) is None:
                return RecordState.UNCLEAR
            documents = _values(read(record.file) or b"")
            is_back = any(_identity(document) == _identity(record.previous) for document in documents)
            return RecordState.CHANGED if is_back else RecordState.HOLDS
        case PreviousValue() | PreviousText() | AddedItem() | RemovedItem():
            response_data, current = snapshot.read_after(record.file), read(record.file)
            if response_data is None:
                return RecordState.UNCLEAR
            return RecordState.CHANGED if current is None else _value_state(record, response_data, current)
        case _:
            assert_never(record)


def _file_state(response_data: bytes | None, current: bytes | None) -> RecordState:
    if response_data is None:
        return RecordState.UNCLEAR
    if current is None:
        return RecordState.CHANGED
    is_same = current == response_data or same(list(_values(current)), list(_values(response_data)))
    return RecordState.HOLDS if is_same else RecordState.UNCLEAR


def _value_state(
    record: PreviousValue | PreviousText | AddedItem | RemovedItem, response_data: bytes, current: bytes
) -> RecordState:
    models, documents = _values(response_data), _values(current)
    if record.document >= len(models):
        return RecordState.UNCLEAR
    model = models[record.document]
    indexes = [index for index, document in enumerate(documents) if _identity(document) == _identity(model)]
    if not indexes:
        return RecordState.CHANGED
    if record.document not in indexes and len(indexes) > 1:
        return RecordState.UNCLEAR
    document = documents[record.document if record.document in indexes else indexes[0]]
    path = _counterpart(model, document, record.path)
    if path is None:
        return RecordState.UNCLEAR
    written, value = at(model, record.path), at(document, path)
    match record:
        case PreviousValue():
            return _held(equal(value, written))
        case PreviousText(inside=inside):
            return _held(equal(_inside(value, inside), _inside(written, inside)))
        case AddedItem(index=index):
            return _added_item_state(at(written, (index,)), value)
        case RemovedItem(previous=previous):
            return _held(not any(same(item, previous) for item in _items(value)))
        case _:
            assert_never(record)


def _inside(text: Value | Absent, path: YamlPath) -> Value | Absent:
    """Return a value in a YAML text that is itself a value. Raises NotYaml."""
    documents = _values(text.encode()) if isinstance(text, str) else ()
    return at(documents[0], path) if documents else ABSENT


def _added_item_state(item: Value | Absent, current_list: Value | Absent) -> RecordState:
    """Return HOLDS if the list has the item. One with the same target and another text could still do the same."""
    items = _items(current_list)
    if any(same(other, item) for other in items):
        return RecordState.HOLDS
    if (
        isinstance(item, dict)
        and "target" in item
        and any(same(at(other, ("target",)), item["target"]) for other in items)
    ):
        return RecordState.UNCLEAR
    return RecordState.CHANGED


def _held(condition: bool) -> RecordState:
    return RecordState.HOLDS if condition else RecordState.CHANGED


def _items(value: Value | Absent) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _counterpart(model: Any, current: Any, path: YamlPath) -> YamlPath | None:
    """Return the path in `current` that is the same as `path` in `model`, None if a list does not show which it is."""
    steps: list[str | int] = []
    for step in path:
        index: str | int | None = step
        if isinstance(step, int) and isinstance(model, list):
            index = _matching_index(model, _items(current), step)
        if index is None:
            return None
        model, current = at(model, (step,)), at(current, (index,))
        steps.append(index)
    return tuple(steps)


def _matching_index(model: Sequence[Any], items: Sequence[Any], index: int) -> int | None:
    """Return the index of the item that `model` has at `index`; beyond the end where it is no longer there."""
    item = at(model, (index,))
    keys = [key for key in _KEYS if at(item, (key,)) is not ABSENT]
    if not keys:
        return index if len(items) == len(model) else None
    name = at(item, (keys[0],))
    matches = [number for number, other in enumerate(items) if same(at(other, (keys[0],)), name)]
    if len(matches) > 1:
        return index if index in matches and len(items) == len(model) else None
    return matches[0] if matches else len(items)


def _identity(document: Any) -> tuple[object, ...]:
    """Return what an object keeps when people change it."""
    return tuple(at(document, path) for path in _NAMES)


@lru_cache(maxsize=_CACHED_FILES)
def _values(data: bytes) -> tuple[Any, ...]:
    """Return the documents of a file. Raises NotYaml."""
    return tuple(document.value for document in parse(data))
