"""What each kind of edit makes of an object, and when the object is so already."""

from typing import Any

import pytest

from responder.gitops.placement.desired_edit import (
    DesiredEdit,
    JsonPatch,
    RemoveResource,
    below,
    changed_paths,
    edited,
    is_fulfilled,
)
from responder.yamledit.edit import AppendItem, SetValue
from responder.yamledit.values import YamlPath
from tests.actions.plan.targets import target

REPLICAS = ("spec", "replicas")
OPERATION = {"op": "replace", "path": "/spec/replicas", "value": 0}


@pytest.mark.parametrize(
    ("edit", "spec", "expected"),
    [
        pytest.param(SetValue(path=REPLICAS, value=0), {"replicas": 0}, True, id="the value"),
        pytest.param(SetValue(path=REPLICAS, value=0), {"replicas": 2}, False, id="another value"),
        pytest.param(SetValue(path=REPLICAS, value=0), {}, False, id="no value"),
        pytest.param(SetValue(path=REPLICAS, value=0), {"replicas": False}, False, id="false is not 0"),
        pytest.param(SetValue(path=REPLICAS, value=True), {"replicas": 1}, False, id="1 is not true"),
        pytest.param(AppendItem(path=("spec", "args"), value="a"), {"args": ["b", "a"]}, True, id="an item"),
        pytest.param(AppendItem(path=("spec", "args"), value="a"), {"args": ["b"]}, False, id="another item"),
        pytest.param(AppendItem(path=("spec", "args"), value="a"), {"args": "a"}, False, id="no list"),
        pytest.param(JsonPatch(operations=(OPERATION,)), {"replicas": 0}, True, id="a patch that changes nothing"),
        pytest.param(JsonPatch(operations=(OPERATION,)), {"replicas": 2}, False, id="a patch that changes something"),
        pytest.param(RemoveResource(), {}, False, id="an object that exists"),
    ],
)
def test_an_edit_is_fulfilled_if_it_would_change_nothing(
    edit: DesiredEdit, spec: dict[str, Any], expected: bool
) -> None:
    assert is_fulfilled(edit, target("Deployment", spec).object.resource) is expected


@pytest.mark.parametrize(
    ("edit", "content"),
    [
        pytest.param(SetValue(path=REPLICAS, value=0), {"spec": {"replicas": 0, "args": ["a"]}}, id="a value"),
        pytest.param(
            SetValue(path=("metadata", "labels", "a"), value="b"),
            {"spec": {"replicas": 2, "args": ["a"]}, "metadata": {"labels": {"a": "b"}}},
            id="a new field",
        ),
        pytest.param(
            AppendItem(path=("spec", "args"), value="b"), {"spec": {"replicas": 2, "args": ["a", "b"]}}, id="an item"
        ),
        pytest.param(JsonPatch(operations=(OPERATION,)), {"spec": {"replicas": 0, "args": ["a"]}}, id="a patch"),
        pytest.param(RemoveResource(), None, id="removal"),
    ],
)
def test_the_content_of_the_object_becomes_the_edited_one(edit: DesiredEdit, content: dict[str, Any] | None) -> None:
    original = {"spec": {"replicas": 2, "args": ["a"]}}
    assert edited(edit, original) == content
    assert original == {"spec": {"replicas": 2, "args": ["a"]}}


@pytest.mark.parametrize(
    ("edit", "paths"),
    [
        (SetValue(path=REPLICAS, value=0), (REPLICAS,)),
        (AppendItem(path=("spec", "args"), value="b"), (("spec", "args"),)),
        (JsonPatch(operations=(OPERATION, {"op": "remove", "path": "/a~1b"})), (REPLICAS, ("a/b",))),
        (RemoveResource(), ()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_changed_paths_are_those_of_the_edit(edit: DesiredEdit, paths: tuple[YamlPath, ...]) -> None:
    assert changed_paths(edit) == paths


def test_the_edit_of_an_item_begins_at_the_item() -> None:
    assert below(("items", 1), SetValue(path=REPLICAS, value=0)) == SetValue(path=("items", 1, *REPLICAS), value=0)
    assert below(("items", 1), JsonPatch(operations=(OPERATION,))) == JsonPatch(
        path=("items", 1), operations=(OPERATION,)
    )
