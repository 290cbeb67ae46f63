"""Undoes responses of one commit: each value returns to what it was before, and nothing else changes.

Where a file is as the response left it, it becomes what it was, byte for byte. Where others have changed it since, that
is kept, as a merge does; where both changes touch, only the values are put back; where somebody has changed the values
too, the undo is refused. Reads no history: how to read and merge files is handed in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, assert_never

from ..errors import BadHistory, ChangedSince, EditRefused
from ..gitops.checkout import Checkout, changed_files
from ..yamledit import editor, literal_block
from ..yamledit.documents import parse
from ..yamledit.edit import Edit, InsertItem, RemoveValue, SetValue
from ..yamledit.values import ABSENT, Absent, Value, YamlPath, at, dotted, equal, same
from .trailers import RecordedResponse
from .undo_record import (
    AddedFile,
    AddedItem,
    PreviousText,
    PreviousValue,
    RemovedDocument,
    RemovedItem,
    UndoRecord,
)

Files = Mapping[PurePosixPath, bytes | None]
Read = Callable[[PurePosixPath], bytes | None]
Merge = Callable[[bytes, bytes, bytes], bytes | None]  # current, common ancestor and other; None if they touch


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A commit with responses: how to read a file as of it and as of the commit before, and all its responses."""

    sha: str
    read_before: Read
    read_after: Read
    responses: tuple[RecordedResponse, ...]


@dataclass(frozen=True, kw_only=True)
class Undo:
    """The responses that are undone, and the new content of the files that change, None for a removed one.

    Without files, everything is restored already.
    """

    snapshot: Snapshot
    responses: tuple[RecordedResponse, ...]
    files: Files


def undo(
    snapshot: Snapshot, responses: Sequence[RecordedResponse], checkout: Checkout, *, merge: Merge, force: bool = False
) -> Undo:
    """Undo some responses of a commit in the checkout as it is now, all of them or none.

    Raise ChangedSince where somebody has changed a value since, unless `force`; EditRefused and NotYaml.
    """
    restored = checkout
    merged = _merged_files(snapshot, responses, checkout, merge)
    for file, data in merged.items():
        restored = restored.with_contents({str(file): data})
    records = [record for response in responses for record in response.records if record.file not in merged]
    for record in reversed(records):
        match by_kind(snapshot, record):
            case AddedFile() | RemovedDocument():
                restored = _undo_file(snapshot, record.file, restored)
            case AddedItem() | RemovedItem() as item_record:
                if _is_moved(snapshot, responses, item_record):
                    raise ChangedSince(f"{record.file}: a later response has changed the list of {_field(item_record)}")
                restored = _undo_item(snapshot, item_record, checkout, restored)
            case PreviousValue() | PreviousText() as value_record:
                restored = _undo_value(snapshot, value_record, restored, force=force)
            case unknown:
                assert_never(unknown)
    files = changed_files(checkout, restored)
    _require_own_files(responses, files)
    return Undo(snapshot=snapshot, responses=tuple(responses), files=files)


def _require_own_files(responses: Sequence[RecordedResponse], files: Files) -> None:
    """Raise BadHistory if a file would be removed that the responses do not record as theirs."""
    added = {record.file for response in responses for record in response.records if isinstance(record, AddedFile)}
    for file, data in files.items():
        if data is None and file not in added:
            raise BadHistory(f"{file} is not recorded as a file that the response added, so that it is not removed")


def by_kind(snapshot: Snapshot, record: UndoRecord) -> UndoRecord:
    """Return a record of an older commit by its kind: it does not distinguish a removed item from a replaced one."""
    if not isinstance(record, PreviousValue) or record.previous is ABSENT or not isinstance(record.path[-1], int):
        return record
    path, index = record.path[:-1], record.path[-1]
    original = at(_document(snapshot.read_before(record.file) or b"", record.document), path)
    response_list = at(_document(snapshot.read_after(record.file) or b"", record.document), path)
    if not isinstance(original, list) or not isinstance(response_list, list) or len(original) <= len(response_list):
        return record
    return RemovedItem(file=record.file, document=record.document, path=path, index=index, previous=record.previous)


def _merged_files(
    snapshot: Snapshot, responses: Sequence[RecordedResponse], checkout: Checkout, merge: Merge
) -> dict[PurePosixPath, bytes | None]:
    """Return the files that no other response of the commit edits, as they were except for what others have changed."""
    others = {
        record.file for response in snapshot.responses if response not in responses for record in response.records
    }
    merged: dict[PurePosixPath, bytes | None] = {}
    for file in {record.file for response in responses for record in response.records} - others:
        current = checkout.read(str(file))
        original, response_data = snapshot.read_before(file), snapshot.read_after(file)
        if current == response_data:
            merged[file] = original
        elif current is not None and original is not None and response_data is not None:
            data = merge(current, response_data, original)
            if data is not None:
                merged[file] = data
    return merged


def _undo_file(snapshot: Snapshot, file: PurePosixPath, checkout: Checkout) -> Checkout:
    """Remove a file that the response added; put back one that it removed, if there is nothing in its place."""
    current = checkout.read(str(file))
    if current == snapshot.read_before(file):
        return checkout
    if current != snapshot.read_after(file):
        raise ChangedSince(f"{file} was changed since the response")
    return checkout.with_contents({str(file): snapshot.read_before(file)})


