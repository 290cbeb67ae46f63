"""JSON is YAML, but a JSON file has to stay JSON for the tools that read it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder.errors import EditRefused
from responder.yamledit import editor, values
from responder.yamledit.edit import AppendItem, Edit, InsertItem, RemoveValue, SetValue
from responder.yamledit.edit_target import EditTarget
from responder.yamledit.splice import Splice
from responder.yamledit.values import YamlPath
from tests.soak import examples

# PyYAML reads neither control characters nor the escapes of pairs of surrogates: such files are refused as no YAML.
TEXT = st.text(st.characters(exclude_categories=["C"]))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
DOCUMENTS = st.dictionaries(TEXT, VALUES, max_size=4) | st.lists(VALUES, max_size=4)


def paths(value: Any) -> list[YamlPath]:
    """Return the paths of a value and of all values in it."""
    steps = range(len(value)) if isinstance(value, list) else value if isinstance(value, dict) else ()
    return [(), *((step, *path) for step in steps for path in paths(value[step]))]


@st.composite
def edits(draw: st.DrawFn, document: Any) -> tuple[Edit, Any]:
    """Draw an edit of the document and the value that the document shall have then."""
    path = draw(st.sampled_from(paths(document)))
    value: Any = values.at(document, path)
    new = draw(VALUES)
    if isinstance(value, list):
        index = draw(st.integers(0, len(value)))
        return InsertItem(path=path, index=index, value=new), values.insert(document, path, index, new)
    if isinstance(value, dict):
        key = draw(TEXT.filter(lambda text: text not in value))
        return SetValue(path=(*path, key), value=new), values.put(document, (*path, key), new)
    if draw(st.booleans()):
        return RemoveValue(path=path), values.drop(document, path)
    return SetValue(path=path, value=new), values.put(document, path, new)


@settings(max_examples=examples(200))
@given(data=st.data(), document=DOCUMENTS, indent=st.sampled_from([None, 1, 2]), compact=st.booleans())
def test_an_edited_json_file_is_json_with_the_new_value(
    data: st.DataObject, document: Any, indent: int | None, compact: bool
) -> None:
    separators = (",", ":") if compact else None
    text = json.dumps(document, indent=indent, separators=separators, ensure_ascii=False)
    change, expected = data.draw(edits(document))
    assert json.loads(editor.apply(text.encode(), 0, change).content) == expected


@pytest.mark.parametrize(
    "replacement",
    [
        pytest.param(Splice(1, 4, "a"), id="key without quotes"),
        pytest.param(Splice(6, 7, "0x1"), id="number that JSON does not have"),
        pytest.param(Splice(7, 7, ","), id="comma at the end"),
        pytest.param(Splice(8, 8, " # why"), id="comment"),
    ],
)
def test_an_edit_that_only_yaml_readers_would_understand_is_refused(replacement: Splice) -> None:
    target = EditTarget(b'{"a": 1}', 0, ("a",))
    with pytest.raises(EditRefused) as refused:
        target.edited([replacement], {"a": 1})
    assert refused.value.reason == "verification"


def test_a_flow_mapping_that_was_no_json_before_need_not_be_json_after() -> None:
    assert editor.apply(b"{a: [1]}\n", 0, AppendItem(path=("a",), value="w")).content == b"{a: [1, w]}\n"
