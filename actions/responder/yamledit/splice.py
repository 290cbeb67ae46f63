"""Pieces of text that take the place of others, and those that put a value in the place of a scalar."""

import operator
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from ..errors import EditRefused
from . import lines
from .nodes import Node
from .style import Notation
from .values import Value

_TAG = re.compile(r"!(?:<[^>]*>|[^\s,\[\]{}]*)[ \t]*")
_ANCHOR = re.compile(r"&\S+\s*")


class Splice(NamedTuple):
    """Replaces the text from `start` to `end`."""

    start: int
    end: int
    new: str


def apply(text: str, splices: Iterable[Splice]) -> str:
    """The text with all splices done; none may overlap another, and those in one place come in the text's order."""
    pieces, place = [], 0
    for start, end, new in sorted(splices, key=operator.attrgetter("start")):
        pieces += [text[place:start], new]
        place = end
    return "".join(pieces) + text[place:]


def replace(text: str, node: Node, parent: Node | None, value: Value, notation: Notation) -> list[Splice]:
    """Put a value in the place of a scalar; the tag goes with the old value, the anchor stays."""
    if node.bare and parent and not parent.flow:
        raise EditRefused("explicit-key", "the key has no colon", line=lines.number(text, node.start))
    if isinstance(value, dict | list) and value and parent and not parent.flow and node.start == node.end:
        return fill(text, node.end, parent, value, notation)
    new = notation.inline(value, quote=node.style if node.style in ("'", '"') else None)
    if node.bare:
        return [Splice(node.end, node.end, f": {new}")]
    content = node.content(text)
    kept = _without_tag(text[node.start : content])
    if content == node.end and not (kept or text[:content]).endswith((" ", "\t")):
        kept += " "
    return [Splice(node.start, node.end, kept + new)]


def fill(text: str, place: int, parent: Node, value: Any, notation: Notation) -> list[Splice]:
    """Put a block where nothing stands behind a key or dash, which ends at `place`."""
    end = lines.end(text, place)
    written = notation.at(text, end).lines(value)
    ending = lines.ending(text, end)
    if parent.kind == "mapping":
        indent = parent.column(text) + (notation.step if isinstance(value, dict) else notation.dash)
        return [Splice(end, end, lines.together(written, ending, indent))]
    rest = lines.together(written[1:], ending, parent.column(text) + 2)
    return [Splice(place, place, f" {written[0]}"), *([Splice(end, end, rest)] if rest else [])]


def _without_tag(properties: str) -> str:
    """An anchor and the space and comments around it, without the tag before or behind it."""
    tag = _TAG.match(properties)
    if tag:
        return properties[tag.end() :]
    anchor = _ANCHOR.match(properties)
    if anchor and (tag := _TAG.match(properties, anchor.end())):
        return properties[: anchor.end()] + properties[tag.end() :]
    return properties
