"""Sets, appends and removes parts of one YAML document by splicing its text: every other byte stays as it is.

What cannot be edited without touching more is refused by name, and every edit is parsed again and compared before it
is handed out.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from . import splice
from .documents import decode, parse
from .errors import EditRefused, NotYaml
from .node import Node, Value, line, plain
from .notation import Notation
from .splice import Splice

Path = tuple[str | int, ...]


class Absent(Enum):
    """The value of a field that is not there."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True, kw_only=True)
class Edit:
    """The file before and after; equal if there was nothing to do.

    `line` counts from 1 in `after`. `previous` is ABSENT where the path led to nothing of the document's own (a merge
    key may have supplied it). `created` is the number of parents that the edit made; where it put them, or the value,
    in the place of an empty parent, that one is `filled`. `remove` with these two as `parents` and `null` is the undo.
    """

    before: bytes
    after: bytes
    line: int
    previous: Value | Absent
    created: int = 0
    filled: bool = False


def set_value(data: bytes, document: int, path: Path, value: Value) -> Edit:
    """Set what `path` leads to in the document of that number, with the mappings on the way that are missing.

    Raises NotYaml, or EditRefused with the reason's name.
    """
    subject = _Subject(data, document, path)
    previous = ABSENT if subject.rest else plain(subject.found)
    if _same(_get(subject.document.value, path), value):
        return subject.unchanged(previous)
    subject.refuse_aliases()
    if subject.rest:
        return subject.insert(value)
    return subject.finish(subject.replace(value), _with(subject.document.value, path, value), previous)


def append(data: bytes, document: int, path: Path, value: Value) -> Edit:
    """Append an item to the list that `path` leads to, which is made if it is missing; nothing if it has an equal one.

    Raises NotYaml, or EditRefused with the reason's name.
    """
    subject = _Subject(data, document, path)
    previous = ABSENT if subject.rest else plain(subject.found)
    items = _get(subject.document.value, path)
    if isinstance(items, list) and any(_same(item, value) for item in items):
        return subject.unchanged(previous)
    subject.refuse_aliases()
    if subject.rest:
        return subject.insert([value], created=1)
    if previous is None:
        wanted = _with(subject.document.value, path, [value])
        return subject.finish(subject.replace([value]), wanted, previous, filled=True)
    if subject.found.kind != "sequence" or not isinstance(items, list):
        raise subject.refusal("not-a-list", "it is not a list")
    splices = splice.append(subject.document.text, subject.found, value, subject.notation(subject.nodes, value))
    return subject.finish(splices, _with(subject.document.value, path, [*items, value]), previous)


def remove(data: bytes, document: int, path: Path, *, parents: int = 0, null: bool = False) -> Edit:
    """Remove the entry or item that `path` leads to, and up to so many parents if nothing else is in them.

    A parent that is left empty becomes `{}` or `[]`, with `null` the empty value. Nothing is done where there is
    nothing. Raises NotYaml, or EditRefused with the reason's name.
    """
    subject = _Subject(data, document, path)
    if subject.rest:
        if not isinstance(_get(subject.document.value, path), Absent):
            raise subject.refusal("merge-key", "a merge key supplies it")
        return subject.unchanged(ABSENT)
    subject.refuse_aliases()
    previous = plain(subject.found)
    nodes, depth = subject.nodes, len(path)
    while parents and depth > 1 and _size(nodes[depth - 1]) == 1:
        depth, parents = depth - 1, parents - 1
    if depth == 0:
        raise subject.refusal("not-a-mapping", "a whole document cannot be removed")
    text, parent = subject.document.text, nodes[depth - 1]
    places = [_place(node, step) for node, step in zip(nodes, path[:depth], strict=False)]
    opening = splice.opening(text, parent, nodes[depth - 2], places[-2]) if depth > 1 and not parent.flow else None
    wanted = _without(subject.document.value, path[:depth])
    if null and _size(parent) == 1:
        wanted = _with(subject.document.value, path[: depth - 1], None)
    return subject.finish(splice.remove(text, parent, places[-1], opening, null=null), wanted, previous)


