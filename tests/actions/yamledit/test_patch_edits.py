"""The single edits that a JSON patch means, and whether a value is already as the patch would leave it."""

from typing import Any

import pytest

from responder.errors import PatchFailed
from responder.yamledit import json_patch
from responder.yamledit.edit import InsertItem, RemoveValue, SetValue

VALUE: dict[str, Any] = {"a": [1, 2, 3], "b": [], "m": {"x": 1}, "e": None, "t": "hello", "l": [{"k": 1}]}

Operations = list[dict[str, Any]]


def test_a_patch_is_single_edits_each_for_the_value_that_the_edits_before_it_leave() -> None:
    operations: Operations = [
        {"op": "test", "path": "/t", "value": "hello"},
        {"op": "move", "from": "/a/0", "path": "/b/-"},
        {"op": "replace", "path": "/a/0", "value": 9},
        {"op": "add", "path": "/a/1", "value": 8},
        {"op": "remove", "path": "/b/0"},
    ]
    assert json_patch.edits(VALUE, operations) == [
        RemoveValue(path=("a", 0)),
        InsertItem(path=("b",), index=0, value=1),
        SetValue(path=("a", 0), value=9),
        InsertItem(path=("a",), index=1, value=8),
        RemoveValue(path=("b", 0)),
    ]


def test_an_item_that_is_a_mapping_is_exchanged_for_the_new_one() -> None:
    assert json_patch.edits({"a": [{"k": 1}]}, [{"op": "replace", "path": "/a/0", "value": {"k": 2}}]) == [
        InsertItem(path=("a",), index=0, value={"k": 2}),
        RemoveValue(path=("a", 1)),
    ]


def test_a_whole_manifest_is_not_edited_by_a_patch() -> None:
    with pytest.raises(PatchFailed, match="a whole manifest is not changed by a patch"):
        json_patch.edits(VALUE, [{"op": "replace", "path": "", "value": {}}])


TEST_ITEM = {"op": "test", "path": "/a/0", "value": 9}


@pytest.mark.parametrize(
    ("operations", "in_place"),
    [
        pytest.param([{"op": "add", "path": "/m/x", "value": 1}], True, id="field that has the value"),
        pytest.param([{"op": "add", "path": "/m/x", "value": True}], False, id="field with a value of another type"),
        pytest.param([{"op": "replace", "path": "/n", "value": 1}], False, id="field that is missing"),
        pytest.param([{"op": "add", "path": "/a/0", "value": 3}], True, id="item that the list has at another index"),
        pytest.param([{"op": "add", "path": "/a/-", "value": 4}], False, id="item that the list lacks"),
        pytest.param([{"op": "remove", "path": "/n"}], True, id="field that is gone"),
        pytest.param([{"op": "remove", "path": "/a/0"}], False, id="there is an item to remove"),
        pytest.param([{"op": "remove", "path": "/a/3"}], True, id="no item has the index"),
        pytest.param([TEST_ITEM, {"op": "remove", "path": "/a/0"}], True, id="the tested item is gone"),
        pytest.param([TEST_ITEM | {"value": 2}, {"op": "remove", "path": "/a/0"}], False, id="it has moved"),
        pytest.param(
            [{"op": "test", "path": "/l/0/k", "value": 2}, {"op": "remove", "path": "/l/0"}],
            True,
            id="no item has the tested field",
        ),
        pytest.param(
            [{"op": "test", "path": "/l/1/k", "value": 1}, {"op": "remove", "path": "/l/1"}],
            False,
            id="another item has the tested field",
        ),
        pytest.param([{"op": "move", "from": "/n", "path": "/t"}], True, id="field that was moved"),
        pytest.param([{"op": "move", "from": "/n", "path": "/o"}], False, id="field that is nowhere"),
        pytest.param([{"op": "move", "from": "/a/0", "path": "/b/-"}], False, id="there is an item to move"),
        pytest.param(
            [TEST_ITEM | {"path": "/b/0", "value": 3}, {"op": "move", "from": "/b/0", "path": "/a/-"}],
            True,
            id="the tested item was moved",
        ),
        pytest.param([{"op": "copy", "from": "/m/x", "path": "/a/-"}], True, id="item that was copied from a field"),
        pytest.param([{"op": "copy", "from": "/a/0", "path": "/a/-"}], False, id="a copy in the same list is one more"),
        pytest.param([{"op": "copy", "from": "/n", "path": "/o"}], False, id="there is nothing to copy"),
        pytest.param([{"op": "test", "path": "/t", "value": "hello"}], True, id="a test that passes changes nothing"),
        pytest.param([{"op": "test", "path": "/t", "value": "x"}], False, id="a test that fails"),
        pytest.param(
            [{"op": "test", "path": "/t", "value": "x"}, {"op": "replace", "path": "/t", "value": "hello"}],
            True,
            id="the test was for the value before",
        ),
        pytest.param(
            [{"op": "add", "path": "/m/x", "value": 1}, {"op": "remove", "path": "/a/0"}], False, id="one of two is not"
        ),
    ],
)
def test_a_patch_is_in_place_if_the_value_is_as_it_would_leave_it(operations: Operations, in_place: bool) -> None:
    assert json_patch.is_in_place(VALUE, operations) is in_place
