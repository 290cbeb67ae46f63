"""Decides whether a text matches a glob. It does not know which globs a rule has."""

from collections.abc import Iterable
from fnmatch import fnmatchcase


def matches_glob(text: str, glob: str) -> bool:
    """Return whether a glob matches the whole text: `*` is any characters, `?` is one, all others are literal."""
    return fnmatchcase(text, glob.replace("[", "[[]"))


def matches_any(text: str, globs: Iterable[str]) -> bool:
    """Return whether at least one of the globs matches the whole text."""
    return any(matches_glob(text, glob) for glob in globs)