class _Subject:
    """A document and the nodes that a path leads through; `rest` of it leads to nothing."""

    def __init__(self, data: bytes, number: int, path: Path) -> None:
        self.data = data
        self.path = path
        self.number = number
        self.documents = parse(data)
        if not 0 <= number < len(self.documents):
            raise EditRefused("no-such-document", f"the file has {len(self.documents)} documents")
        self.document = self.documents[number]
        self.nodes = list(self._walk())
        self.found = self.nodes[-1]
        self.rest = path[len(self.nodes) - 1 :]

    def refusal(self, reason: str, detail: str, node: Node | None = None) -> EditRefused:
        """An error about the path, at the line of a node or of the last one that was found."""
        place = (node or self.found).start
        return EditRefused(reason, f"{_dotted(self.path)}: {detail}", line=self.document.line_of(place))

    def refuse_aliases(self) -> None:
        """Refuse a path that leads through an alias or to one."""
        for node in self.nodes:
            if node.kind == "alias":
                raise self.refusal("alias", "it is an alias, and what it stands for serves others", node)

    def unchanged(self, previous: Value | Absent) -> Edit:
        """An edit that has nothing to do."""
        return Edit(before=self.data, after=self.data, line=self.document.line_of(self.found.start), previous=previous)

    def insert(self, value: Value, *, created: int = 0) -> Edit:
        """Put the rest of the path there, with the value at its end."""
        text = self.document.text
        supplied = plain(self.found) if self.found.kind == "mapping" else None
        first, *inner = [step for step in self.rest if isinstance(step, str)] or [""]
        if len(inner) + 1 != len(self.rest):
            raise self.refusal("no-such-item", "there is no item of that number")
        if inner and isinstance(supplied, dict) and first in supplied:
            raise self.refusal("merge-key", f"a merge key supplies {first}")
        wanted = _with(self.document.value, self.path, value)
        nested: Any = value
        for step in reversed(inner):
            nested = {step: nested}
        if filled := supplied is None:
            splices = self.replace({first: nested})
        else:
            below_key = len(self.nodes) > 1
            notation = self.notation(self.nodes, nested)
            splices = splice.insert(text, self.found, first, nested, notation, below_key=below_key)
        return self.finish(splices, wanted, ABSENT, created=created + len(inner), filled=filled)

    def replace(self, value: Value) -> list[Splice]:
        """Put a value in the place of the scalar that was found."""
        node = self.found
        if node.kind != "scalar":
            raise self.refusal("not-a-scalar", f"it is a {node.kind}")
        if node.style in ("|", ">"):
            raise self.refusal("block-scalar", "it is a block of text")
        parent = self.nodes[-2] if len(self.nodes) > 1 else None
        return splice.replace(self.document.text, node, parent, value, self.notation(self.nodes[:-1], value))

    def notation(self, nodes: Sequence[Node], value: Value) -> Notation:
        """How values are written there."""
        return _notation(self.document.text, nodes, self.document.root, with_lists=isinstance(value, dict | list))

    def finish(
        self, splices: list[Splice], wanted: Value, previous: Value | Absent, *, created: int = 0, filled: bool = False
    ) -> Edit:
        """The edit, once it has been read again and found to be what was wanted."""
        _, mark = decode(self.data)
        text = splice.apply(self.document.text, splices)
        after = (mark + text).encode()
        if not self._is(after, wanted):
            shared = {alias.target for alias in _nodes(self.document.root) if alias.target is not None}
            if shared.intersection([*self.nodes, *_nodes(self.found)]):
                raise self.refusal("shared-anchor", "an alias elsewhere stands for the same value")
            raise self.refusal("verification", "the edit would change more than that")
        start, _, new = min(splices)
        place = min(start + len(new) - len(new.lstrip()), len(text))
        return Edit(
            before=self.data,
            after=after,
            line=line(text, place),
            previous=previous,
            created=created,
            filled=filled,
        )

    def _is(self, after: bytes, wanted: Value) -> bool:
        try:
            documents = parse(after)
            if len(documents) != len(self.documents) or not _same(documents[self.number].value, wanted):
                return False
        except NotYaml:
            return False
        pairs = zip(documents, self.documents, strict=True)
        others = all(new.source == old.source for new, old in pairs if old is not self.document)
        return others and (_is_json(after) or not _is_json(self.data))

    def _walk(self) -> Iterator[Node]:
        node = self.document.root
        if node is None:
            raise EditRefused("not-a-mapping", "the document is empty", line=self.document.line)
        if node.child("sops"):
            raise EditRefused("sops", "the document is encrypted by SOPS", line=self.document.line)
        if template := next((each for each in _nodes(node) if _is_template(each)), None):
            raise EditRefused("template", "it is a template", line=self.document.line_of(template.start))
        for step in (*self.path, None):
            yield node
            node = node.target or node
            if node.duplicate:
                line = self.document.line_of(node.start)
                raise EditRefused("duplicate-key", f"the key {node.duplicate} is written twice", line=line)
            if step is None:
                return
            if node.kind != ("sequence" if isinstance(step, int) else "mapping") and not _is_null(node):
                line = self.document.line_of(node.start)
                raise EditRefused("not-a-mapping", f"{_dotted(self.path)}: {step} has no place in it", line=line)
            child = node.child(step)
            if child is None:
                return
            node = child


