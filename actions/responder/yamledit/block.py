"""Entries and items of collections in block style.

A new key goes where it moves nobody's comment. Below a key, it becomes the first line: what follows keeps its
neighbours, and `spec.replicas` stands where people look for it. In any other mapping (the whole document, an item of a
list), whose first line is not only its own, it goes behind the last entry and the comments below that are indented
deeper. A new item goes behind the item before it in the same way, and the first item above the comments of the next.
"""

import re

from ..errors import EditRefused
from . import lines
from .nodes import Node
from .notation import Notation
from .splice import Splice
from .values import Value

_COMMENT = re.compile(r"(?:(?:\r\n|\n|\r)[ \t]*)*?(?:\r\n|\n|\r)( *)#[^\r\n]*")
_PROPERTIES = re.compile(r"[!&]\S*(?:\s+[!&]\S*)?")


def insert_entry(
    text: str, mapping: Node, key: str, value: Value, notation: Notation, *, below_key: bool
) -> list[Splice]:
    """Return the splices that put a new entry into a mapping: the root, or one `below_key`, which is any other."""
    first = mapping.content(text)
    start = lines.start(text, first)
    if text[start:first].strip(" ") or not (below_key or _ends_in_text(text, mapping)):
        offset = _end_of_last(text, mapping)
        entry = notation.at(text, offset).entry_lines(key, value)
        return [_below(text, offset, entry, mapping.column(text))]
    entry = notation.entry_lines(key, value)
    if below_key:
        return [_below(text, lines.end(text, _opening_line(text, start)), entry, first - start)]
    ending = lines.ending(text, lines.end(text, start))
    return [Splice(start, start, lines.above(entry, ending, first - start))]


def insert_item(
    text: str, sequence: Node, index: int, value: Value, notation: Notation, *, below_key: bool
) -> list[Splice]:
    """Return the splices that put a new item before the one at an index, or last."""
    column = sequence.column(text)
    if index == len(sequence.items):
        offset = _end_of_last(text, sequence)
        return [_below(text, offset, notation.at(text, offset).item_lines(value), column)]
    item = notation.item_lines(value)
    if index:
        return [_below(text, _end_of_comments(text, sequence.items[index - 1].end, column), item, column)]
    first = sequence.content(text)
    start = lines.start(text, first)
    if below_key:
        return [_below(text, lines.end(text, _opening_line(text, start)), item, column)]
    ending = lines.ending(text, lines.end(text, start))
    return [Splice(first, first, lines.above(item, ending + " " * column, 0))]


def remove(text: str, parent: Node, index: int, opening: int | None, *, leave_null: bool) -> list[Splice]:
    """Return the splices that remove an entry or item with its lines.

    What is left empty becomes `{}` or `[]`, with `leave_null` nothing at all. `opening` is where the key or dash of the
    parent ends, None for the root.
    """
    children = parent.items or [value for _, value in parent.entries]
    start = parent.content(text) if index == 0 else lines.skip(text, children[index - 1].end)
    end = children[index].end
    has_own_line = not text[lines.start(text, start) : start].strip(" \t")
    begin, until = lines.whole(text, start, end)
    if len(children) == 1:
        empty = "" if leave_null else "{}" if parent.kind == "mapping" else "[]"
        if has_own_line and opening is not None:
            return [*([Splice(opening, opening, f" {empty}")] if empty else []), Splice(begin, until, "")]
        return [Splice(start, end, empty) if empty else Splice(len(text[:start].rstrip(" \t")), end, "")]
    if has_own_line:
        keep_end = index > 0 and _is_ended_by_line(text, children[index - 1])
        return [Splice(lines.start(text, start) if keep_end else begin, until, "")]
    following = lines.skip(text, end)
    return [Splice(start, end if text[end:following].strip() else following, "")]


def opening(text: str, node: Node, parent: Node, index: int) -> int:
    """Return where the key or dash of a block collection ends, the collection's own tag and anchor included."""
    if node.content(text) > node.start and (match := _PROPERTIES.match(text, node.start)):
        return match.end()
    if parent.kind == "mapping":
        return lines.skip(text, parent.entries[index][0].end) + 1
    return (parent.content(text) if index == 0 else lines.skip(text, parent.items[index - 1].end)) + 1


def _below(text: str, offset: int, written: list[str], column: int) -> Splice:
    """Return the splice that puts lines below the line that ends at an offset."""
    return Splice(offset, offset, lines.below(written, lines.ending(text, offset), column))


def _end_of_last(text: str, collection: Node) -> int:
    """Return the end of the line that a new last entry or item goes below."""
    if _ends_in_text(text, collection):
        detail = "the file ends in a block of text that has no line end, and would get one"
        raise EditRefused("block-scalar", detail, line=lines.number(text, collection.end))
    return _end_of_comments(text, collection.end, collection.column(text))


def _end_of_comments(text: str, offset: int, column: int) -> int:
    """Return the end of the line of an offset and of the comments below it that are indented deeper than a column."""
    end = lines.end(text, offset)
    while (match := _COMMENT.match(text, end)) and len(match[1]) > column:
        end = match.end()
    return end


def _opening_line(text: str, start: int) -> int:
    """Return the start of the line above a block and above the comments on its first entry."""
    while start > 0:
        start = lines.start(text, start - len(lines.ending_before(text, start)))
        content = text[start : lines.end(text, start)].strip()
        if content and not content.startswith("#"):
            break
    return start


def _ends_in_text(text: str, node: Node) -> bool:
    """Return whether the file's last line is a block of text that would differ if the line had an end."""
    return node.end == len(text) and _is_ended_by_line(text, node)


def _is_ended_by_line(text: str, node: Node) -> bool:
    while not node.flow and (node.entries or node.items):
        node = node.entries[-1][1] if node.entries else node.items[-1]
    header = node.content(text)
    return node.style in ("|", ">") and "-" not in text[header + 1 : header + 3]
