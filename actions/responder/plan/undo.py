"""Undoes responses of one commit: each value returns to what it was before, and nothing else changes.

Where a file is as the response left it, it becomes what it was, byte for byte. Where others have changed it since, that
is kept, as a merge does; where both changes touch, only the values are put back; where somebody has changed the values
too, the undo is refused. Reads no history: how to read and merge files is handed in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, assert_never

from ..errors import ChangedSince, EditRefused
from ..gitops.checkout import Checkout, changed_files
from ..yamledit import edit, literal_block
from ..yamledit.documents import parse
from ..yamledit.edit import RemoveValue, SetValue
from ..yamledit.values import ABSENT, Absent, Value, YamlPath, at, dotted, same
from .trailers import RecordedResponse
from .undo_record import AddedFile, AppendedItem, PreviousText, PreviousValue, RemovedDocument

Files = Mapping[PurePosixPath, bytes | None]
Read = Callable[[PurePosixPath], bytes | None]
Merge = Callable[[bytes, bytes, bytes], bytes | None]  # current, common ancestor and other; None if they touch
ValueRecord = PreviousValue | PreviousText | AppendedItem


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A commit with responses: how to read a file as of it and as of the commit before, and all its responses."""

    sha: str
    before: Read
    after: Read
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
    records = [record for response in responses for record in response.records]
    for record in reversed(records):
        if record.file in merged:
            continue
        match record:
            case AddedFile() | RemovedDocument():
                restored = _undo_file(snapshot, record.file, restored)
            case PreviousValue() | PreviousText() | AppendedItem():
                restored = _undo_value(snapshot, record, restored, force=force)
            case _:
                assert_never(record)
    return Undo(snapshot=snapshot, responses=tuple(responses), files=changed_files(checkout, restored))


def _merged_files(
    snapshot: Snapshot, responses: Sequence[RecordedResponse], checkout: Checkout, merge: Merge
) -> dict[PurePosixPath, bytes | None]:
    """Return the files that no other response of the commit edits, as they were except for what others have changed."""
    others = {
        record.file for response in snapshot.responses if response not in responses for record in response.records
    }
    merged: dict[PurePosixPath, bytes | None] = {}
    for file in {record.file for response in responses for record in response.records} - others:
        current, before, after = checkout.read(str(file)), snapshot.before(file), snapshot.after(file)
        if current == after:
            merged[file] = before
        elif current is not None and before is not None and after is not None:
            data = merge(current, after, before)
            if data is not None:
                merged[file] = data
    return merged


def _undo_file(snapshot: Snapshot, file: PurePosixPath, checkout: Checkout) -> Checkout:
    """Remove a file that the response added; put back one that it removed, if there is nothing in its place."""
    current = checkout.read(str(file))
    if current == snapshot.before(file):
        return checkout
    if current != snapshot.after(file):
        raise ChangedSince(f"{file} was changed since the response")
    return checkout.with_contents({str(file): snapshot.before(file)})


def _undo_value(snapshot: Snapshot, record: ValueRecord, checkout: Checkout, *, force: bool) -> Checkout:
    current, after = checkout.read(str(record.file)), snapshot.after(record.file)
    if current is None or after is None:
        raise ChangedSince(f"{record.file} is not there any more")
    before = snapshot.before(record.file) or b""
    match record:
        case AppendedItem():
            result = _remove_item(current, record, before, after)
        case PreviousValue() | PreviousText():
            value = _value(current, record)
            if _equal(value, record.previous):
                return checkout
            if not force and not _equal(value, _value(after, record)):
                raise ChangedSince(f"{record.file}: {_field(record)} was changed since the response")
            result = _put_back(current, record, before)
        case _:
            assert_never(record)
    return checkout.with_contents({str(record.file): result})


def _put_back(current: bytes, record: PreviousValue | PreviousText, before: bytes) -> bytes:
    document, path, previous = record.document, record.path, record.previous
    match record:
        case PreviousText(inside=inside):
            if previous is ABSENT:
                problem = f"{_field(record)} was put into a text that was changed since"
                raise EditRefused("inside-a-text", problem)
            return literal_block.apply(current, document, path, SetValue(path=inside, value=previous)).after
        case PreviousValue():
            if previous is not ABSENT:
                return edit.apply(current, document, SetValue(path=path, value=previous)).after
            parents, leave_null = _added_parents(before, document, path)
            return edit.apply(current, document, RemoveValue(path=path, parents=parents, leave_null=leave_null)).after
        case _:
            assert_never(record)


def _remove_item(current: bytes, record: AppendedItem, before: bytes, after: bytes) -> bytes:
    """Remove the item that the response appended. It is matched by value, not by index, as it may have moved.

    Nothing is removed where the list is shorter than the response left it and does not have the item.
    """
    item = at(_document(after, record.document), (*record.path, record.index))
    value = at(_document(current, record.document), record.path)
    items = value if isinstance(value, list) else []
    indexes = [index for index, other in enumerate(items) if same(other, item)]
    if not indexes and len(items) <= record.index:
        return current
    if len(indexes) != 1:
        raise ChangedSince(f"{record.file}: what the response added to {_field(record)} is not there as it was")
    path = (*record.path, indexes[0])
    parents, leave_null = _added_parents(before, record.document, path)
    return edit.apply(current, record.document, RemoveValue(path=path, parents=parents, leave_null=leave_null)).after


def _added_parents(before: bytes, document: int, path: YamlPath) -> tuple[int, bool]:
    """Return how many parents of a value the response added, and whether it put them in place of an empty value."""
    root = _document(before, document)
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


def _equal(one: Value | Absent, other: Value | Absent) -> bool:
    return same(one, other) or (one is ABSENT and other is ABSENT)


def _document(data: bytes, number: int) -> Any:
    documents = parse(data)
    return documents[number].value if number < len(documents) else None


def _field(record: ValueRecord) -> str:
    """Return the path of a record for a person."""
    match record:
        case PreviousValue():
            return dotted(record.path)
        case PreviousText():
            return dotted((*record.path, *record.inside))
        case AppendedItem():
            return dotted((*record.path, record.index))
        case _:
            assert_never(record)
