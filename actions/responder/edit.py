"""Sets one field of one YAML document by splicing its text: every byte outside the field stays as it is.

What cannot be edited without touching more is refused by name, and every edit is parsed again and compared before it
is handed out.
"""

import copy
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from .documents import Document, Node, Value, decode, parse, plain
from .errors import EditRefused

Path = tuple[str | int, ...]


class Absent(Enum):
    """The value of a field that is not there."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
_ANCHOR = re.compile(r"(?:!\S*\s+)?(&\S+\s+)")
_LINE_END = re.compile("\r\n|\n|\r")


@dataclass(frozen=True, kw_only=True)
class Edit:
    """The file before and after; `line` counts from 1 in `after`, `previous` is ABSENT where the field was missing."""

    before: bytes
    after: bytes
    line: int
    previous: Value | Absent


def set_value(data: bytes, document: int, path: Path, value: bool | int | str) -> Edit:
    """Set the scalar at `path` in the document of that number, inserted as its mapping's first key if it is missing.

    Where it is set already, the edit changes nothing. Raises NotYaml, or EditRefused with the reason's name.
    """
    documents = parse(data)
    text, bom = decode(data)
    root = documents[document].root
    parent = _parent(root, path)
    node = _child(parent, path[-1])
    previous = ABSENT if node is None else plain(node)
    if previous is not ABSENT and _same(previous, value):
        return Edit(before=data, after=data, line=node.line if node else 1, previous=previous)
    _check_anchors(root, path)
    start, end, new = _replacement(text, node, value) if node else _insertion(text, parent, path, value)
    after = (bom + text[:start] + new + text[end:]).encode()
    _verify(documents, parse(after), document, path, value)
    line = _line(text[:start] + new[: len(new) - len(new.lstrip())])
    return Edit(before=data, after=after, line=line, previous=previous)


def _parent(root: Node | None, path: Path) -> Node:
    """The mapping that holds the last key of `path`."""
    if root is None or (root.kind == "mapping" and root.find("sops")):
        raise EditRefused("sops" if root else "not-a-mapping", "the document is encrypted by SOPS" if root else "empty")
    node = root
    for key in path[:-1]:
        child = _child(node, key)
        if child is None:
            raise EditRefused("not-a-mapping", f"the document has no {key}", line=node.line)
        node = child
    if node.kind == "alias":
        raise EditRefused("alias", "its mapping is an alias, and what it stands for serves others", line=node.line)
    if node.kind != "mapping":
        raise EditRefused("not-a-mapping", f"{_dotted(path[:-1])} is not a mapping", line=node.line)
    return node


def _child(node: Node, key: str | int) -> Node | None:
    """What a key or an index leads to; refused where it is not clear or not this node's own."""
    if isinstance(key, int):
        return node.items[key]
    keys = [name.resolved.text for name, _ in node.entries]
    if doubled := next((name for name in keys if keys.count(name) > 1), None):
        raise EditRefused("duplicate-key", f"the key {doubled} is written twice", line=node.line)
    return next(iter(node.find(key)), None)


def _check_anchors(root: Node | None, path: Path) -> None:
    """Refuse where a node on the path has an anchor that an alias uses."""
    node, used = root, {id(alias.target) for alias in _nodes(root) if alias.target is not None}
    for key in (*path, None):
        if node is None:
            return
        if id(node) in used:
            raise EditRefused("shared-anchor", "an alias elsewhere stands for the same value", line=node.line)
        node = None if key is None else _child(node, key)


def _replacement(text: str, node: Node, value: bool | int | str) -> tuple[int, int, str]:
    if node.kind == "alias":
        raise EditRefused("alias", "the value is an alias, and what it stands for serves others", line=node.line)
    if node.kind != "scalar":
        raise EditRefused("not-a-scalar", "the value is a mapping or a list (a template?)", line=node.line)
    if node.style in ("|", ">"):
        raise EditRefused("block-scalar", "the value is a block of text", line=node.line)
    anchor = _ANCHOR.match(text, node.start, node.end)
    new = (anchor[1] if anchor else "") + json.dumps(value)
    if node.start == node.end and text[node.start - 1 : node.start].strip():
        new = f" {new}"
    return node.start, node.end, new


def _insertion(text: str, mapping: Node, path: Path, value: bool | int | str) -> tuple[int, int, str]:
    """As the first entry: whatever follows, comments too, keeps its neighbours."""
    if not mapping.entries:
        place = mapping.end - 1
        return place, place, f"{path[-1]}: {json.dumps(value)}"
    first = mapping.entries[0][0]
    quoted = mapping.flow and first.style == '"'
    entry = f"{json.dumps(path[-1]) if quoted else path[-1]}: {json.dumps(value)}"
    if mapping.flow:
        opening = text.index("{", mapping.start) + 1
        between = text[opening : first.start]
        space = between if between.isspace() and _LINE_END.search(between) else " "
        return first.start, first.start, f"{entry},{space}"
    before = text[: first.start]
    if before.rstrip(" ").endswith("?"):
        raise EditRefused("explicit-key", "the mapping begins with an explicit key", line=first.line)
    starts = [0, *(match.end() for match in _LINE_END.finditer(before))]
    indent = before[starts[-1] :]
    if indent.strip():  # the mapping begins on the line of a list's dash
        return first.start, first.start, f"{entry}{_line_end(text)}{' ' * len(indent)}"
    place = _below_opening_line(before, starts)
    return place, place, f"{indent}{entry}{_line_end(text)}"


def _below_opening_line(before: str, starts: list[int]) -> int:
    """Where the first line after the key that the mapping belongs to begins: above comments on its first entry."""
    place = starts[-1]
    for start in reversed(starts[:-1]):
        line = before[start:place].strip()
        if line and not line.startswith("#"):
            break
        place = start
    return place


def _verify(before: Sequence[Document], after: Sequence[Document], document: int, path: Path, value: Value) -> None:
    wanted = [copy.deepcopy(each.value) for each in before]
    holder: Any = wanted[document]
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    if not _same(wanted, [each.value for each in after]):
        raise EditRefused("verification", f"setting {_dotted(path)} would change more than that")


def _same(one: object, other: object) -> bool:
    """Equal, and of the same types: 0 is neither false nor 0.0."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _nodes(node: Node | None) -> Iterator[Node]:
    if node is not None:
        yield node
        for key, value in node.entries:
            yield from _nodes(key)
            yield from _nodes(value)
        for item in node.items:
            yield from _nodes(item)


def _line_end(text: str) -> str:
    found = _LINE_END.search(text)
    return found[0] if found else "\n"


def _line(text: str) -> int:
    return len(_LINE_END.findall(text)) + 1


def _dotted(path: Path) -> str:
    return ".".join(map(str, path))
