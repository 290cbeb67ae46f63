"""Reads the response rules of a checkout. `rules.parser` decides what they mean."""

from pathlib import Path

from ..rules import parser
from ..rules.model import Rules


def read(root: Path, name: str) -> Rules:
    """Return the rules in the file `name` below `root`, or the built-in rules if there is no such file.

    Raises BadRules if the file has mistakes.
    """
    path = root / name
    return parser.parse(path.read_bytes(), name=name) if path.is_file() else parser.built_in(name=name)
