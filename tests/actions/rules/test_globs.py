"""Globs: only `*` and `?` are special."""

import pytest

from responder.rules.globs import matches_any, matches_glob


@pytest.mark.parametrize(
    ("glob", "text", "expected"),
    [
        ("*", "", True),
        ("?", "", False),
        ("?", "a", True),
        ("?", "ab", False),
        ("a*c", "abbc", True),
        ("a*c", "abcd", False),
        ("a.c", "abc", False),
        ("[ab]", "a", False),
        ("[ab]", "[ab]", True),
        ("[!a]", "[!a]", True),
        ("A", "a", False),
        ("*", "a\nb", True),
    ],
)
def test_whether_a_glob_matches(glob: str, text: str, expected: bool) -> None:
    assert matches_glob(text, glob) is expected


def test_no_globs_match_nothing() -> None:
    assert not matches_any("a", [])
    assert matches_any("a", ["b", "a"])
