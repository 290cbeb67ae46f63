"""What setting a value does to the bytes of a manifest, and what it refuses."""

import pytest

from responder.errors import EditRefused, NotYaml
from responder.yamledit import editor
from responder.yamledit.documents import parse
from responder.yamledit.edit import EditedFile, SetValue
from responder.yamledit.values import ABSENT, Value, YamlPath

REPLICAS = ("spec", "replicas")


def set_value(data: bytes, document: int, path: YamlPath, value: Value) -> EditedFile:
    return editor.apply(data, document, SetValue(path=path, value=value))


EXACT = [
    pytest.param(b"spec:\n  replicas: 2\n", b"spec:\n  replicas: 0\n", id="block"),
    pytest.param(b"spec:\n  replicas: 2  # why\n", b"spec:\n  replicas: 0  # why\n", id="comment after the value"),
    pytest.param(
        b'spec:\n  replicas: 2 # {"$imagepolicy": "a:b"}\n',
        b'spec:\n  replicas: 0 # {"$imagepolicy": "a:b"}\n',
        id="setter after the value",
    ),
    pytest.param(b"spec:\n  replicas: 2\t\n", b"spec:\n  replicas: 0\t\n", id="tab after the value"),
    pytest.param(b"spec:\r\n  replicas: 2\r\n", b"spec:\r\n  replicas: 0\r\n", id="CRLF"),
    pytest.param(b"spec:\r  replicas: 2\r", b"spec:\r  replicas: 0\r", id="lone CR"),
    pytest.param(b"\xef\xbb\xbfspec:\n  replicas: 2\n", b"\xef\xbb\xbfspec:\n  replicas: 0\n", id="byte order mark"),
    pytest.param(b"spec:\n  replicas: 2", b"spec:\n  replicas: 0", id="no final newline"),
    pytest.param(b"spec:\n  replicas: '2'\n", b"spec:\n  replicas: 0\n", id="quoted"),
    pytest.param(b"spec:\n  replicas: !!str 2 # a\n", b"spec:\n  replicas: 0 # a\n", id="tagged"),
    pytest.param(b"spec:\n  replicas: &n 2\n", b"spec:\n  replicas: &n 0\n", id="anchor that nothing uses"),
    pytest.param(b"spec:\n  replicas: !!int &n 2\n", b"spec:\n  replicas: &n 0\n", id="tag and anchor"),
    pytest.param(b"spec:\n  replicas:\n  a: 1\n", b"spec:\n  replicas: 0\n  a: 1\n", id="empty value"),
    pytest.param(b"spec:\n  replicas: # no\n", b"spec:\n  replicas: 0 # no\n", id="empty value and a comment"),
    pytest.param(b"spec:\n  replicas: ~\n", b"spec:\n  replicas: 0\n", id="null"),
    pytest.param(b"spec:\n  replicas: ${N}\n", b"spec:\n  replicas: 0\n", id="variable"),
    pytest.param(b"spec:\n  ? replicas\n  : 2\n", b"spec:\n  ? replicas\n  : 0\n", id="explicit key"),
    pytest.param(b"spec: {replicas: 2, a: 1}\n", b"spec: {replicas: 0, a: 1}\n", id="flow"),
    pytest.param(b'{"spec":{"replicas":2}}', b'{"spec":{"replicas":0}}', id="JSON"),
    pytest.param("# é🦅\nspec:\n  replicas: 2\n".encode(), "# é🦅\nspec:\n  replicas: 0\n".encode(), id="Unicode"),
    pytest.param(
        b"a: &x 1\nb: *x\nspec:\n  replicas: 2\nc: &x 3\nd: *x\n",
        b"a: &x 1\nb: *x\nspec:\n  replicas: 0\nc: &x 3\nd: *x\n",
        id="anchor name used twice",
    ),
    pytest.param(
        b"k: &app web\nspec:\n  replicas: 2\n  labels:\n    *app : 1\n",
        b"k: &app web\nspec:\n  replicas: 0\n  labels:\n    *app : 1\n",
        id="alias as a key",
    ),
    pytest.param(b"spec:\n  a: 1\n", b"spec:\n  replicas: 0\n  a: 1\n", id="inserted"),
    pytest.param(b"spec:\n      a: 1\n", b"spec:\n      replicas: 0\n      a: 1\n", id="inserted, indented by six"),
    pytest.param(b"spec:\r\n  a: 1\r\n", b"spec:\r\n  replicas: 0\r\n  a: 1\r\n", id="inserted, CRLF"),
    pytest.param(b"spec:\r  a: 1\r", b"spec:\r  replicas: 0\r  a: 1\r", id="inserted, lone CR"),
    pytest.param(b"spec:\n  a: 1", b"spec:\n  replicas: 0\n  a: 1", id="inserted, no final newline"),
    pytest.param(
        b"spec: # top\n\n  # of a\n  a: 1\n",
        b"spec: # top\n  replicas: 0\n\n  # of a\n  a: 1\n",
        id="inserted above the comments of the first key",
    ),
    pytest.param(
        b"spec:\n  a: |\n    replicas: 2\n\n\n  b: 1\n",
        b"spec:\n  replicas: 0\n  a: |\n    replicas: 2\n\n\n  b: 1\n",
        id="inserted before a block of text that looks like it",
    ),
    pytest.param(b"spec: {a: 1}\n", b"spec: {replicas: 0, a: 1}\n", id="inserted, flow"),
    pytest.param(b"spec: {}\n", b"spec: {replicas: 0}\n", id="inserted, empty flow"),
    pytest.param(b'{"spec": {"a": 1}}', b'{"spec": {"replicas": 0, "a": 1}}', id="inserted, JSON"),
    pytest.param(
        b'{\n  "spec": {\n    "a": 1\n  }\n}\n',
        b'{\n  "spec": {\n    "replicas": 0,\n    "a": 1\n  }\n}\n',
        id="inserted, JSON over lines",
    ),
    pytest.param(
        b"spec:\n  <<: {replicas: 2}\n  a: 1\n",
        b"spec:\n  replicas: 0\n  <<: {replicas: 2}\n  a: 1\n",
        id="inserted over a merged value",
    ),
]


