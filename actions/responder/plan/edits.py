"""Applies placed edits to a checkout in memory, and records what an undo of each has to know.

Does not decide where an edit belongs, and writes no file.
"""

from dataclasses import replace
from pathlib import PurePosixPath
from typing import assert_never

from ..errors import EditRefused, NotYaml
from ..gitops.checkout import Checkout
from ..gitops.placement.desired_edit import JsonPatch, RemoveResource
from ..gitops.placement.placement import EditText, Placement
from ..yamledit import editor, json_patch, literal_block
from ..yamledit.documents import decode, parse
from ..yamledit.edit import AppendItem, Edit, EditedFile, InsertItem, RemoveValue, SetValue
from ..yamledit.values import ABSENT, at
from .change import Change
from .undo_record import (
    AddedFile,
    AddedItem,
    PreviousText,
    PreviousValue,
    RemovedDocument,
    RemovedItem,
    UndoRecord,
)

ValueEdit = Edit | EditText


def apply_placement(checkout: Checkout, placement: Placement) -> tuple[Checkout, list[Change]]:
    """Return the checkout with the edit in it, and its changes; none where everything is already so.

    Raise EditRefused or NotYaml, about the file of the placement.
    """
    file = str(placement.file)
    data = checkout.read(file)
    if data is None:
        raise EditRefused("no-such-file", f"{file} cannot be read")
    try:
        decode(data)
    except NotYaml as error:
        raise NotYaml(f"{file}: {error}", line=error.line) from error
    match placement.edit:
        case JsonPatch() as patch:
            return _apply_patch(checkout, placement, patch, data)
        case RemoveResource():
            return _remove_document(checkout, placement, data)
        case SetValue() | AppendItem() | InsertItem() | RemoveValue() | EditText() as value_edit:
            result = _edit_value(data, placement.document, value_edit)
            if result.content == result.original:
                return checkout, []
            change = Change(record=_record(data, placement, value_edit, result), line=result.line)
            return checkout.with_contents({file: result.content}), [change]
        case _:
            assert_never(placement.edit)


def add_file(checkout: Checkout, file: PurePosixPath, data: bytes) -> tuple[Checkout, list[Change]]:
    """Return the checkout with a new file, and the change; none where the file has this content. Raise EditRefused."""
    current = checkout.read(str(file))
    if current == data:
        return checkout, []
    if current is not None:
        raise EditRefused("file-exists", f"{file} is there already, with other content")
    return checkout.with_contents({str(file): data}), [Change(record=AddedFile(file=file), line=1)]


def _edit_value(data: bytes, document: int, value_edit: ValueEdit) -> EditedFile:
    match value_edit:
        case SetValue() | AppendItem() | InsertItem() | RemoveValue():
            return editor.apply(data, document, value_edit)
        case EditText():
            return literal_block.apply(data, document, value_edit.path, value_edit.edit)
        case _:
            assert_never(value_edit)


def _record(data: bytes, placement: Placement, value_edit: ValueEdit, result: EditedFile) -> UndoRecord:
    file, document, path = placement.file, placement.document, value_edit.path
    match value_edit:
        case RemoveValue(path=(*parents, int(index))) if result.previous is not ABSENT:
            return RemovedItem(file=file, document=document, path=tuple(parents), index=index, previous=result.previous)
        case SetValue() | RemoveValue():
            return PreviousValue(file=file, document=document, path=path, previous=result.previous)
        case InsertItem(index=index):
            return AddedItem(file=file, document=document, path=path, index=index)
        case AppendItem():
            items = at(parse(data)[document].value, path)
            index = len(items) if isinstance(items, list) else 0
            return AddedItem(file=file, document=document, path=path, index=index)
        case EditText(edit=inner):
            return PreviousText(file=file, document=document, path=path, inside=inner.path, previous=result.previous)
        case _:
            assert_never(value_edit)


def _apply_patch(
    checkout: Checkout, placement: Placement, patch: JsonPatch, data: bytes
) -> tuple[Checkout, list[Change]]:
    """Apply each single edit that a JSON patch means, one after the other."""
    value = at(parse(data)[placement.document].value, patch.path)
    if value is ABSENT:
        raise EditRefused("no-such-document", f"{placement.file} has no such object")
    changes: list[Change] = []
    for value_edit in json_patch.edits(value, patch.changing_operations):
        deeper = replace(value_edit, path=(*patch.path, *value_edit.path))
        checkout, new_changes = apply_placement(checkout, replace(placement, edit=deeper))
        changes += new_changes
    return checkout, changes


def _remove_document(checkout: Checkout, placement: Placement, data: bytes) -> tuple[Checkout, list[Change]]:
    """Remove a whole document, and the file where it is the only one."""
    file, documents = str(placement.file), parse(data)
    document = documents[placement.document]
    content: bytes | None = None
    if len(documents) > 1:
        text, mark = decode(data)
        content = (mark + text[: document.start] + text[document.end :]).encode()
        remaining = [other.value for other in documents if other is not document]
        if [other.value for other in parse(content)] != remaining:
            raise EditRefused("verification", f"{file}: taking the document out would change another one")
    record = RemovedDocument(file=placement.file, document=placement.document, previous=document.value)
    return checkout.with_contents({file: content}), [Change(record=record, line=document.line)]