def _is_moved(snapshot: Snapshot, responses: Sequence[RecordedResponse], record: AddedItem | RemovedItem) -> bool:
    """Return whether a later response of the commit, which is not undone, has given the item another index."""
    is_later = False
    for response in snapshot.responses:
        for other in response.records:
            if other == record:
                is_later = True
            elif is_later and response not in responses and isinstance(other, AddedItem | RemovedItem):
                is_same_list = (other.file, other.document, other.path) == (record.file, record.document, record.path)
                if is_same_list and other.index <= record.index:
                    return True
    return False


def _undo_item(snapshot: Snapshot, record: AddedItem | RemovedItem, checkout: Checkout, restored: Checkout) -> Checkout:
    """Remove an item that the response added, or put back one that it removed.

    Indexes are right as long as nobody has changed the list. Else an added item is matched by its value.
    """
    current, response_data = restored.read(str(record.file)), snapshot.read_after(record.file)
    if current is None or response_data is None:
        raise ChangedSince(f"{record.file} is not there any more")
    is_same_list = same(_list(checkout.read(str(record.file)) or b"", record), _list(response_data, record))
    index: int | None = record.index
    if not is_same_list and isinstance(record, RemovedItem):
        raise ChangedSince(f"{record.file}: the list that {_field(record)} was removed from has changed since")
    if not is_same_list:
        index = _index_of_added(current, record, response_data)
    if index is None:
        return restored
    item_edit: Edit
    match record:
        case AddedItem():
            path = (*record.path, index)
            parents, leave_null = _added_parents(snapshot.read_before(record.file) or b"", record.document, path)
            item_edit = RemoveValue(path=path, parents=parents, leave_null=leave_null)
        case RemovedItem():
            item_edit = InsertItem(path=record.path, index=index, value=record.previous)
        case _:
            assert_never(record)
    result = editor.apply(current, record.document, item_edit)
    return restored.with_contents({str(record.file): result.content})


def _index_of_added(current: bytes, record: AddedItem | RemovedItem, response_data: bytes) -> int | None:
    """Return the current index of an item that the response added, None if the list is shorter and has no such item."""
    item = at(_document(response_data, record.document), (*record.path, record.index))
    value = _list(current, record)
    items = value if isinstance(value, list) else []
    indexes = [index for index, other in enumerate(items) if same(other, item)]
    if not indexes and len(items) <= record.index:
        return None
    if len(indexes) != 1:
        raise ChangedSince(f"{record.file}: what the response added to {_field(record)} is not there as it was")
    return indexes[0]


def _undo_value(
    snapshot: Snapshot, record: PreviousValue | PreviousText, checkout: Checkout, *, force: bool
) -> Checkout:
    current, response_data = checkout.read(str(record.file)), snapshot.read_after(record.file)
    if current is None or response_data is None:
        raise ChangedSince(f"{record.file} is not there any more")
    value = _value(current, record)
    if equal(value, record.previous):
        return checkout
    if not force and not equal(value, _value(response_data, record)):
        raise ChangedSince(f"{record.file}: {_field(record)} was changed since the response")
    result = _put_back(current, record, snapshot.read_before(record.file) or b"")
    return checkout.with_contents({str(record.file): result})


def _put_back(current: bytes, record: PreviousValue | PreviousText, original: bytes) -> bytes:
    document, path, previous = record.document, record.path, record.previous
    match record:
        case PreviousText(inside=inside):
            if previous is ABSENT:
                problem = f"{_field(record)} was put into a text that was changed since"
                raise EditRefused("inside-a-text", problem)
            return literal_block.apply(current, document, path, SetValue(path=inside, value=previous)).content
        case PreviousValue():
            if previous is not ABSENT:
                return editor.apply(current, document, SetValue(path=path, value=previous)).content
            parents, leave_null = _added_parents(original, document, path)
            return editor.apply(
                current, document, RemoveValue(path=path, parents=parents, leave_null=leave_null)
            ).content
        case _:
            assert_never(record)


def _added_parents(original: bytes, document: int, path: YamlPath) -> tuple[int, bool]:
    """Return how many parents of a value the response added, and whether it put them in place of an empty value."""
    root = _document(original, document)
    missing = [length for length in range(1, len(path)) if at(root, path[:length]) in (ABSENT, None)]
    if not missing:
        return 0, False
    is_filled = at(root, path[: missing[0]]) is None
    return len(path) - missing[0] - (1 if is_filled else 0), is_filled


def _value(data: bytes, record: PreviousValue | PreviousText) -> Value | Absent:
    """Return the value that the record is about, as it is in a file."""
    value = at(_document(data, record.document), record.path)
    if isinstance(record, PreviousText) and isinstance(value, str):
        return at(_document(value.encode(), 0), record.inside)
    return value


def _list(data: bytes, record: AddedItem | RemovedItem) -> Value | Absent:
    """Return the list that the record is about, as it is in a file."""
    return at(_document(data, record.document), record.path)


def _document(data: bytes, number: int) -> Any:
    documents = parse(data)
    return documents[number].value if number < len(documents) else None


def _field(record: PreviousValue | PreviousText | AddedItem | RemovedItem) -> str:
    """Return the path of a record for a person."""
    match record:
        case PreviousValue():
            return dotted(record.path)
        case PreviousText():
            return dotted((*record.path, *record.inside))
        case AddedItem() | RemovedItem():
            return dotted((*record.path, record.index))
        case _:
            assert_never(record)