@pytest.mark.parametrize(("original", "content"), EXACT)
def test_only_the_value_changes(original: bytes, content: bytes) -> None:
    assert set_value(original, 0, REPLICAS, 0).content == content


@pytest.mark.parametrize(("original", "content"), EXACT)
def test_setting_it_twice_changes_nothing(original: bytes, content: bytes) -> None:
    again = set_value(set_value(original, 0, REPLICAS, 0).content, 0, REPLICAS, 0)
    assert again.content == again.original == content


REFUSED = [
    pytest.param(b"n: &n 2\nspec:\n  replicas: *n\n", "alias", id="value is an alias"),
    pytest.param(b"s: &s {replicas: 2}\nspec: *s\n", "alias", id="spec is an alias"),
    pytest.param(b"spec:\n  replicas: &n 2\nm: *n\n", "shared-anchor", id="an alias uses the value"),
    pytest.param(b"spec: &s\n  replicas: 2\nt: *s\n", "shared-anchor", id="an alias uses the spec"),
    pytest.param(b"spec:\n  replicas: 2\n  replicas: 3\n", "duplicate-key", id="value written twice"),
    pytest.param(b"spec:\n  replicas: 2\nspec:\n  replicas: 3\n", "duplicate-key", id="spec written twice"),
    pytest.param(b"spec:\n  a: 1\n  a: 2\n  replicas: 2\n", "duplicate-key", id="another key written twice"),
    pytest.param(b"spec:\n  replicas: |\n    2\n", "block-scalar", id="block of text"),
    pytest.param(b"spec:\n  replicas: {{ .Values.n }}\n", "template", id="template that parses"),
    pytest.param(b"spec: [1]\n", "not-a-mapping", id="spec is a list"),
    pytest.param(b"spec:\n  replicas: ENC[x]\nsops:\n  mac: y\n", "sops", id="encrypted"),
]


@pytest.mark.parametrize(("data", "reason"), REFUSED)
def test_what_cannot_be_edited_safely_is_refused_by_name(data: bytes, reason: str) -> None:
    with pytest.raises(EditRefused) as refused:
        set_value(data, 0, REPLICAS, 0)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("data", "line"),
    [
        pytest.param(b"spec:\n  {{- if .a }}\n  replicas: 2\n", 2, id="template"),
        pytest.param(b"a: 1\n\xff\n", 2, id="not UTF-8"),
        pytest.param(b"a: *nothing\n", 1, id="undefined alias"),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_line(data: bytes, line: int) -> None:
    with pytest.raises(NotYaml) as refused:
        set_value(data, 0, REPLICAS, 0)
    assert refused.value.line == line


def test_other_documents_stay_as_they_are() -> None:
    original = b"# licence\n---\nspec:\n  replicas: 2\n---\nspec:\n  replicas: 2 # second\n...\n---\n{}\n"
    edited = set_value(original, 1, REPLICAS, 0)
    assert edited.content == original.replace(b"2 # second", b"0 # second")
    assert (edited.line, edited.previous) == (7, 2)


def test_an_item_of_a_list_is_reached_by_its_index() -> None:
    original = b"kind: List\nitems:\n- spec:\n    a: 1\n- spec:\n    replicas: 2\n"
    edited = set_value(original, 0, ("items", 1, *REPLICAS), 0)
    assert edited.content == original.replace(b"replicas: 2", b"replicas: 0")


def test_a_mapping_that_begins_behind_a_dash_gets_its_new_key_last() -> None:
    edited = set_value(b"items:\n- a: 1\n  b: 2\n", 0, ("items", 0, "c"), 0)
    assert edited.content == b"items:\n- a: 1\n  b: 2\n  c: 0\n"


def test_a_value_that_is_there_already_changes_nothing() -> None:
    data = b"spec:\n  a: 1\n  replicas: 0\n"
    edited = set_value(data, 0, REPLICAS, 0)
    assert (edited.original, edited.content, edited.line) == (data, data, 3)


def test_false_is_not_zero() -> None:
    assert set_value(b"spec:\n  suspend: 0\n", 0, ("spec", "suspend"), False).content == b"spec:\n  suspend: false\n"


def test_a_field_that_was_missing_is_told_from_one_that_was_null() -> None:
    assert set_value(b"spec: {a: 1}", 0, REPLICAS, 0).previous is ABSENT
    assert set_value(b"spec: {replicas: null}", 0, REPLICAS, 0).previous is None


def test_aliases_that_multiply_without_end_are_refused() -> None:
    bomb = b"a: &a [x, x]\n" + b"".join(
        f"{name}: &{name} [*{below}, *{below}, *{below}, *{below}]\n".encode()
        for below, name in zip("abcdefghij", "bcdefghijk", strict=True)
    )
    with pytest.raises(NotYaml, match="aliases have no end"):
        set_value(bomb + b"spec:\n  replicas: 2\n", 0, REPLICAS, 0)


def test_dates_and_yaml_1_1_words_are_read_as_kustomize_reads_them() -> None:
    (document,) = parse(b"a: 2020-01-01\nb: yes\nc: 0x10\nd: '1'\ne: .inf\n")
    assert document.value == {"a": "2020-01-01", "b": "yes", "c": 16, "d": "1", "e": ".inf"}
