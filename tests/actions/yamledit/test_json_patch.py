"""What JSON patches make of values: as RFC 6902 says, and as the package `jsonpatch` does."""

import copy
import json
from typing import Any

import jsonpatch
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder.errors import PatchFailed
from responder.yamledit import json_patch
from tests.soak import examples

VALUE: dict[str, Any] = {"a": [1, 2, 3], "b": [], "m": {"x": 1}, "e": None, "t": "hello", "l": [{"k": 1}]}

Operations = list[dict[str, Any]]


@pytest.mark.parametrize(
    ("operations", "changed"),
    [
        pytest.param([{"op": "add", "path": "/m/y", "value": 2}], {"m": {"x": 1, "y": 2}}, id="add a member"),
        pytest.param([{"op": "add", "path": "/t", "value": 2}], {"t": 2}, id="add over a member"),
        pytest.param([{"op": "add", "path": "/a/0", "value": 9}], {"a": [9, 1, 2, 3]}, id="add first"),
        pytest.param([{"op": "add", "path": "/a/3", "value": 9}], {"a": [1, 2, 3, 9]}, id="add at the end by index"),
        pytest.param(
            [{"op": "add", "path": "/a/-", "value": 3}], {"a": [1, 2, 3, 3]}, id="add an equal item at the end"
        ),
        pytest.param([{"op": "remove", "path": "/a/0"}], {"a": [2, 3]}, id="remove an item"),
        pytest.param([{"op": "remove", "path": "/a/0"}, {"op": "remove", "path": "/a/0"}], {"a": [3]}, id="remove two"),
        pytest.param([{"op": "replace", "path": "/a/1", "value": 9}], {"a": [1, 9, 3]}, id="replace an item"),
        pytest.param([{"op": "replace", "path": "/e", "value": 9}], {"e": 9}, id="replace null"),
        pytest.param([{"op": "move", "from": "/a/0", "path": "/a/2"}], {"a": [2, 3, 1]}, id="move an item in its list"),
        pytest.param([{"op": "move", "from": "/a/0", "path": "/b/-"}], {"a": [2, 3], "b": [1]}, id="move to another"),
        pytest.param([{"op": "move", "from": "/a/0", "path": "/a/0"}], {}, id="move to where it is"),
        pytest.param(
            [{"op": "copy", "from": "/m", "path": "/m/y"}], {"m": {"x": 1, "y": {"x": 1}}}, id="copy into itself"
        ),
        pytest.param([{"op": "copy", "from": "/a/0", "path": "/a/-"}], {"a": [1, 2, 3, 1]}, id="copy an item"),
        pytest.param([{"op": "test", "path": "/m/x", "value": 1.0}], {}, id="numbers are equal by their value"),
        pytest.param([{"op": "add", "path": "/m/a~1b", "value": 1}], {"m": {"x": 1, "a/b": 1}}, id="escaped slash"),
        pytest.param([{"op": "add", "path": "/m/~01", "value": 1}], {"m": {"x": 1, "~1": 1}}, id="escaped tilde"),
        pytest.param([{"op": "add", "path": "/m/", "value": 1}], {"m": {"x": 1, "": 1}}, id="empty key"),
        pytest.param([{"op": "add", "path": "/m/0", "value": 1}], {"m": {"x": 1, "0": 1}}, id="number as a key"),
    ],
)
def test_operations_are_applied_as_the_rfc_says(operations: Operations, changed: dict[str, Any]) -> None:
    original = copy.deepcopy(VALUE)
    assert json_patch.apply(original, operations) == VALUE | changed
    assert original == VALUE, "the argument stays as it is"


