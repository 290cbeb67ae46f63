"""Sets, appends and removes parts of one YAML document by splicing its text: every other byte stays as it is.

What cannot be edited without touching more is refused by name, and every edit is parsed again and compared before it
is handed out.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import EditRefused, NotYaml
from . import block, flow, lines, splice, style
from .documents import decode, parse
from .nodes import Node, plain
from .splice import Splice
from .values import ABSENT, Absent, Value, YamlPath, at, dotted, put, same

__all__ = ["ABSENT", "Absent", "Edit", "YamlPath", "append", "remove", "set_value"]


@dataclass(frozen=True, kw_only=True)
class Edit:
    """The file before and after; equal if there was nothing to do.

    `line` counts from 1 in `after`. `previous` is ABSENT where the path led to nothing of the document's own (a merge
    key may have supplied it). `created` is the number of parents that the edit made; `filled` if it put them, or the
    value, in the place of an empty one. `remove` with these two as `parents` and `null` is the undo.
    """

    before: bytes
    after: bytes
    line: int
    previous: Value | Absent
    created: int = 0
    filled: bool = False


def set_value(data: bytes, document: int, path: YamlPath, value: Value) -> Edit:
    """Set what `path` leads to in the document of that number, with the mappings on the way that are missing.

    Raises NotYaml, or EditRefused with the reason's name.
    """
    subject = _Subject(data, document, path)
    if same(subject.effective, value):
        return subject.unchanged()
    subject.refuse_aliases()
    if subject.rest:
        return subject.insert(value)
    return subject.finish(subject.replace(value), put(subject.document.value, path, value))


def append(data: bytes, document: int, path: YamlPath, value: Value) -> Edit:
    """Append an item to the list that `path` leads to, which is made if it is missing; nothing if it has an equal one.

    Raises NotYaml, or EditRefused with the reason's name.
    """
    subject = _Subject(data, document, path)
    items = subject.effective
    if isinstance(items, list) and any(same(item, value) for item in items):
        return subject.unchanged()
    subject.refuse_aliases()
    if subject.rest and items is not ABSENT:
        raise subject.refusal("merge-key", "a merge key supplies it")
    if subject.rest:
        return subject.insert([value], created=1)
    if subject.previous is None:
        return subject.finish(subject.replace([value]), put(subject.document.value, path, [value]), filled=True)
    if not isinstance(items, list):
        raise subject.refusal("not-a-list", "it is not a list")
    return subject.finish(subject.append(value), put(subject.document.value, path, [*items, value]))


def remove(data: bytes, document: int, path: YamlPath, *, parents: int = 0, null: bool = False) -> Edit:
    """Remove the entry or item that `path` leads to, and up to so many parents if nothing else is in them.

    A parent that is left empty becomes `{}` or `[]`, with `null` the empty value. Nothing is done where there is
    nothing. Raises NotYaml, or EditRefused with the reason's name.
    """
    subject = _Subject(data, document, path)
    if subject.rest:
        if subject.effective is not ABSENT:
            raise subject.refusal("merge-key", "a merge key supplies it")
        return subject.unchanged()
    subject.refuse_aliases()
    depth = len(path)
    while parents and depth > 1 and subject.nodes[depth - 1].size == 1:
        depth, parents = depth - 1, parents - 1
    if depth == 0:
        raise subject.refusal("not-a-mapping", "a whole document cannot be removed")
    left = (
        None
        if null and subject.nodes[depth - 1].size == 1
        else plain(subject.nodes[depth - 1].without(path[depth - 1]))
    )
    return subject.finish(subject.remove(depth, null=null), put(subject.document.value, path[: depth - 1], left))


class _Subject:
    """A document and the nodes that a path leads through; the `rest` of the path leads to nothing."""

    def __init__(self, data: bytes, number: int, path: YamlPath) -> None:
        self.data = data
        self.path = path
        self.number = number
        self.documents = parse(data)
        if not 0 <= number < len(self.documents):
            raise EditRefused("no-such-document", f"the file has {len(self.documents)} documents")
        self.document = self.documents[number]
        self.text = self.document.text
        self.nodes = list(self._walk())
        self.found = self.nodes[-1]
        self.parent = self.nodes[-2] if len(self.nodes) > 1 else None
        self.rest = path[len(self.nodes) - 1 :]
        self.effective = at(self.document.value, path)
        self.previous = ABSENT if self.rest else plain(self.found)

    def refusal(self, reason: str, detail: str, node: Node | None = None) -> EditRefused:
        """An error about the path, at the line of a node or of the last one that was found."""
        place = (node or self.found).start
        return EditRefused(reason, f"{dotted(self.path)}: {detail}", line=self.document.line_of(place))

    def refuse_aliases(self) -> None:
        """Refuse a path that leads through an alias or to one."""
        for node in self.nodes:
            if node.kind == "alias":
                raise self.refusal("alias", "it is an alias, and what it stands for serves others", node)

    def unchanged(self) -> Edit:
        """An edit that has nothing to do."""
        line = self.document.line_of(self.found.start)
        return Edit(before=self.data, after=self.data, line=line, previous=self.previous)

    def replace(self, value: Value) -> list[Splice]:
        """Put a value in the place of the scalar that was found."""
        if self.found.kind != "scalar":
            raise self.refusal("not-a-scalar", f"it is a {self.found.kind}")
        if self.found.style in ("|", ">"):
            raise self.refusal("block-scalar", "it is a block of text")
        notation = style.around(self.text, self.nodes[:-1], value)
        return splice.replace(self.text, self.found, self.parent, value, notation)

    def insert(self, value: Value, *, created: int = 0) -> Edit:
        """Put the rest of the path there, with the value at its end."""
        if not all(isinstance(step, str) for step in self.rest):
            raise self.refusal("no-such-item", "there is no item of that number")
        first, *inner = map(str, self.rest)
        if inner and at(plain(self.found), (first,)) is not ABSENT:
            raise self.refusal("merge-key", f"a merge key supplies {first}")
        nested: Any = value
        for step in reversed(inner):
            nested = {step: nested}
        filled = self.found.kind == "scalar"
        splices = self.replace({first: nested}) if filled else self._enter(first, nested)
        wanted = put(self.document.value, self.path, value)
        return self.finish(splices, wanted, created=created + len(inner), filled=filled)

    def append(self, value: Value) -> list[Splice]:
        """Put an item into the list that was found."""
        notation = style.around(self.text, self.nodes, value)
        if unfolded := self._unfold([value], value):
            return unfolded
        if self.found.flow:
            return flow.append(self.text, self.found, value, notation)
        return block.append(self.text, self.found, value, notation)

    def remove(self, depth: int, *, null: bool) -> list[Splice]:
        """Take out what the path leads to after `depth` steps."""
        parent = self.nodes[depth - 1]
        place = parent.place(self.path[depth - 1]) or 0
        if parent.flow and null and parent.size == 1:
            return [Splice(parent.content(self.text), parent.end, "null")]
        if parent.flow:
            return flow.remove(self.text, parent, place)
        opening = None
        if depth > 1:
            above = self.nodes[depth - 2]
            opening = block.opening(self.text, parent, above, above.place(self.path[depth - 2]) or 0)
        return block.remove(self.text, parent, place, opening, null=null)

    def finish(self, splices: list[Splice], wanted: Value, *, created: int = 0, filled: bool = False) -> Edit:
        """The edit, once it has been read again and found to be what was wanted."""
        text = splice.apply(self.text, splices)
        after = (decode(self.data)[1] + text).encode()
        if not self._is(after, wanted):
            shared = {node.target for node in self.nodes[0].descendants() if node.target}
            if shared.intersection([*self.nodes, *self.found.descendants()]):
                raise self.refusal("shared-anchor", "an alias elsewhere stands for the same value")
            raise self.refusal("verification", "the edit would change more than that")
        start, _, new = min(splices)
        line = lines.number(text, min(start + len(new) - len(new.lstrip()), len(text)))
        return Edit(
            before=self.data, after=after, line=line, previous=self.previous, created=created, filled=filled
        )  # fmt: skip

    def _enter(self, key: str, value: Value) -> list[Splice]:
        notation = style.around(self.text, self.nodes, value)
        if unfolded := self._unfold({key: value}, value):
            return unfolded
        if self.found.flow:
            return flow.insert(self.text, self.found, key, value, notation)
        return block.insert(self.text, self.found, key, value, notation, below_key=self.parent is not None)

    def _unfold(self, whole: Value, part: Value) -> list[Splice] | None:
        """A block in the place of `{}` or `[]` behind a key, for a value that would be hard to read in a flow."""
        node, parent = self.found, self.parent
        if node.size or not node.flow or parent is None or parent.flow or parent.kind != "mapping":
            return None
        if self.text[node.start - 2 : node.end] not in (": {}", ": []") or not isinstance(part, dict | list):
            return None
        notation = style.around(self.text, self.nodes[:-1], whole)
        empty = Splice(node.start - 1, node.end, "")
        return [empty, *splice.fill(self.text, node.end, parent, whole, notation)]

    def _is(self, after: bytes, wanted: Value) -> bool:
        try:
            documents = parse(after)
            if len(documents) != len(self.documents) or not same(documents[self.number].value, wanted):
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
        if template := self._template(node):
            raise EditRefused("template", "the document is a template", line=self.document.line_of(template.start))
        for step in (*self.path, None):
            yield node
            node = node.target or node
            line = self.document.line_of(node.start)
            if node.duplicate:
                raise EditRefused("duplicate-key", f"the key {node.duplicate} is written twice", line=line)
            if step is None:
                return
            if node.kind != ("sequence" if isinstance(step, int) else "mapping") and plain(node) is not None:
                raise EditRefused("not-a-mapping", f"{dotted(self.path)}: there is a {node.kind} instead", line=line)
            child = node.child(step)
            if child is None:
                return
            node = child

    def _template(self, root: Node) -> Node | None:
        """What `{{ … }}` parses as: a mapping that has a mapping for a key."""
        if "{{" not in self.document.source:
            return None
        nodes = (node for node in root.descendants() if node.flow)
        return next((node for node in nodes for key, _ in node.entries if key.kind == "mapping" and key.flow), None)


def _is_json(data: bytes) -> bool:
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return False
    try:
        json.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except ValueError:
        return False
    return True
