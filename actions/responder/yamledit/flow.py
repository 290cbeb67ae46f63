"""Entries and items of collections in flow style, JSON's among them: `{a: 1}` and `[1, 2]`.

A new key becomes the first entry, the one place that needs no comma elsewhere and, where entries have lines of their
own, no other line. Comments stay.
"""

import re

from ..errors import EditRefused
from . import lines
from .nodes import Node
from .splice import Splice
from .style import Notation
from .values import Value

_BLANKS = re.compile(r"[ \t]*")


def insert(text: str, mapping: Node, key: str, value: Value, notation: Notation) -> list[Splice]:
    """Put a new entry first."""
    brace = mapping.content(text)
    if text[brace : brace + 1] != "{":
        raise EditRefused("flow-pair", "the mapping has no braces", line=lines.number(text, brace))
    entry = notation.entry(key, value)
    if not mapping.entries:
        return [Splice(brace + 1, brace + 1, entry)]
    first = lines.skip(text, brace + 1)
    end = lines.end(text, brace)
    if end < first:
        indent = text[lines.start(text, first) : first]
        return [Splice(end, end, f"{lines.ending(text, end)}{indent}{entry},")]
    return [Splice(first, first, entry + notation.comma)]


def append(text: str, sequence: Node, value: Value, notation: Notation) -> list[Splice]:
    """Put a new item last."""
    bracket = sequence.content(text)
    item = notation.inline(value)
    if not sequence.items:
        return [Splice(bracket + 1, bracket + 1, item)]
    last = sequence.items[-1]
    begin = lines.start(text, last.start)
    end = lines.end(text, last.end)
    if not text[begin : last.start].strip(" \t") and end < sequence.end:
        comma = [] if _behind_comma(text, last.end) > last.end else [Splice(last.end, last.end, ",")]
        more = "," if not comma else ""
        new = lines.ending(text, end) + text[begin : last.start] + item + more
        return [*comma, Splice(end, end, new)]
    if len(sequence.items) > 1:
        behind = _behind_comma(text, sequence.items[-2].end)
        return [Splice(last.end, last.end, "," + text[behind : lines.skip(text, behind)] + item)]
    return [Splice(last.end, last.end, notation.comma + item)]


def remove(text: str, parent: Node, place: int) -> list[Splice]:
    """Take out an entry or item, with its line if nothing else is on it."""
    children = parent.items or [value for _, value in parent.entries]
    before = parent.content(text) + 1 if place == 0 else _behind_comma(text, children[place - 1].end)
    start, end = lines.skip(text, before), children[place].end
    behind = _behind_comma(text, end)
    blank = _BLANKS.match(text, behind)
    until = blank.end() if blank else behind
    is_last = place + 1 == len(children)
    if lines.end(text, until) == until and not text[lines.start(text, start) : start].strip(" \t"):
        lone_comma = [Splice(before - 1, before, "")] if place and is_last and behind == end else []
        return [*lone_comma, Splice(*lines.whole(text, start, until), "")]
    if place and is_last and "#" not in text[children[place - 1].end : start]:
        return [Splice(children[place - 1].end, end, "")]
    return [Splice(start, behind if is_last else until, "")]


def _behind_comma(text: str, place: int) -> int:
    """Behind the comma that follows, `place` itself if none does."""
    comma = lines.skip(text, place)
    return comma + 1 if text[comma : comma + 1] == "," else place
