"""Entries and items of collections in block style.

A new key goes where it moves nobody's comment. Below a key, it becomes the first line: what follows keeps its
neighbours, and `spec.replicas` stands where people look for it. In any other mapping (the whole document, an item of a
list), whose first line is not only its own, it goes behind the last entry and the comments below that are indented
deeper; so do new items of a list.
"""

import re

from ..errors import EditRefused
from . import lines
from .nodes import Node
from .splice import Splice
from .style import Notation
from .values import Value

_COMMENT = re.compile(r"(?:(?:\r\n|\n|\r)[ \t]*)*?(?:\r\n|\n|\r)( *)#[^\r\n]*")
_PROPERTIES = re.compile(r"[!&]\S*(?:\s+[!&]\S*)?")


def insert(text: str, mapping: Node, key: str, value: Value, notation: Notation, *, below_key: bool) -> list[Splice]:
    """Put a new entry into a mapping, the root or one `below_key`, which is any other."""
    first = mapping.content(text)
    start = lines.start(text, first)
    if text[start:first].strip(" ") or not (below_key or _ends_in_text(text, mapping)):
        place, ending = _below(text, mapping)
        written = notation.at(text, place).entry_lines(key, value)
        return [Splice(place, place, lines.together(written, ending, mapping.column(text)))]
    written = notation.entry_lines(key, value)
    if below_key:
        place = lines.end(text, _opening_line(text, start))
        return [Splice(place, place, lines.together(written, lines.ending(text, place), first - start))]
    ending = lines.ending(text, lines.end(text, start))
    return [Splice(start, start, "".join(" " * (first - start) * bool(each) + each + ending for each in written))]


def append(text: str, sequence: Node, value: Value, notation: Notation) -> list[Splice]:
    """Put a new item last."""
    place, ending = _below(text, sequence)
    written = notation.at(text, place).item_lines(value)
    return [Splice(place, place, lines.together(written, ending, sequence.column(text)))]


def remove(text: str, parent: Node, place: int, opening: int | None, *, null: bool) -> list[Splice]:
    """Take out an entry or item with its lines; what is left empty becomes `{}` or `[]`, with `null` nothing at all.

    `opening` is where the parent's own key or dash ends, None for the root.
    """
    children = parent.items or [value for _, value in parent.entries]
    start = parent.content(text) if place == 0 else lines.skip(text, children[place - 1].end)
    end = children[place].end
    own_line = not text[lines.start(text, start) : start].strip(" \t")
    begin, until = lines.whole(text, start, end)
    if len(children) == 1:
        empty = "" if null else "{}" if parent.kind == "mapping" else "[]"
        if own_line and opening is not None:
            return [*([Splice(opening, opening, f" {empty}")] if empty else []), Splice(begin, until, "")]
        return [Splice(start, end, empty) if empty else Splice(len(text[:start].rstrip(" \t")), end, "")]
    if own_line:
        keep_end = place > 0 and _is_ended_by_line(text, children[place - 1])
        return [Splice(lines.start(text, start) if keep_end else begin, until, "")]
    following = lines.skip(text, end)
    return [Splice(start, end if text[end:following].strip() else following, "")]


def opening(text: str, node: Node, parent: Node, place: int) -> int:
    """Where the key or dash of a block collection ends, its own tag and anchor included."""
    if node.content(text) > node.start and (match := _PROPERTIES.match(text, node.start)):
        return match.end()
    if parent.kind == "mapping":
        return lines.skip(text, parent.entries[place][0].end) + 1
    return (parent.content(text) if place == 0 else lines.skip(text, parent.items[place - 1].end)) + 1


def _below(text: str, collection: Node) -> tuple[int, str]:
    """The end of the line that a new last entry or item goes below, and what ends that line."""
    if _ends_in_text(text, collection):
        detail = "the file ends in a block of text that has no line end, and would get one"
        raise EditRefused("block-scalar", detail, line=lines.number(text, collection.end))
    column = collection.column(text)
    place = lines.end(text, collection.end)
    ending = lines.ending(text, place)
    while (match := _COMMENT.match(text, place)) and len(match[1]) > column:
        place = match.end()
    return place, ending


def _opening_line(text: str, start: int) -> int:
    """The beginning of the line above a block and above the comments on its first entry."""
    while start > 0:
        start = lines.start(text, start - len(lines.ending_before(text, start)))
        content = text[start : lines.end(text, start)].strip()
        if content and not content.startswith("#"):
            break
    return start


def _ends_in_text(text: str, node: Node) -> bool:
    """Whether the file's last line is a block of text that would say something else if the line had an end."""
    return node.end == len(text) and _is_ended_by_line(text, node)


def _is_ended_by_line(text: str, node: Node) -> bool:
    while not node.flow and (node.entries or node.items):
        node = node.entries[-1][1] if node.entries else node.items[-1]
    header = node.content(text)
    return node.style in ("|", ">") and "-" not in text[header + 1 : header + 3]
