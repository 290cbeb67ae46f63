"""What each kind of placed edit does to the files, what an undo has to know of it, and how a person is told."""

from pathlib import PurePosixPath

import pytest

from responder.errors import EditRefused
from responder.gitops.checkout import Checkout, changed_files
from responder.gitops.placement.desired_edit import JsonPatch, RemoveResource
from responder.gitops.placement.placement import EditText, FileEdit, Placement, PlacementKind
from responder.plan.change import Change
from responder.plan.edits import add_file, apply_placement
from responder.plan.undo_record import (
    AddedFile,
    AddedItem,
    PreviousText,
    PreviousValue,
    RemovedDocument,
    RemovedItem,
    UndoRecord,
)
from responder.yamledit.edit import AppendItem, InsertItem, RemoveValue, SetValue
from responder.yamledit.values import ABSENT

FILE = PurePosixPath("web.yaml")
CONTENT = """\
kind: First
---
kind: Second
replicas: 2  # as many as there are zones
args: [a, b]
patch: |
  spec:
    replicas: 3
"""


def apply(edit: FileEdit, *, content: str = CONTENT, document: int = 1) -> tuple[str | None, list[Change]]:
    """Return what an edit makes of the file, None if it is removed, and the changes."""
    checkout = Checkout.from_contents({str(FILE): content.encode(), "other.yaml": b"kind: Other\n"})
    placement = Placement(file=FILE, document=document, edit=edit, kind=PlacementKind.MANIFEST)
    edited, changes = apply_placement(checkout, placement)
    assert edited.read("other.yaml") == b"kind: Other\n"
    data = edited.read(str(FILE))
    return None if data is None else data.decode(), changes


VALUE_EDITS = [
    pytest.param(
        SetValue(path=("replicas",), value=0),
        CONTENT.replace("replicas: 2", "replicas: 0"),
        PreviousValue(file=FILE, document=1, path=("replicas",), previous=2),
        "web.yaml line 4, replicas (was 2)",
        id="a value",
    ),
    pytest.param(
        SetValue(path=("suspend",), value=True),
        CONTENT + "suspend: true\n",
        PreviousValue(file=FILE, document=1, path=("suspend",), previous=ABSENT),
        "web.yaml line 9, suspend (new)",
        id="a new field",
    ),
    pytest.param(
        AppendItem(path=("args",), value="c"),
        CONTENT.replace("[a, b]", "[a, b, c]"),
        AddedItem(file=FILE, document=1, path=("args",), index=2),
        "web.yaml line 5, args.2 (new)",
        id="an item at the end",
    ),
    pytest.param(
        AppendItem(path=("names",), value="c"),
        CONTENT + "names:\n  - c\n",
        AddedItem(file=FILE, document=1, path=("names",), index=0),
        "web.yaml line 9, names.0 (new)",
        id="an item of a new list",
    ),
    pytest.param(
        InsertItem(path=("args",), index=0, value="c"),
        CONTENT.replace("[a, b]", "[c, a, b]"),
        AddedItem(file=FILE, document=1, path=("args",), index=0),
        "web.yaml line 5, args.0 (new)",
        id="an item at the beginning",
    ),
    pytest.param(
        RemoveValue(path=("args", 0)),
        CONTENT.replace("[a, b]", "[b]"),
        RemovedItem(file=FILE, document=1, path=("args",), index=0, previous="a"),
        'web.yaml line 5, args.0 (was "a")',
        id="an item that goes",
    ),
    pytest.param(
        RemoveValue(path=("args",)),
        CONTENT.replace("args: [a, b]\n", ""),
        PreviousValue(file=FILE, document=1, path=("args",), previous=["a", "b"]),
        'web.yaml line 5, args (was ["a", "b"])',
        id="a field that goes",
    ),
    pytest.param(
        EditText(path=("patch",), edit=SetValue(path=("spec", "replicas"), value=0)),
        CONTENT.replace("    replicas: 3", "    replicas: 0"),
        PreviousText(file=FILE, document=1, path=("patch",), inside=("spec", "replicas"), previous=3),
        "web.yaml line 8, patch.spec.replicas (was 3)",
        id="a value in a text",
    ),
]


