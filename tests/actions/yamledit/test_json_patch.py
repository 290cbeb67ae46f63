"""What JSON patches make of values: as RFC 6902 says, as the package `jsonpatch` does, and as Kustomize does."""

import copy
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonpatch
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from responder.errors import PatchFailed
from responder.yamledit import json_patch
from responder.yamledit.edit import InsertItem, RemoveValue, SetValue
from responder.yamledit.json_patch import Dialect
from tests.soak import examples

KUSTOMIZE = shutil.which("kustomize")
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
    before = copy.deepcopy(VALUE)
    assert json_patch.apply(before, operations) == VALUE | changed
    assert before == VALUE, "the argument stays as it is"


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
    before = json.dumps([document, operations])
    assert outcome(json_patch.apply, document, operations) == outcome(jsonpatch.apply_patch, document, operations)
    assert json.dumps([document, operations]) == before, "the arguments stay as they are"


KUSTOMIZED: list[Operations] = [
    [{"op": "remove", "path": "/spec/a/0"}],
    [{"op": "remove", "path": "/spec/a/3"}],
    [{"op": "remove", "path": "/spec/a/-1"}],
    [{"op": "remove", "path": "/spec/a/-4"}],
    [{"op": "remove", "path": "/spec/a/-"}],
    [{"op": "remove", "path": "/spec/a/00"}],
    [{"op": "remove", "path": "/spec/a/+1"}],
    [{"op": "remove", "path": "/spec/missing"}],
    [{"op": "remove", "path": "/spec/missing/x"}],
    [{"op": "remove", "path": "/spec/e"}],
    [{"op": "remove", "path": ""}],
    [{"op": "add", "path": "/spec/missing/x", "value": 1}],
    [{"op": "add", "path": "/spec/a/1", "value": 9}],
    [{"op": "add", "path": "/spec/a/01", "value": 9}],
    [{"op": "add", "path": "/spec/a/3", "value": 9}],
    [{"op": "add", "path": "/spec/a/4", "value": 9}],
    [{"op": "add", "path": "/spec/a/-1", "value": 9}],
    [{"op": "add", "path": "/spec/a/-", "value": 9}],
    [{"op": "add", "path": "/spec/a/x", "value": 9}],
    [{"op": "add", "path": "/spec/t/x", "value": 9}],
    [{"op": "add", "path": "/spec/e/x", "value": 9}],
    [{"op": "add", "path": "/spec/n", "value": None}],
    [{"op": "add", "path": "/spec/n"}],
    [{"op": "add", "path": "/spec/m/", "value": 1}],
    [{"op": "add", "path": "/spec/m/a~1b", "value": 1}],
    [{"op": "add", "path": "/spec/m/a~01b", "value": 1}],
    [{"op": "add", "path": "/spec/m/a~2b", "value": 1}],
    [{"op": "add", "path": "", "value": {}}],
    [{"op": "replace", "path": "/spec/n", "value": 1}],
    [{"op": "replace", "path": "/spec/a/1", "value": 9}],
    [{"op": "replace", "path": "/spec/a/3", "value": 9}],
    [{"op": "replace", "path": "/spec/a/-1", "value": 9}],
    [{"op": "replace", "path": "/spec/a/-", "value": 9}],
    [{"op": "replace", "path": "/spec/e", "value": 9}],
    [{"op": "replace", "path": "/spec/e"}],
    [{"op": "test", "path": "/spec/t", "value": "hello"}],
    [{"op": "test", "path": "/spec/t", "value": "other"}],
    [{"op": "test", "path": "/spec/missing", "value": None}],
    [{"op": "test", "path": "/spec/missing", "value": 1}],
    [{"op": "test", "path": "/spec/e", "value": None}],
    [{"op": "test", "path": "/spec/m", "value": {"x": 1}}],
    [{"op": "test", "path": "/spec/m/x", "value": 1.5}],
    [{"op": "test", "path": "/spec/m/x", "value": "1"}],
    [{"op": "test", "path": "/spec/a/-1", "value": 3}],
    [{"op": "move", "from": "/spec/a/0", "path": "/spec/b/-"}],
    [{"op": "move", "from": "/spec/a/0", "path": "/spec/a/2"}],
    [{"op": "move", "from": "/spec/a/0", "path": "/spec/a/3"}],
    [{"op": "move", "from": "/spec/m", "path": "/spec/m/y"}],
    [{"op": "move", "from": "/spec/missing", "path": "/spec/n"}],
    [{"op": "move", "from": "/spec/a/0", "path": "/spec/a/0"}],
    [{"op": "move", "from": "/spec/a/-1", "path": "/spec/n"}],
    [{"op": "move", "from": "/spec/a", "path": "/spec/m/y"}],
    [{"op": "copy", "from": "/spec/m", "path": "/spec/n"}],
    [{"op": "copy", "from": "/spec/missing", "path": "/spec/n"}],
    [{"op": "copy", "from": "/spec/e", "path": "/spec/n"}],
    [{"op": "copy", "from": "/spec/m", "path": "/spec/m/y"}],
    [{"op": "copy", "from": "/spec/a/0", "path": "/spec/a/-"}],
    [{"op": "frob", "path": "/spec/a"}],
    [{"op": "replace", "path": "/spec/t", "value": "x"}, {"op": "remove", "path": "/spec/missing"}],
    [{"op": "remove"}],
]


@pytest.mark.skipif(KUSTOMIZE is None, reason="no kustomize: `make setup` builds it where Go is")
@pytest.mark.parametrize("operations", [pytest.param(patch, id=json.dumps(patch)) for patch in KUSTOMIZED])
def test_kustomizes_dialect_is_what_kustomize_build_does(operations: Operations, tmp_path: Path) -> None:
    manifest = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": VALUE}
    patch = {"target": {"kind": "Thing"}, "patch": json.dumps(operations)}
    (tmp_path / "thing.yaml").write_text(json.dumps(manifest))
    (tmp_path / "kustomization.yaml").write_text(json.dumps({"resources": ["thing.yaml"], "patches": [patch]}))
    build = subprocess.run([str(KUSTOMIZE), "build", str(tmp_path)], capture_output=True, check=False)
    rendered = yaml.safe_load(build.stdout) if build.returncode == 0 else None
    try:
        expected = json_patch.apply(manifest, operations, Dialect.KUSTOMIZE)
    except PatchFailed:
        expected = None
    assert rendered == expected


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
