"""Where an edit cuts the text of a document and what it puts there; everything outside its splices stays as it is.

A new key goes where it moves nobody's comment: into a block mapping below a key as its first line, so that what follows
keeps its neighbours; into any other block mapping (the whole document, an item of a list) behind its last entry and the
deeper comments below that; into a flow as the first entry, the one place that needs no comma elsewhere.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from .errors import EditRefused
from .node import Node, Value, line, skip
from .notation import Notation

_LINE_END = re.compile("\r\n|\n|\r")
_BREAKS = "\r\n\x85\u2028\u2029"
_TAG = re.compile(r"!(?:<[^>]*>|[^\s,\[\]{}]*)[ \t]*")
_LAST_PROPERTY = re.compile(r"(?:[!&][^\s#]\S*\s+)*[!&]\S*")
_COMMENT_LINE = re.compile(r"(?:(?:\r\n|\n|\r)[ \t]*)*?(?:\r\n|\n|\r)( *)#[^\r\n]*")


class Splice(NamedTuple):
    """Replaces the text from `start` to `end`."""

    start: int
    end: int
    new: str


def apply(text: str, splices: Iterable[Splice]) -> str:
    """The text with all splices done; none may overlap another."""
    for start, end, new in sorted(splices, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def replace(text: str, node: Node, parent: Node | None, value: Value, notation: Notation) -> list[Splice]:
    """Put a value in the place of a scalar; the tag goes with the old value, the anchor stays."""
    if isinstance(value, dict | list) and value and parent and not parent.flow and node.start == node.end:
        return _fill(text, node, parent, value, notation)
    if node.bare and parent and not parent.flow:
        raise EditRefused("explicit-key", "the key has no colon", line=line(text, node.start))
    content = node.content(text)
    kept = _without_tag(text, node.start, content)
    new = notation.inline(value, quote=node.style if node.style in ("'", '"') else None)
    if node.bare:
        kept = ": "
    elif content == node.end and not kept.endswith((" ", "\t")):
        kept = f"{kept} " if kept or not text[:content].endswith((" ", "\t")) else kept
    return [Splice(node.start, node.end, kept + new)]


def insert(text: str, mapping: Node, key: str, value: Value, notation: Notation, *, below_key: bool) -> list[Splice]:
    """Put a new entry into a mapping, which is the value of a key on a line above it or not."""
    if mapping.flow:
        return _insert_flow(text, mapping, notation.entry(key, value), notation)
    first = mapping.content(text)
    start = _line_start(text, first)
    column = first - start
    lines = notation.entry_lines(key, value)
    own_line = not text[start:first].strip(" ")
    if own_line and (below_key or _is_unfinished(text, mapping)):
        place = _below_opening(text, start) if below_key else start
        ending = _break_before(text, place)
        return [Splice(place, place, "".join(" " * column * bool(each) + each + ending for each in lines))]
    return _below(text, mapping.end, column, lines)


def append(text: str, sequence: Node, value: Value, notation: Notation) -> list[Splice]:
    """Put a new item behind the last one of a sequence."""
    if not sequence.flow:
        first = sequence.content(text)
        return _below(text, sequence.end, first - _line_start(text, first), notation.item_lines(value))
    opening = sequence.content(text) + 1
    item = notation.inline(value)
    if not sequence.items:
        return [Splice(opening, opening, item)]
    starts = [skip(text, opening), *(skip(text, _comma(text, each.end)) for each in sequence.items)]
    gap = text[sequence.items[-2].end : starts[-2]] if len(sequence.items) > 1 else "," + text[opening : starts[0]]
    last = sequence.items[-1].end
    if (found := _LINE_END.search(gap)) and (ending := _LINE_END.search(text, last, sequence.end)):
        space = gap[gap.rindex(found[0]) :]
        comma = [] if _comma(text, last) > last else [Splice(last, last, ",")]
        return [*comma, Splice(ending.start(), ending.start(), space + item)]
    spaces = " " * ((len(gap) > 1 and len(sequence.items) > 1) or notation.comma == ", ")
    return [Splice(last, last, f",{spaces}{item}")]


def remove(text: str, parent: Node, place: int, opening: int | None, *, null: bool) -> list[Splice]:
    """Take out an entry or item; what is left empty becomes `{}` or `[]`, or null.

    `opening` is where the parent's own key or dash ends, None for the root.
    """
    children = _children(parent)
    if parent.flow:
        return _remove_flow(text, parent, children, place, null=null)
    start = parent.content(text) if place == 0 else skip(text, children[place - 1][1])
    end = children[place][1]
    begin = _line_start(text, start)
    own_line = not text[begin:start].strip(" \t")
    if len(children) == 1:
        return _empty(text, parent, opening, Splice(start, end, ""), own_line=own_line, null=null)
    if own_line:
        return [_whole_lines(text, begin, end)]
    following = skip(text, end)
    return [Splice(start, following if not text[end:following].strip() else end, "")]


def opening(text: str, node: Node, parent: Node, place: int) -> int:
    """Where the key or dash of a block node ends, its tag and anchor included."""
    if node.content(text) > node.start and (match := _LAST_PROPERTY.match(text, node.start)):
        return match.end()
    if parent.kind == "mapping":
        return skip(text, parent.entries[place][0].end) + 1
    return (parent.content(text) if place == 0 else skip(text, parent.items[place - 1].end)) + 1


def column(text: str, node: Node) -> int:
    """The column of what a node begins with, counted from 0."""
    first = node.content(text)
    return first - _line_start(text, first)


def _fill(text: str, node: Node, parent: Node, value: Any, notation: Notation) -> list[Splice]:
    """Put a block where there was nothing behind a key or dash."""
    if node.bare:
        raise EditRefused("explicit-key", "the key has no colon", line=line(text, node.start))
    indent = column(text, parent)
    lines = notation.lines(value)
    place, ending = _line_end(text, node.end)
    if parent.kind == "mapping":
        indent += notation.step if isinstance(value, dict) else notation.dash
        return [Splice(place, place, "".join(ending + " " * indent * bool(each) + each for each in lines))]
    rest = "".join(ending + " " * (indent + 2) * bool(each) + each for each in lines[1:])
    return [Splice(node.end, node.end, f" {lines[0]}"), *([Splice(place, place, rest)] if rest else [])]


def _insert_flow(text: str, mapping: Node, entry: str, notation: Notation) -> list[Splice]:
    brace = mapping.content(text)
    if text[brace : brace + 1] != "{":
        raise EditRefused("flow-pair", "the mapping has no braces", line=line(text, brace))
    if not mapping.entries:
        return [Splice(brace + 1, brace + 1, entry)]
    first = skip(text, brace + 1)
    ends = list(_LINE_END.finditer(text, brace, first))
    space = text[ends[-1].start() : first] if ends else notation.comma[1:]
    return [Splice(first, first, f"{entry},{space}")]


def _below(text: str, end: int, indent: int, lines: list[str]) -> list[Splice]:
    """Lines behind what ends there and the comments below that are indented deeper."""
    place, ending = _line_end(text, end)
    while (match := _COMMENT_LINE.match(text, place)) and len(match[1]) > indent:
        place = match.end()
    return [Splice(place, place, "".join(ending + " " * indent * bool(each) + each for each in lines))]


def _below_opening(text: str, start: int) -> int:
    """The beginning of the line below the one that opens a block which begins at `start`: above its first comments."""
    while start > 0:
        above = _line_start(text, start - len(_break_before(text, start)))
        content = text[above:start].strip()
        if content and not content.startswith("#"):
            break
        start = above
    return start


def _empty(text: str, parent: Node, opening: int | None, entry: Splice, *, own_line: bool, null: bool) -> list[Splice]:
    new = "" if null else "{}" if parent.kind == "mapping" else "[]"
    if opening is None or not own_line:
        start = entry.start - (len(text[: entry.start]) - len(text[: entry.start].rstrip(" \t"))) * null
        return [Splice(start, entry.end, new)]
    lines = _whole_lines(text, _line_start(text, entry.start), entry.end)
    return [lines, *([] if null else [Splice(opening, opening, f" {new}")])]


def _remove_flow(text: str, parent: Node, children: list[tuple[int, int]], place: int, *, null: bool) -> list[Splice]:
    start, end = children[place]
    if parent.kind == "mapping":
        before = parent.content(text) + 1 if place == 0 else _comma(text, children[place - 1][1])
        start = skip(text, before)
    if len(children) == 1:
        if null:
            return [Splice(parent.content(text), parent.end, "null")]
        return [Splice(start, _comma(text, end), "")]
    if place + 1 < len(children):
        return [_with_space(text, start, _comma(text, end))]
    previous = children[place - 1][1]
    if "#" in text[previous:start]:
        return [Splice(start, end, "")]
    return [Splice(previous, end, "")]


def _with_space(text: str, start: int, end: int) -> Splice:
    """An entry of a flow with the comma and the space behind it, or with its whole line."""
    begin = _line_start(text, start)
    space = re.compile(r"[ \t]*(\r\n|\n|\r)?").match(text, end)
    if space and space[1] and not text[begin:start].strip(" \t"):
        return Splice(begin, space.end(), "")
    return Splice(start, space.end() - len(space[1] or "") if space else end, "")


def _children(parent: Node) -> list[tuple[int, int]]:
    if parent.kind == "mapping":
        return [(key.start, max(key.end, value.end)) for key, value in parent.entries]
    return [(item.start, item.end) for item in parent.items]


def _comma(text: str, place: int) -> int:
    """Behind the comma that follows, `place` itself if none does."""
    comma = skip(text, place)
    return comma + 1 if text[comma : comma + 1] == "," else place


def _whole_lines(text: str, begin: int, end: int) -> Splice:
    """The lines from `begin`, a line's beginning, to the one that `end` is on, with one line end."""
    match = _LINE_END.search(text, end)
    if match:
        return Splice(begin, match.end(), "")
    return Splice(begin - len(_break_before(text, begin)), len(text), "")


