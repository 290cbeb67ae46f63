"""Makes a placed edit: from the files as they are to the files as they shall be, and what it takes to undo it. Pure."""

import json
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from ..errors import EditRefused
from ..gitops.checkout import Checkout
from ..gitops.placement.placement import Placement
from ..yamledit import edit, json_patch, literal_block
from ..yamledit.documents import Value, decode, parse
from ..yamledit.edit import AppendItem, EditedFile, RemoveValue, SetValue
from ..yamledit.values import ABSENT, Absent, YamlPath, at


@dataclass(frozen=True, kw_only=True)
class Change:
    """One edit of one file; `line` counts from 1 in the file as it is now.

    `path` leads to the value in the document; with `inside`, the value is a text of YAML and that leads on in it.
    `previous` is ABSENT for what was not there; an appended item has its index at the end of the path.
    """

    file: PurePosixPath
    document: int
    path: YamlPath
    inside: YamlPath | None
    line: int
    previous: Value | Absent
    value: Value

    def __str__(self) -> str:
        if not self.path:
            return f"{self.file} (new)" if self.previous is ABSENT else f"{self.file} line {self.line}, removed"
        field = ".".join(map(str, (*self.path, *(self.inside or ()))))
        was = "new" if self.previous is ABSENT else f"was {json.dumps(self.previous)}"
        return f"{self.file} line {self.line}, {field} ({was})"


def make(checkout: Checkout, placement: Placement) -> tuple[Checkout, list[Change]]:
    """The checkout with the edit made, and the changes; none where nothing was to be done.

    Raises EditRefused or NotYaml, about the file of the placement.
    """
    file = str(placement.file)
    before = checkout.read(file)
    if before is None:
        raise EditRefused("no-such-file", f"{file} cannot be read")
    if placement.operations:
        return _operated(checkout, placement, before)
    if not placement.keys:
        return _without(checkout, placement, before)
    return _edited(checkout, placement, before)


def _operated(checkout: Checkout, placement: Placement, before: bytes) -> tuple[Checkout, list[Change]]:
    """The checkout with a JSON patch done to a manifest: an edit for each single thing that it means."""
    document = parse(before)[placement.document]
    value = at(document.value, placement.keys)
    if value is ABSENT:
        raise EditRefused("no-such-document", f"{placement.file} has no such object")
    made: list[Change] = []
    for single in json_patch.edits(value, placement.operations):
        step = replace(
            placement, keys=(*placement.keys, *single.path), value=single.value, operations=(),
            append=single.kind is json_patch.Kind.APPEND,
        )  # fmt: skip
        data = checkout.read(str(placement.file)) or b""
        if single.kind is json_patch.Kind.REMOVE:
            checkout, changes = _emptied(checkout, step, data)
        else:
            checkout, changes = _edited(checkout, step, data)
        made += changes
    return checkout, made


def _edited(checkout: Checkout, placement: Placement, before: bytes) -> tuple[Checkout, list[Change]]:
    """The checkout with a value set or appended."""
    done = _edit(before, placement)
    if done.after == done.before:
        return checkout, []
    path, previous = placement.keys, done.previous
    if placement.append:
        path, previous = (*path, _length(before, placement)), ABSENT
    return _with(checkout, placement, done, path, previous)


def _emptied(checkout: Checkout, placement: Placement, before: bytes) -> tuple[Checkout, list[Change]]:
    """The checkout with a value taken out."""
    done = edit.apply(before, placement.document, RemoveValue(path=placement.keys))
    return _with(checkout, placement, done, placement.keys, done.previous)


def _with(
    checkout: Checkout, placement: Placement, done: EditedFile, path: YamlPath, previous: Value | Absent
) -> tuple[Checkout, list[Change]]:
    change = Change(
        file=placement.file, document=placement.document, path=path, inside=placement.inside, line=done.line,
        previous=previous, value=placement.value,
    )  # fmt: skip
    return replace(checkout, manifests={**checkout.manifests, str(placement.file): done.after}), [change]


def add(checkout: Checkout, file: PurePosixPath, data: bytes) -> tuple[Checkout, list[Change]]:
    """The checkout with a file that it does not have yet, or has with this content. Raises EditRefused."""
    there = checkout.read(str(file))
    if there == data:
        return checkout, []
    if there is not None:
        raise EditRefused("file-exists", f"{file} is there already, with other content")
    change = Change(file=file, document=0, path=(), inside=None, line=1, previous=ABSENT, value=parse(data)[0].value)
    return replace(checkout, manifests={**checkout.manifests, str(file): data}), [change]


def _without(checkout: Checkout, placement: Placement, before: bytes) -> tuple[Checkout, list[Change]]:
    """The checkout without a whole document, and without the file where it is the only one."""
    file, documents = str(placement.file), parse(before)
    gone = documents[placement.document]
    text, mark = decode(before)
    rest = {path: data for path, data in checkout.manifests.items() if path != file}
    if len(documents) > 1:
        after = (mark + text[: gone.start] + text[gone.end :]).encode()
        if [each.value for each in parse(after)] != [each.value for each in documents if each is not gone]:
            raise EditRefused("verification", f"{file}: taking the document out would change another one")
        rest[file] = after
    change = Change(
        file=placement.file, document=placement.document, path=(), inside=None, line=gone.line, previous=gone.value,
        value=None,
    )  # fmt: skip
    return replace(checkout, manifests=rest), [change]


def _edit(before: bytes, placement: Placement) -> EditedFile:
    if placement.inside is not None:
        inner = SetValue(path=placement.inside, value=placement.value)
        return literal_block.apply(before, placement.document, placement.keys, inner)
    if placement.append:
        return edit.apply(before, placement.document, AppendItem(path=placement.keys, value=placement.value))
    return edit.apply(before, placement.document, SetValue(path=placement.keys, value=placement.value))


def _length(before: bytes, placement: Placement) -> int:
    """How many items the list had."""
    value = parse(before)[placement.document].value
    for key in placement.keys:
        value = value.get(key) if isinstance(value, dict) and isinstance(key, str) else None
    return len(value) if isinstance(value, list) else 0
