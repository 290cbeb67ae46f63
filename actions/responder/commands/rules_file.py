"""Reads the response rules of a checkout. `rules.parser` decides what they mean."""

from pathlib import Path

from ..errors import BadInput
from ..escape import one_line
from ..rules import parser
from ..rules.model import Rules


def read(root: Path, name: str) -> Rules:
    """Return the rules in the file `name` below `root`, or the built-in rules if there is no such file.

    Raises BadRules if the file has mistakes, and BadInput for a link that leads out of `root`, which is not read.
    """
    path = root / name
    try:
        is_inside = path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # links in a circle
        is_inside = False
    if not is_inside or (path.is_symlink() and not path.exists()):
        raise BadInput(f"the rules {one_line(name)} are not in the checkout: a link, or a path, leads out of it")
    return parser.parse(path.read_bytes(), name=name) if path.is_file() else parser.built_in(name=name)