def test_the_root_can_be_replaced() -> None:
    assert json_patch.apply(VALUE, [{"op": "replace", "path": "", "value": [1]}]) == [1]
    assert json_patch.apply(VALUE, [{"op": "move", "from": "/m", "path": ""}]) == {"x": 1}


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        pytest.param({"op": "add", "path": "/a/4", "value": 1}, "the list has 3 items", id="behind the end"),
        pytest.param({"op": "add", "path": "/a/01", "value": 1}, "01 is no index of a list", id="leading zero"),
        pytest.param({"op": "add", "path": "/a/-1", "value": 1}, "-1 is no index of a list", id="negative index"),
        pytest.param({"op": "add", "path": "/a/\u0661", "value": 1}, "\u0661 is no index of a list", id="Arabic digit"),
        pytest.param({"op": "add", "path": f"/a/{'9' * 5000}", "value": 1}, "the list has 3 items", id="5000 digits"),
        pytest.param({"op": "remove", "path": "/a/-"}, "- is no index of a list", id="remove behind the end"),
        pytest.param({"op": "remove", "path": "/a/3"}, "the list has 3 items", id="remove an item that is missing"),
        pytest.param({"op": "remove", "path": "/n"}, "there is no such field", id="remove a field that is missing"),
        pytest.param({"op": "remove", "path": ""}, "the whole value cannot be removed", id="remove the root"),
        pytest.param(
            {"op": "replace", "path": "/n", "value": 1}, "there is no such field", id="replace a missing field"
        ),
        pytest.param({"op": "add", "path": "/n/x", "value": 1}, "the way there does not exist", id="missing parent"),
        pytest.param({"op": "add", "path": "/t/x", "value": 1}, "the way there does not exist", id="text as a parent"),
        pytest.param({"op": "test", "path": "/m/x", "value": True}, "the value is another one", id="1 is not true"),
        pytest.param({"op": "test", "path": "/n", "value": None}, "there is no such field", id="missing is not null"),
        pytest.param({"op": "move", "from": "/n", "path": "/o"}, "there is nothing to move", id="nothing to move"),
        pytest.param({"op": "move", "from": "/a/0", "path": "/a/0/x"}, "moved into itself", id="move into itself"),
        pytest.param({"op": "copy", "from": "/n", "path": "/o"}, "there is nothing to copy", id="nothing to copy"),
        pytest.param({"op": "add", "path": "/n"}, "it has no `value`", id="no value"),
        pytest.param({"op": "add", "value": 1}, "it has no `path`", id="no path"),
        pytest.param({"op": "move", "path": "/n"}, "it has no `from`", id="no source"),
        pytest.param({"op": "add", "path": "n", "value": 1}, "it is no JSON pointer", id="no slash"),
        pytest.param({"op": "add", "path": "/~2", "value": 1}, "it is no JSON pointer", id="unknown escape"),
        pytest.param({"op": "frob", "path": "/a"}, "no operation of RFC 6902", id="unknown operation"),
        pytest.param("x", "it is no operation", id="text"),
    ],
)
def test_an_operation_that_does_not_apply_fails_the_patch(operation: Any, reason: str) -> None:
    with pytest.raises(PatchFailed, match=reason):
        json_patch.apply(VALUE, [operation])


# Few keys and short lists, so that many of the generated pointers lead somewhere.
KEYS = st.sampled_from(["a", "b", "0", "", "a/b", "m~n"])
SCALARS = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from([1.0, 0.5, "x"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=3) | st.lists(VALUES, max_size=3)
TOKENS = st.sampled_from(["a", "b", "0", "1", "2", "3", "-", "01", "-1", "", "a~1b", "m~0n", "~2", "\u0661"])


def pointers(value: Any) -> list[str]:
    """Return the pointers to a value and to all values in it."""
    if isinstance(value, dict):
        pairs = [(key.replace("~", "~0").replace("/", "~1"), member) for key, member in value.items()]
    else:
        pairs = [(str(index), item) for index, item in enumerate(value)] if isinstance(value, list) else []
    return ["", *(f"/{step}{pointer}" for step, member in pairs for pointer in pointers(member))]


@st.composite
def patches(draw: st.DrawFn, document: Any) -> Operations:
    """Draw a few operations; about half of their pointers lead to something in the document."""

    def pointer() -> str:
        start = draw(st.sampled_from(pointers(document)))
        return start + "".join(f"/{token}" for token in draw(st.lists(TOKENS, max_size=1)))

    operations: Operations = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]))
        operation: dict[str, Any] = {"op": kind, "path": pointer()}
        if kind in ("move", "copy"):
            operation["from"] = pointer()
        elif kind != "remove":
            operation["value"] = draw(VALUES)
        operations.append(operation)
    return operations


def outcome(apply: Any, value: Any, operations: Operations) -> str:
    """Return the patched value as JSON, which tells true from 1; a patch that fails has no value."""
    try:
        return json.dumps(apply(value, operations), sort_keys=True)
    except (PatchFailed, jsonpatch.JsonPatchException, jsonpatch.JsonPointerException):
        return "fails"


@settings(max_examples=examples(600))
@given(data=st.data(), document=DOCUMENTS)
def test_patches_do_what_the_package_jsonpatch_does(data: st.DataObject, document: Any) -> None:
    operations = data.draw(patches(document))
    original = json.dumps([document, operations])
    assert outcome(json_patch.apply, document, operations) == outcome(jsonpatch.apply_patch, document, operations)
    assert json.dumps([document, operations]) == original, "the arguments stay as they are"
