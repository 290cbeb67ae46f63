"""The finder and the editor read the same values from a file, whatever YAML it uses."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder.errors import NotYaml
from responder.gitops import manifests
from responder.gitops.manifests import Unreadable
from responder.yamledit.documents import parse
from tests.soak import examples

PLAIN = ["a", "1", "0x1F", "017", "1_000", "1:30", "yes", "on", "true", "~", "null", "1e3", ".5", "2020-01-01", "*x"]
QUOTED = ["''", '"1"', "'yes'", "!!str 1", "!!int '3'", "!!bool 'true'", "!!float '1'", "!!null ''", "!custom 1", "! 1"]
SCALARS = st.sampled_from([*PLAIN, *QUOTED])
# Null and mappings are left out: Kubernetes refuses them as keys.
KEYS = st.sampled_from(["a", "b", "c", "1", "yes", "'d'", "&k e", "!!str g"])


def flow(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return mappings with merge keys and repeated keys, and lists, some of them with an anchor."""
    entries = st.lists(st.tuples(KEYS, children), max_size=4)
    mappings = st.builds(
        lambda pairs, base: "{" + ", ".join([f"{key}: {value}" for key, value in pairs] + base) + "}",
        entries,
        st.sampled_from([[], ["<<: *x"], ["<<: [*x, {a: 7, z: 8}]"], ["<<: {a: 9}"], ["'<<': 1"]]),
    )
    lists = st.lists(children, max_size=3).map(lambda values: f"[{', '.join(values)}]")
    return st.builds(lambda anchor, value: anchor + value, st.sampled_from(["", "&x ", "&y "]), mappings | lists)


VALUES = st.recursive(SCALARS, flow, max_leaves=12)
TEXTS = st.lists(st.tuples(KEYS, VALUES), min_size=1, max_size=5).map(
    lambda pairs: "base: &x {a: 1, b: [2]}\n" + "".join(f"{key}: {value}\n" for key, value in pairs)
)


def types_of(value: Any) -> Any:
    """Return the value with the type of each scalar, since 1, 1.0 and true are equal in Python."""
    if isinstance(value, dict):
        return {key: types_of(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [types_of(inner) for inner in value]
    return type(value), value


def read_by_finder(text: str) -> list[Any] | None:
    try:
        return [types_of(value) for value in manifests.load_all(text.encode())]
    except Unreadable:
        return None


def read_by_editor(text: str) -> list[Any] | None:
    try:
        return [types_of(document.value) for document in parse(text.encode())]
    except NotYaml:
        return None


@settings(max_examples=examples(300))
@given(TEXTS)
def test_finder_and_editor_read_the_same_values(text: str) -> None:
    by_finder, by_editor = read_by_finder(text), read_by_editor(text)
    if by_finder is not None and by_editor is not None:
        assert by_finder == by_editor, text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x: &x {a: 1}\ny: &y {a: 2, b: 3}\nz: {<<: [*x, *y], c: 4}\n", id="merged in order"),
        pytest.param("x: &x {a: 1}\nz: {a: 2, <<: *x}\n", id="merged below what is there"),
        pytest.param("a: 1\na: 2\n", id="a key twice"),
        pytest.param("x: &x 1\ny: &x 2\nz: *x\n", id="an anchor twice"),
        pytest.param("&k a: 1\n*k : 2\n", id="an alias as key"),
        pytest.param("a: &x {b: &x []}\nc: *x\n", id="an anchor that is defined again inside its value"),
        pytest.param("a: !!int '3'\nb: !!str 1\nc: !custom x\n", id="tags"),
        pytest.param("? a\n: 1\n", id="an explicit key"),
        pytest.param("1: a\nyes: b\n", id="keys that are not text"),
        pytest.param("a: |\n  x\nb: >-\n  y\n  z\n", id="block scalars"),
        pytest.param("a: 1\n---\n---\nb: 2\n", id="documents"),
    ],
)
def test_both_read_what_repositories_have(text: str) -> None:
    by_finder = read_by_finder(text)
    assert by_finder is not None
    assert by_finder == read_by_editor(text)
