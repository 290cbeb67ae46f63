"""Which conditions hold for a value of an event."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.rules import parser
from responder.rules.conditions import Condition
from responder.rules.globs import matches_glob
from responder.rules.rules_text import RulesText


def read(written: str) -> Condition:
    source = RulesText(f"wanted: {written}".encode(), name="rules.yaml")
    assert not source.mistakes
    return parser.condition(source.value["wanted"])


def row(written: str, actual: Any, expected: bool) -> Any:
    return pytest.param(written, actual, expected, id=f"{written} {'accepts' if expected else 'rejects'} {actual!r}")


CURL = "sh -c curl --proto=https,http x=1 | tee [out] *"


@pytest.mark.parametrize(
    ("written", "actual", "expected"),
    [
        # Falco's fields: equality
        row("sh", "sh", True),
        row("s", "sh", False),
        row("SH", "sh", False),
        row("[bash, sh]", "sh", True),
        row("[bash, zsh]", "sh", False),
        row("no", "no", True),
        row("off", "no", False),
        row("'C:\\sh'", "C:\\sh", True),
        row("'s*'", "sh", False),
        # numbers and truths
        row("34816", 34816, True),
        row("34816.0", 34816, True),
        row("'34816'", 34816, True),
        row("3481", 34816, False),
        row("34816", "34816", True),
        row("34816.0", "34816", False),
        row("1764160405478445995", 1764160405478445995, True),
        row("1764160405478445996", 1764160405478445995, False),
        row("0", 0, True),
        row("false", 0, False),
        row("-1", -1, True),
        row("1846.5", 1846.5, True),
        row("1.8465e3", 1846.5, True),
        row("1.10", "1.10", True),
        row("1.1", "1.10", False),
        row("'1.10'", "1.10", True),
        row("true", True, True),
        row("false", True, False),
        row("1", True, False),
        row("'true'", True, True),
        row("true", "true", True),
        # lists that Falco sends
        row("busybox", ["nginx:1.27", "busybox"], True),
        row("[alpine, busybox]", ["nginx:1.27", "busybox"], True),
        row("{glob: 'nginx:*'}", ["nginx:1.27", "busybox"], True),
        row("alpine", ["nginx:1.27", "busybox"], False),
        row("{not: busybox}", ["nginx:1.27", "busybox"], False),
        row("{not: alpine}", ["nginx:1.27", "busybox"], True),
        # globs
        row("{glob: 's?'}", "sh", True),
        row("{glob: s}", "sh", False),
        row("{glob: '[a-z]h'}", "sh", False),
        row("{glob: '*[out]*'}", CURL, True),
        row("{glob: ['ba*', 's*']}", "sh", True),
        row("{glob: '/etc/*'}", "/etc/shadow\n", True),
        row("{glob: '348*'}", 34816, True),
        row("[bash, {glob: '?h'}]", "sh", True),
        # regular expressions
        row("{regex: '(ba|z)?sh'}", "sh", True),
        row("{regex: s}", "sh", False),
        row("{regex: h}", "sh", False),
        row("{regex: 'S.'}", "sh", False),
        row("{regex: '(?i)S.'}", "sh", True),
        row("{regex: '.*\\bcurl\\b.*'}", CURL, True),
        row("{regex: '.*\\burl\\b.*'}", CURL, False),
        row("{regex: '/etc/shadow'}", "/etc/shadow\n", False),
        row("{regex: '/etc/shadow$'}", "/etc/shadow\n", False),
        row("{regex: '/etc/.*'}", "/etc/shadow\n", True),
        row("{regex: '[0-9]+'}", 34816, True),
        row("{regex: [bash, sh]}", "sh", True),
        # presence
        row("{exists: true}", "sh", True),
        row("{exists: false}", "sh", False),
        row("{exists: true}", 0, True),
        row("{exists: true}", None, False),
        row("{exists: false}", None, True),
        row("[sh, {exists: false}]", None, True),
        # negation
        row("{not: bash}", "sh", True),
        row("{not: sh}", "sh", False),
        row("{not: [bash, sh]}", "sh", False),
        row("{not: [bash, zsh]}", "sh", True),
        row("{not: {glob: 'ba*'}}", "sh", True),
        row("{not: {regex: '.h'}}", "sh", False),
        row("{not: 0}", 0, False),
        row("{glob: 's*', not: [su, sudo]}", "sh", True),
        row("{glob: 's*', not: [su, sh]}", "sh", False),
        row("{not: bash}", None, False),
        row("{not: {glob: 'x*'}}", None, False),
    ],
)
def test_whether_a_condition_holds(written: str, actual: Any, expected: bool) -> None:
    assert read(written).holds(actual) is expected


@given(st.text())
def test_a_glob_without_stars_and_question_marks_is_equality(text: str) -> None:
    plain = text.replace("*", "").replace("?", "")
    assert matches_glob(plain, plain)
    assert not matches_glob(plain + "x", plain)
    assert not matches_glob("x" + plain, plain)


@given(st.text(), st.text(), st.text())
def test_a_star_stands_for_any_characters(start: str, middle: str, end: str) -> None:
    glob = start.replace("*", "").replace("?", "") + "*" + end.replace("*", "").replace("?", "")
    assert matches_glob(glob.replace("*", middle), glob)


def test_a_glob_is_fast_on_a_hostile_text() -> None:
    """A matcher that backtracks at each star would take years here."""
    assert not matches_glob("a" * 5000, "*a" * 30 + "*b")