def _is_unfinished(text: str, mapping: Node) -> bool:
    """Whether the last line is a block of text that would get a line end which it does not have."""
    last = _last(mapping)
    return mapping.end == len(text) and last.style in ("|", ">") and not text[last.content(text) + 1 :].startswith("-")


def _last(node: Node) -> Node:
    while not node.flow and (node.entries or node.items):
        node = node.entries[-1][1] if node.entries else node.items[-1]
    return node


def _without_tag(text: str, start: int, end: int) -> str:
    def parts() -> Iterator[str]:
        place = start
        while place < end:
            if tag := _TAG.match(text, place, end):
                place = tag.end()
                continue
            following = skip(text, next(iter(m.end() for m in [re.compile(r"\S+").match(text, place, end)] if m), end))
            yield text[place:following]
            place = following

    return "".join(parts())


def _line_start(text: str, place: int) -> int:
    return max(text.rfind(each, 0, place) for each in _BREAKS) + 1


def _line_end(text: str, place: int) -> tuple[int, str]:
    """Where the line ends, and how; as the file's first line does if it is the last line and has no end."""
    match = _LINE_END.search(text, place)
    if match:
        return match.start(), match[0]
    first = _LINE_END.search(text)
    return len(text), first[0] if first else "\n"


def _break_before(text: str, place: int) -> str:
    if text.endswith("\r\n", 0, place):
        return "\r\n"
    return text[place - 1 : place] if place and text[place - 1] in _BREAKS else ""
