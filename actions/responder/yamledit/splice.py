"""Replacements of parts of a text, and those that put a value where a scalar was.

Decides what becomes of the tag and the anchor of the scalar; how the value is written is decided in `notation`.
"""

import operator
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from ..errors import EditRefused
from . import lines
from .nodes import Node
from .notation import Notation
from .values import Value

_TAG = re.compile(r"!(?:<[^>]*>|[^\s,\[\]{}]*)[ \t]*")
_ANCHOR = re.compile(r"&\S+\s*")


class Splice(NamedTuple):
    """A replacement of the text from `start` to `end`."""

    start: int
    end: int
    new: str


def apply(text: str, splices: Iterable[Splice]) -> str:
    """Return the text with all splices applied. None may overlap another; those at one offset are applied in order."""
    pieces, offset = [], 0
    for start, end, new in sorted(splices, key=operator.attrgetter("start")):
        pieces += [text[offset:start], new]
        offset = end
    return "".join(pieces) + text[offset:]


def replace(text: str, node: Node, parent: Node | None, value: Value, notation: Notation) -> list[Splice]:
    """Return the splices that replace a scalar by a value; the tag goes with the old value, the anchor stays."""
    if node.bare and parent and not parent.flow:
        raise EditRefused("explicit-key", "the key has no colon", line=lines.number(text, node.start))
    if isinstance(value, dict | list) and value and parent and not parent.flow and node.start == node.end:
        return fill(text, node.end, parent, value, notation)
    new = notation.inline(value, quote=node.style if node.style in ("'", '"') else None)
    if node.bare:
        return [Splice(node.end, node.end, f": {new}")]
    content = node.content(text)
    anchor = _without_tag(text[node.start : content])
    if content == node.end and not (anchor or text[:content]).endswith((" ", "\t")):
        anchor += " "
    return [Splice(node.start, node.end, anchor + new)]


def fill(text: str, offset: int, parent: Node, value: Any, notation: Notation) -> list[Splice]:
    """Return the splices that put a block behind a key or dash that has no value and ends at `offset`."""
    end = lines.end(text, offset)
    first, *others = block = notation.at(text, end).lines(value)
    ending = lines.ending(text, end)
    if parent.kind == "mapping":
        indent = parent.column(text) + (notation.step if isinstance(value, dict) else notation.dash)
        return [Splice(end, end, lines.below(block, ending, indent))]
    below = lines.below(others, ending, parent.column(text) + 2)
    return [Splice(offset, offset, f" {first}"), *([Splice(end, end, below)] if below else [])]


def _without_tag(properties: str) -> str:
    """Return an anchor and the space and comments around it, without the tag before or behind it."""
    tag = _TAG.match(properties)
    if tag:
        return properties[tag.end() :]
    anchor = _ANCHOR.match(properties)
    if anchor and (tag := _TAG.match(properties, anchor.end())):
        return properties[: anchor.end()] + properties[tag.end() :]
    return properties
