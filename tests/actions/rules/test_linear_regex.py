"""The linear regular expressions against those of Python."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.rules.linear_regex import Regex

ATOMS = ["a", "b", "ab", ".", "[ab]", "[^a]", "[a-c]", "\\.", "\\n", "^", "$", ""]
ATOMS += ["\\w", "\\W", "\\d", "\\D", "\\s", "\\S", "\\b", "\\B"]
SIGNS = ["*", "+", "?", "??", "{0}", "{2}", "{0,2}", "{1,}", "{2,}", "{,2}", "{,}", "*?", "+?", "{1,2}?"]


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    group = st.builds("({})".format, inner) | st.builds("(?:{})".format, inner)
    repeated = st.builds("{}{}".format, group, st.sampled_from(SIGNS))
    return repeated | st.builds("{}{}".format, inner, inner) | st.builds("{}|{}".format, inner, inner)


patterns = st.recursive(st.sampled_from(ATOMS), combined, max_leaves=8)


# Before Python 3.14, \\B does not match an empty text, and $ and \\Z differ at a final line end.
@given(patterns, st.text("ab.1\n ", min_size=1, max_size=8), st.booleans())
def test_a_pattern_matches_what_the_pattern_of_python_matches(pattern: str, text: str, ignore_case: bool) -> None:
    strict = pattern.replace("$", "\\Z")
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    regex = Regex(f"(?i){pattern}" if ignore_case else pattern)
    for variant in (text, text.upper()):
        assert regex.fullmatch(variant) is (re.fullmatch(strict, variant, flags) is not None)


@given(st.text(max_size=20), st.text(max_size=20))
def test_an_escaped_text_matches_only_itself(text: str, other: str) -> None:
    regex = Regex(re.escape(text))
    assert regex.fullmatch(text)
    assert regex.fullmatch(other) is (text == other)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        pytest.param("(ba|z|da)?sh", "dash", True, id="choice"),
        pytest.param("sh", "bash", False, id="from the beginning"),
        pytest.param("ba", "bash", False, id="to the end"),
        pytest.param("a$", "a\n", False, id="the end is the end"),
        pytest.param("a$\n", "a\n", False, id="and nothing follows it"),
        pytest.param("a\\Z", "a", True, id="end in other words"),
        pytest.param("\\Aa", "a", True, id="beginning in other words"),
        pytest.param("a.*c", "a\nb\nc", True, id="a dot takes line ends"),
        pytest.param("(?i)curl [a-z]+", "CURL HTTP", True, id="case ignored"),
        pytest.param("curl", "CURL", False, id="case told"),
        pytest.param("[]a]+", "a]", True, id="bracket in a class"),
        pytest.param("[^]]+", "a]", False, id="bracket kept out"),
        pytest.param(r"[\]\\-]+", "]\\-", True, id="escapes in a class"),
        pytest.param(r"\x41\u00e9\0", "Aé\0", True, id="characters by number"),
        pytest.param(r"\N{BULLET}", "•", True, id="character by name"),
        pytest.param("a{x}", "a{x}", True, id="braces that count nothing"),
        pytest.param("a{,}", "aaaa", True, id="braces without numbers"),
        pytest.param("(?P<shell>sh)", "sh", True, id="named group"),
        pytest.param(r"\d{1,3}(\.\d{1,3}){3}", "10.96.0.1", True, id="address"),
        pytest.param(r".*(curl|wget)\b.*\|\s*(ba)?sh\b.*", "curl -s x.example | bash -", True, id="download and run"),
        pytest.param("a{2,3}", "a", False, id="fewer than the lower count"),
        pytest.param("a{2,3}", "aaa", True, id="the upper count"),
        pytest.param("a{2,3}", "aaaa", False, id="more than the upper count"),
        pytest.param("a\\bb", "ab", False, id="no boundary inside a word"),
        pytest.param("a\\b b", "a b", True, id="boundary at the end of a word"),
        pytest.param("a\\Bb", "ab", True, id="inside a word"),
        pytest.param("a\\B b", "a b", False, id="not inside a word"),
        pytest.param("", "", True, id="nothing"),
        pytest.param("", "a", False, id="not nothing"),
    ],
)
def test_what_patterns_match(pattern: str, text: str, expected: bool) -> None:
    assert Regex(pattern).fullmatch(text) is expected


@pytest.mark.parametrize(
    "pattern", ["(a|a)*b", "(a*)*b", "(a+)+b", "a*a*a*a*a*a*b", ".*a.*a.*a.*a.*b", "(a?){30}a{30}b", "(.*)*b"]
)
def test_a_hostile_text_is_matched_in_linear_time(pattern: str) -> None:
    """Python's own matcher would not return from any of these."""
    assert not Regex(pattern).fullmatch("a" * 20_000)
    assert Regex(pattern).fullmatch("a" * 20_000 + "b") is not pattern.startswith("(a?)")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        pytest.param("(sh", "missing ), unterminated subpattern at position 0", id="open group"),
        pytest.param("*", "nothing to repeat at position 0", id="nothing to repeat"),
        pytest.param("\\q", "bad escape", id="no such escape"),
        pytest.param("[[a]", "Possible nested set at position 1", id="what will mean something else one day"),
        pytest.param("a(?=b)", "(?= at position 1 is not supported", id="look-ahead"),
        pytest.param("(?<!a)b", "(?< at position 0 is not supported", id="look-behind"),
        pytest.param("(a)\\1", "\\1 at position 3 is not supported", id="back reference"),
        pytest.param("(?P<x>a)(?P=x)", "(?P at position 8 is not supported", id="named back reference"),
        pytest.param("(?>a)", "not supported", id="atomic group"),
        pytest.param("a*+", "possessive", id="possessive"),
        pytest.param("(?s)a", "not supported", id="flag"),
        pytest.param("a(?#b)", "not supported", id="comment"),
        pytest.param("a{1001}", "too large", id="large count"),
        pytest.param("((a{40}){40}){40}", "too large", id="counts of counts"),
        pytest.param("(){2000}", "too large", id="count of nothing"),
        pytest.param("a{99999999999999999999}", "not a regular expression", id="count beyond all"),
        pytest.param("(" * 350 + ")" * 350, "nested too deeply", id="deep"),
        pytest.param("(" * 5000 + ")" * 5000, "", id="deeper"),
    ],
)
def test_a_pattern_that_cannot_run_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is looked at below
        Regex(pattern)
    assert message in str(caught.value)


@given(st.text("ab()[]{}*+?|\\^$.,0123<>=!:#P-", max_size=20))
def test_any_text_is_a_pattern_or_is_refused(pattern: str) -> None:
    try:
        regex = Regex(pattern)
    except ValueError:
        return
    assert regex.fullmatch("ab") in (True, False)
