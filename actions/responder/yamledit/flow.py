"""Entries and items of collections in flow style, JSON's among them: `{a: 1}` and `[1, 2]`.

A new key becomes the first entry, the one position that needs no comma elsewhere and, where entries have lines of their
own, no other line. Comments stay.
"""

import re

from ..errors import EditRefused
from . import lines
from .nodes import Node
from .notation import Notation
from .splice import Splice
from .values import Value

_BLANKS = re.compile(r"[ \t]*")


def insert_entry(text: str, mapping: Node, key: str, value: Value, notation: Notation) -> list[Splice]:
    """Return the splices that put a new entry first."""
    brace = mapping.content(text)
    if text[brace : brace + 1] != "{":
        raise EditRefused("flow-pair", "the mapping has no braces", line=lines.number(text, brace))
    entry = notation.entry(key, value)
    if not mapping.entries:
        return [Splice(brace + 1, brace + 1, entry)]
    return [_insert_first(text, brace, entry, notation)]


def insert_item(text: str, sequence: Node, index: int, value: Value, notation: Notation) -> list[Splice]:
    """Return the splices that put a new item before the one at an index, or last."""
    bracket = sequence.content(text)
    item = notation.inline(value)
    if not sequence.items:
        return [Splice(bracket + 1, bracket + 1, item)]
    if index == len(sequence.items):
        return _append_item(text, sequence, item, notation)
    if index == 0:
        return [_insert_first(text, bracket, item, notation)]
    following = sequence.items[index]
    comma = _behind_comma(text, sequence.items[index - 1].end)
    end = lines.end(text, comma)
    indent = text[lines.start(text, following.start) : following.start]
    if end < following.start and not indent.strip(" \t"):
        return [Splice(end, end, f"{lines.ending(text, end)}{indent}{item},")]
    return [Splice(following.start, following.start, f"{item},{_gap(text, comma, notation)}")]


def remove(text: str, parent: Node, index: int) -> list[Splice]:
    """Return the splices that remove an entry or item, with its line if nothing else is on it."""
    children = parent.items or [value for _, value in parent.entries]
    opening = parent.content(text) + 1 if index == 0 else _behind_comma(text, children[index - 1].end)
    start, end = lines.skip(text, opening), children[index].end
    comma = _behind_comma(text, end)
    blank = _BLANKS.match(text, comma)
    until = blank.end() if blank else comma
    is_last = index + 1 == len(children)
    if lines.end(text, until) == until and not text[lines.start(text, start) : start].strip(" \t"):
        lone_comma = [Splice(opening - 1, opening, "")] if index and is_last and comma == end else []
        return [*lone_comma, Splice(*lines.whole(text, start, until), "")]
    if index and is_last and "#" not in text[children[index - 1].end : start]:
        return [Splice(children[index - 1].end, end, "")]
    return [Splice(start, comma if is_last else until, "")]


def _insert_first(text: str, bracket: int, member: str, notation: Notation) -> Splice:
    """Return the splice that puts an entry or item before the first, on a line of its own where that has one."""
    first = lines.skip(text, bracket + 1)
    end = lines.end(text, bracket)
    if end < first:
        indent = text[lines.start(text, first) : first]
        return Splice(end, end, f"{lines.ending(text, end)}{indent}{member},")
    return Splice(first, first, member + notation.comma)


def _append_item(text: str, sequence: Node, item: str, notation: Notation) -> list[Splice]:
    last = sequence.items[-1]
    begin = lines.start(text, last.start)
    end = lines.end(text, last.end)
    if not text[begin : last.start].strip(" \t") and end < sequence.end:
        has_comma = _behind_comma(text, last.end) > last.end
        comma = [] if has_comma else [Splice(last.end, last.end, ",")]
        line = lines.ending(text, end) + text[begin : last.start] + item + ("," if has_comma else "")
        return [*comma, Splice(end, end, line)]
    if len(sequence.items) > 1:
        gap = _gap(text, _behind_comma(text, sequence.items[-2].end), notation)
        return [Splice(last.end, last.end, f",{gap}{item}")]
    return [Splice(last.end, last.end, notation.comma + item)]


def _gap(text: str, comma: int, notation: Notation) -> str:
    """Return the space behind a comma, or what is usual where there is a comment as well."""
    gap = text[comma : lines.skip(text, comma)]
    return notation.comma.removeprefix(",") if "#" in gap else gap


def _behind_comma(text: str, offset: int) -> int:
    """Return the offset behind the comma that follows, `offset` itself if none does."""
    comma = lines.skip(text, offset)
    return comma + 1 if text[comma : comma + 1] == "," else offset