@pytest.mark.parametrize(("edit", "content", "record", "description"), VALUE_EDITS)
def test_an_edit_changes_its_value_and_is_recorded(
    edit: FileEdit, content: str, record: UndoRecord, description: str
) -> None:
    result, changes = apply(edit)
    assert result == content
    assert [change.record for change in changes] == [record]
    assert [str(change) for change in changes] == [description]


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(SetValue(path=("replicas",), value=2), id="a value"),
        pytest.param(AppendItem(path=("args",), value="b"), id="an item"),
        pytest.param(EditText(path=("patch",), edit=SetValue(path=("spec", "replicas"), value=3)), id="in a text"),
        pytest.param(RemoveValue(path=("missing",)), id="a field that does not exist"),
    ],
)
def test_what_is_so_already_changes_nothing(edit: FileEdit) -> None:
    assert apply(edit) == (CONTENT, [])


def test_a_json_patch_is_applied_one_edit_after_the_other() -> None:
    patch = JsonPatch(
        operations=(
            {"op": "replace", "path": "/replicas", "value": 0},
            {"op": "add", "path": "/args/-", "value": "c"},
            {"op": "remove", "path": "/patch"},
        )
    )
    content, changes = apply(patch)
    assert content == "kind: First\n---\nkind: Second\nreplicas: 0  # as many as there are zones\nargs: [a, b, c]\n"
    assert [type(change.record).__name__ for change in changes] == ["PreviousValue", "AddedItem", "PreviousValue"]


def test_a_json_patch_begins_at_its_path() -> None:
    content = "items:\n  - replicas: 1\n  - replicas: 2\n"
    patch = JsonPatch(path=("items", 1), operations=({"op": "replace", "path": "/replicas", "value": 0},))
    edited, (change,) = apply(patch, content=content, document=0)
    assert edited == content.replace("2", "0")
    assert change.record == PreviousValue(file=FILE, document=0, path=("items", 1, "replicas"), previous=2)


def test_a_json_patch_of_an_object_that_does_not_exist_is_refused() -> None:
    patch = JsonPatch(path=("items", 1), operations=({"op": "add", "path": "/a", "value": 0},))
    with pytest.raises(EditRefused, match=r"web\.yaml has no such object \(no-such-document\)"):
        apply(patch)


@pytest.mark.parametrize(
    ("document", "content"), [(0, CONTENT.removeprefix("kind: First\n")), (1, "kind: First\n")], ids=["first", "last"]
)
def test_a_removed_document_leaves_the_others(document: int, content: str) -> None:
    edited, (change,) = apply(RemoveResource(), document=document)
    assert edited == content
    assert isinstance(change.record, RemovedDocument)
    assert change.record.document == document
    assert str(change) == f"web.yaml line {(1, 3)[document]}, removed"


def test_a_byte_order_mark_stays_when_a_document_is_removed() -> None:
    edited, _ = apply(RemoveResource(), content="\ufeffkind: First\n---\nkind: Second\n", document=0)
    assert edited == "\ufeff---\nkind: Second\n"


def test_the_file_goes_with_its_only_document() -> None:
    edited, (change,) = apply(RemoveResource(), content="kind: Pod\n", document=0)
    assert edited is None
    assert change.record == RemovedDocument(file=FILE, document=0, previous={"kind": "Pod"})


def test_a_file_that_does_not_exist_is_not_edited() -> None:
    placement = Placement(file=FILE, document=0, edit=RemoveResource(), kind=PlacementKind.MANIFEST)
    with pytest.raises(EditRefused, match="cannot be read") as refusal:
        apply_placement(Checkout.from_contents({}), placement)
    assert refusal.value.reason == "no-such-file"


def test_a_new_file_is_added_once() -> None:
    empty = Checkout.from_contents({})
    added, changes = add_file(empty, FILE, b"kind: New\n")
    assert changed_files(empty, added) == {FILE: b"kind: New\n"}
    assert changes == [Change(record=AddedFile(file=FILE), line=1)]
    assert str(changes[0]) == "web.yaml (new)"
    assert add_file(added, FILE, b"kind: New\n") == (added, [])


def test_a_new_file_does_not_replace_another() -> None:
    checkout = Checkout.from_contents({str(FILE): b"kind: Old\n"})
    with pytest.raises(EditRefused, match="other content"):
        add_file(checkout, FILE, b"kind: New\n")
