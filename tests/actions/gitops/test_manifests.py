"""Documents are counted and read as YAML says, and values are taken as Kubernetes takes them."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from responder.gitops import manifests
from responder.gitops.manifests import Unreadable

LINES = st.sampled_from(
    [
        "---\n",
        "--- # why\n",
        "---\r\n",
        "# words\n",
        "\n",
        "a: 1\n",
        "b: [x, y]\n",
        "c: |\n  ---\n  text\n",
        "...\n",
        "d: &x {e: 1}\n",
        'f: "---"\n',
        "--- {g: 2}\n",
        "---x: 3\n",
    ]
)


@pytest.mark.parametrize(
    ("text", "values", "lines"),
    [
        pytest.param("", [], [], id="nothing"),
        pytest.param("# words\n\n", [], [], id="comments alone"),
        pytest.param("a: 1\n", [{"a": 1}], [0], id="one without a marker"),
        pytest.param(
            "# licence\n---\na: 1\n---\nb: 2\n", [{"a": 1}, {"b": 2}], [1, 3], id="a licence before the first"
        ),
        pytest.param("a: 1\n---\n---\nb: 2\n", [{"a": 1}, None, {"b": 2}], [0, 1, 2], id="an empty one between"),
        pytest.param(
            "a: |\n  x\n  --- y\n---\nb: 2", [{"a": "x\n--- y\n"}, {"b": 2}], [0, 3], id="dashes inside a text"
        ),
        pytest.param("%YAML 1.1\n---\na: 1\n...\n---\nb: 2\n", [{"a": 1}, {"b": 2}], [0, 4], id="a directive, an end"),
        pytest.param("a: 1\r---\rb: 2\r", [{"a": 1}, {"b": 2}], [0, 1], id="lone carriage returns"),
        pytest.param("\ufeffa: 1\n---\nb: 2\n", [{"a": 1}, {"b": 2}], [0, 1], id="a byte order mark"),
        pytest.param("a: &x 1\nb: &x 2\nc: *x\n", [{"a": 1, "b": 2, "c": 2}], [0], id="an anchor defined twice"),
        pytest.param(
            "a: &x {b: 1}\nc: {<<: *x, d: 2}\n", [{"a": {"b": 1}, "c": {"b": 1, "d": 2}}], [0], id="a merge key"
        ),
        pytest.param("a: {<<: [{b: 1}, {b: 2, c: 3}], c: 4}\n", [{"a": {"b": 1, "c": 4}}], [0], id="merged in order"),
        pytest.param("&k a: 1\n*k : 2\n", [{"a": 2}], [0], id="an alias as a key"),
        pytest.param("- a\n- b\n", [["a", "b"]], [0], id="a list"),
    ],
)
def test_the_documents_of_a_file_are_those_that_yaml_counts(text: str, values: list[Any], lines: list[int]) -> None:
    documents = manifests.split(text.encode())
    assert [manifests.load(document.data) for document in documents] == values
    assert [document.line for document in documents] == lines


@given(st.lists(LINES, max_size=12).map("".join))
def test_documents_are_cut_where_the_parser_would(text: str) -> None:
    try:
        expected = list(yaml.safe_load_all(text))
    except yaml.YAMLError:
        return
    assert manifests.load_all(text.encode()) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("2021-06-13", "2021-06-13"),
        ("0x1F", 31),
        ("017", 15),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("-3", -3),
        ("1e3", 1000),
        (".5", 0.5),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("!!int '3'", 3),
        ("1_000", 1000),
        ("=", "="),
        ("1.2.3", "1.2.3"),
        ("+", "+"),
        ("0", 0),
        ("!custom 1", "1"),
    ],
)
def test_a_scalar_is_what_kubernetes_takes_it_for(text: str, value: object) -> None:
    scalar = manifests.load(f"a: {text}\n".encode())["a"]
    assert (scalar, type(scalar)) == (value, type(value))


@pytest.mark.parametrize("text", ["{{ if }}\na: b: c", "a: *nothing", "a: [", "\t- x", "a: &x [*x]", "a: \udcff"])
def test_what_is_no_yaml_is_said_to_be_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        manifests.load(text.encode(errors="surrogateescape"))


def test_a_very_deep_document_is_unreadable_rather_than_a_crash() -> None:
    with pytest.raises(Unreadable):
        manifests.load(b"[" * 5000 + b"]" * 5000)


def test_the_items_of_a_list_are_objects_with_lines_of_their_own() -> None:
    (document,) = manifests.split(b"kind: DeploymentList\nitems:\n- kind: Deployment\n- text\n- {kind: Deployment}\n")
    items = [(manifest.item, manifest.line) for manifest in manifests.objects(document)]
    assert items == [(0, 3), (2, 5)]
