"""How the rules file reads YAML, and where it differs from how manifests are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.rules.rules_text import RulesText
from responder.yamledit import scalars


def value_of(yaml: str) -> object:
    text = RulesText(f"value: {yaml}".encode(), name="rules.yaml")
    assert not text.mistakes
    return text.value["value"]


@pytest.mark.parametrize(
    ("yaml", "value", "manifest"),
    [
        pytest.param("1_000", "1_000", 1000, id="underscores"),
        pytest.param("0644", "0644", 420, id="octal of YAML 1.1"),
        pytest.param("0b11", "0b11", 3, id="binary"),
        pytest.param("0x10", "0x10", 16, id="hexadecimal"),
        pytest.param("+1", "+1", 1, id="plus sign"),
        pytest.param(".5", ".5", 0.5, id="no digit in front of the point"),
    ],
)
def test_words_that_a_manifest_reads_as_numbers_are_text(yaml: str, value: object, manifest: float) -> None:
    """A rule compares what Falco wrote: a file mode 0644 is not the number 420."""
    assert value_of(yaml) == value
    assert scalars.implicit(yaml) == manifest


@pytest.mark.parametrize(
    ("yaml", "value"),
    [
        ("null", None),
        ("~", None),
        ("''", ""),
        ("true", True),
        ("False", False),
        ("on", "on"),
        ("no", "no"),
        ("1:30", "1:30"),
        (".inf", ".inf"),
        ("2025-01-01", "2025-01-01"),
        ("7", 7),
        ("-7", -7),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("'7'", "7"),
        ("!!str 7", "7"),
        ("[1, a]", [1, "a"]),
        ("{a: {b: c}}", {"a": {"b": "c"}}),
    ],
)
def test_what_a_value_is(yaml: str, value: object) -> None:
    parsed = value_of(yaml)
    assert parsed == value
    assert isinstance(parsed, bool) is isinstance(value, bool)


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_keeps_its_spelling(number: float) -> None:
    spelling = repr(number)
    parsed = value_of(spelling)
    assert parsed == number
    assert getattr(parsed, "text", None) == spelling


@pytest.mark.parametrize(
    ("path", "of_key", "position"),
    [
        pytest.param(["rules", 1, "name"], False, (4, 9), id="value"),
        pytest.param(["rules", 1, "name"], True, (4, 3), id="key"),
        pytest.param(["rules", 1, "missing"], False, (4, 3), id="missing key: its mapping"),
        pytest.param(["rules", 7], False, (3, 1), id="missing item: its list"),
        pytest.param(["rules", "name"], False, (3, 1), id="a key of a list: the list"),
        pytest.param([], False, (1, 1), id="the file"),
    ],
)
def test_a_mistake_is_at_the_nearest_part_that_exists(
    path: list[str | int], of_key: bool, position: tuple[int, int]
) -> None:
    text = RulesText(b"version: 1\nrules:\n- name: a\n- name: b\n", name="rules.yaml")
    mistake = text.mistake("problem", path, of_key=of_key)
    assert (mistake.line, mistake.column) == position
    assert text.line(path) == text.mistake("problem", path).line


def test_values_after_a_mistake_are_still_read() -> None:
    text = RulesText(b"a: !x 1\nb: 2\na: 3\n? [c]\n: 4\n", name="rules.yaml")
    assert text.value == {"a": None, "b": 2}
    assert [(mistake.line, mistake.column) for mistake in text.mistakes] == [(1, 4), (3, 1), (4, 3)]


@pytest.mark.parametrize(
    ("scalars_at_the_end", "messages"),
    [pytest.param(9, [], id="100,000"), pytest.param(10, ["more than 100,000 values"], id="100,001")],
)
def test_a_file_has_at_most_100_000_values_and_an_alias_counts_like_its_anchor(
    scalars_at_the_end: int, messages: list[str]
) -> None:
    anchor = f"&a [{'x,' * 98}]"  # 99 values: the list and its items
    yaml = f"[{anchor},{'*a,' * 1009}{'x,' * scalars_at_the_end}]"
    text = RulesText(yaml.encode(), name="rules.yaml")
    assert [mistake.problem for mistake in text.mistakes] == messages
