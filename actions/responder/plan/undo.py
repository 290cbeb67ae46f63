"""Takes responses of one commit back: each value returns to what it was before, and nothing else changes. Pure.

Where a file is as the response left it, it becomes what it was, byte for byte. Where others have changed it since, that
is kept, as a merge does; where the changes touch, the values alone are put back; and where somebody has changed the
values too, that is refused.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from ..errors import ChangedSince, EditRefused
from ..gitops.checkout import Checkout, changed_files
from ..yamledit import edit, literal_block
from ..yamledit.documents import parse
from ..yamledit.edit import RemoveValue, SetValue
from ..yamledit.values import ABSENT, Absent, Value, YamlPath, at, same
from .trailers import Previous, Recorded

Files = Mapping[PurePosixPath, bytes | None]
Read = Callable[[PurePosixPath], bytes | None]
Merge = Callable[[bytes, bytes, bytes], bytes | None]  # current, common ancestor and other; None if they touch


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A commit that made responses: how to read a file as of it and as of the one before, and all that it did."""

    sha: str
    before: Read
    after: Read
    responses: tuple[Recorded, ...]


@dataclass(frozen=True, kw_only=True)
class Undo:
    """What is restored and the new content of the files that change, None for one that goes; no files: in place."""

    snapshot: Snapshot
    responses: tuple[Recorded, ...]
    files: Files


def undo(
    snapshot: Snapshot, responses: Sequence[Recorded], checkout: Checkout, *, merge: Merge, force: bool = False
) -> Undo:
    """The undo of some responses of a commit in the checkout as it is now, all of them or none.

    Raises ChangedSince where somebody has changed a value since, unless `force`; EditRefused and NotYaml.
    """
    now = checkout
    merged = _merged(snapshot, responses, checkout, merge)
    for file, data in merged.items():
        now = _write(now, file, data)
    for previous in [each for response in responses for each in response.previous][::-1]:
        if previous.file not in merged:
            now = _back(snapshot, previous, now, force=force)
    return Undo(snapshot=snapshot, responses=tuple(responses), files=changed_files(checkout, now))


def _merged(
    snapshot: Snapshot, responses: Sequence[Recorded], checkout: Checkout, merge: Merge
) -> dict[PurePosixPath, bytes | None]:
    """The files that no other response of the commit has to do with, as they were but for what others have changed."""
    kept = [each for each in snapshot.responses if each not in responses]
    others = {previous.file for response in kept for previous in response.previous}
    found: dict[PurePosixPath, bytes | None] = {}
    for file in {previous.file for response in responses for previous in response.previous} - others:
        now, old, new = checkout.read(str(file)), snapshot.before(file), snapshot.after(file)
        if now == new:
            found[file] = old
        elif now is not None and old is not None and new is not None and (data := merge(now, new, old)) is not None:
            found[file] = data
    return found


def _back(snapshot: Snapshot, previous: Previous, now: Checkout, *, force: bool) -> Checkout:
    """The checkout with one value as it was."""
    data, old, new = now.read(str(previous.file)), snapshot.before(previous.file), snapshot.after(previous.file)
    if not previous.path:
        return _whole_document(previous, now, old, new)
    if data is None or new is None:
        raise ChangedSince(f"{previous.file} is not there any more")
    current = _value(data, previous)
    if _equal(current, previous.value):
        return now
    if not force and not _equal(current, _value(new, previous)) and not _is_item(new, previous):
        raise ChangedSince(f"{previous.file}: {_dotted(previous)} was changed since the response")
    return _write(now, previous.file, _edited(data, previous, old, new))


def _whole_document(previous: Previous, now: Checkout, old: bytes | None, new: bytes | None) -> Checkout:
    """A file that the response made goes; one that it took out comes back, if nothing is in its place."""
    data = now.read(str(previous.file))
    if data == old:
        return now
    if data != new:
        raise ChangedSince(f"{previous.file} was changed since the response")
    return _write(now, previous.file, old)


def _edited(data: bytes, previous: Previous, old: bytes | None, new: bytes) -> bytes:
    if previous.inside is not None:
        if previous.value is ABSENT:
            raise EditRefused("inside-a-text", f"{_dotted(previous)} was put into a text that was changed since")
        inner = SetValue(path=previous.inside, value=previous.value)
        return literal_block.apply(data, previous.document, previous.path, inner).after
    if previous.value is not ABSENT:
        return edit.apply(data, previous.document, SetValue(path=previous.path, value=previous.value)).after
    path = _place(data, previous, new)
    parents, null = _made(old, previous.document, path)
    return edit.apply(data, previous.document, RemoveValue(path=path, parents=parents, leave_null=null)).after


def _place(data: bytes, previous: Previous, new: bytes) -> YamlPath:
    """Where that is now which the response put there: an item of a list is known by what it says."""
    if not isinstance(previous.path[-1], int):
        return previous.path
    item, items = _value(new, previous), at(_document(data, previous.document), previous.path[:-1])
    places = [place for place, each in enumerate(items) if same(each, item)] if isinstance(items, list) else []
    if len(places) != 1:
        raise ChangedSince(f"{previous.file}: what the response added to {_dotted(previous)} is not there as it was")
    return (*previous.path[:-1], places[0])


def _is_item(new: bytes, previous: Previous) -> bool:
    """Whether the response added an item to a list, which may have moved since."""
    return isinstance(previous.path[-1], int) and previous.value is ABSENT and _value(new, previous) is not ABSENT


def _made(old: bytes | None, document: int, path: YamlPath) -> tuple[int, bool]:
    """How many of the parents the response had to make, and whether it put them in the place of an empty value."""
    before = _document(old or b"", document)
    missing = [length for length in range(1, len(path)) if at(before, path[:length]) in (ABSENT, None)]
    first = path[: missing[0]] if missing else path
    filled = bool(missing) and at(before, first) is None
    return len(path) - len(first) - (1 if filled else 0) if missing else 0, filled


def _value(data: bytes, previous: Previous) -> Value | Absent:
    found = at(_document(data, previous.document), previous.path)
    if previous.inside is None or not isinstance(found, str):
        return found
    return at(_document(found.encode(), 0), previous.inside)


def _equal(one: Value | Absent, other: Value | Absent) -> bool:
    return same(one, other) or (one is ABSENT and other is ABSENT)


def _document(data: bytes, number: int) -> Any:
    documents = parse(data)
    return documents[number].value if number < len(documents) else None


def _write(checkout: Checkout, file: PurePosixPath, data: bytes | None) -> Checkout:
    rest = {path: each for path, each in checkout.manifests.items() if path != str(file)}
    return replace(checkout, manifests=rest if data is None else {**rest, str(file): data})


def _dotted(previous: Previous) -> str:
    return ".".join(map(str, (*previous.path, *(previous.inside or ()))))