def _notation(text: str, nodes: Sequence[Node], root: Node | None, *, with_lists: bool) -> Notation:
    model = next((node for node in reversed(nodes) if node.entries), None)
    first = model.entries[0][0] if model else None
    quote = first.style if first and first.style in ("'", '"') else None
    flow = bool(nodes and nodes[-1].flow)
    step, dash = _indentation(text, nodes, root) if with_lists and not flow else (2, 2)
    if not (flow and model and model.flow and quote == '"'):
        json_file = bool(flow and root and root.flow and not model)
        return Notation(json=json_file, quote=quote, step=step, dash=dash)
    key, value = model.entries[0]
    colon = text[key.end : value.start] if not text[key.end : value.start].strip(": \t") else ": "
    comma = ", " if colon.endswith((" ", "\t")) else ","
    if len(model.entries) > 1:
        gap = text[value.end : model.entries[1][0].start]
        comma = gap if not gap.strip(", ") else comma
    return Notation(json=True, colon=colon, comma=comma)


def _indentation(text: str, nodes: Sequence[Node], root: Node | None) -> tuple[int, int]:
    """What mappings and lists are indented by below their keys: as the nearest ones, else as the document's first."""
    pairs = [*zip(nodes[-2::-1], nodes[:0:-1], strict=False)]
    steps = [*_offsets(text, pairs, "mapping"), *_offsets(text, _pairs(root), "mapping"), 2]
    return steps[0], next(_offsets(text, _pairs(root), "sequence"), 2)


def _offsets(text: str, pairs: Any, kind: str) -> Iterator[int]:
    for parent, child in pairs:
        if parent.kind == "mapping" and child.kind == kind and not child.flow and not parent.flow:
            yield splice.column(text, child) - splice.column(text, parent)


def _pairs(node: Node | None) -> Iterator[tuple[Node, Node]]:
    for parent in _nodes(node):
        for _, child in parent.entries:
            yield parent, child


def _nodes(node: Node | None) -> Iterator[Node]:
    pending = [node] if node else []
    while pending:
        node = pending.pop()
        yield node
        pending += [part for entry in node.entries for part in entry]
        pending += node.items


def _is_template(node: Node) -> bool:
    """`{{ … }}` parses as a mapping with a mapping for a key."""
    return node.flow and any(key.kind == "mapping" and key.flow for key, _ in node.entries)


def _is_null(node: Node) -> bool:
    return node.kind == "scalar" and plain(node) is None


def _is_json(data: bytes) -> bool:
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return False
    try:
        json.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except ValueError:
        return False
    return True


def _size(node: Node) -> int:
    return len(node.entries or node.items)


def _place(node: Node, step: str | int) -> int:
    if isinstance(step, int):
        return step
    return next(place for place, (key, _) in enumerate(node.entries) if key.key == step)


def _get(value: Any, path: Path) -> Value | Absent:
    for step in path:
        known: Any = range(len(value)) if isinstance(value, list) else value if isinstance(value, dict) else ()
        if step not in known:
            return ABSENT
        value = value[step]
    return value  # type: ignore[no-any-return]


def _with(value: Any, path: Path, new: Value) -> Any:
    """A copy of a value with another one at the path."""
    if not path:
        return new
    copy: Any = dict(value or {}) if isinstance(path[0], str) else list(value)
    copy[path[0]] = _with(_get(value, path[:1]) if _get(value, path[:1]) is not ABSENT else {}, path[1:], new)
    return copy


def _without(value: Any, path: Path) -> Any:
    if len(path) > 1:
        return _with(value, path[:1], _without(value[path[0]], path[1:]))
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    del copy[path[0]]
    return copy


def _same(one: object, other: object) -> bool:
    """Equal, and of the same types: 0 is neither false nor 0.0."""
    if ABSENT in (one, other):
        return False
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _dotted(path: Path) -> str:
    return ".".join(map(str, path))
