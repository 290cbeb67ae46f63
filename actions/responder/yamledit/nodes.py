"""The nodes of one YAML document with their exact places in its text, and what they say in plain Python.

Built on PyYAML's parse events, because its composer refuses anchors that are used again, which Flux accepts, forgets
keys that are written twice, and does not know where a block ends.
"""

import copy
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import yaml

from ..errors import NotYaml
from . import lines
from .scalars import implicit, tagged
from .values import ALIASED_LIMIT, LEVEL_LIMIT, Value

__all__ = ["C_PARSER", "Node", "Value", "check", "compose", "plain"]

C_PARSER: bool = yaml.__with_libyaml__  # without it everything is the same, some ten times slower

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ENDS = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
_PROPERTY = re.compile(rf"(?:!<[^>]*>|![^\s,\[\]{{}}]*|&[-\w]+)(?:[ \t{lines.BREAKS}]+|#[^{lines.BREAKS}]*)*")
_KEEP = re.compile(r"[|>][0-9]?\+")


class Node:
    """A node and its place in the text: from its tag or anchor to where its own text ends, without a line break."""

    tag: str | None = None
    anchor: str | None = None
    text: str = ""
    style: str | None = None
    plain: bool = False  # a scalar that its looks alone give a type
    flow: bool = False
    bare: bool = False  # the empty value of a key that has no colon
    entries: Sequence[tuple["Node", "Node"]] = ()
    items: Sequence["Node"] = ()
    target: "Node | None" = None  # of an alias

    def __init__(self, kind: Literal["scalar", "mapping", "sequence", "alias"], start: int, end: int) -> None:
        self.kind = kind
        self.start = start
        self.end = end

    @property
    def key(self) -> str:
        """What it is called as a key of a JSON object."""
        value = _scalar(self) if self.kind == "scalar" else plain(self)
        return value if isinstance(value, str) else json.dumps(value)

    @property
    def duplicate(self) -> str | None:
        """A key that the mapping has twice."""
        keys = [key.key for key, _ in self.entries]
        return next((key for key in keys if keys.count(key) > 1), None) if len(set(keys)) < len(keys) else None

    @property
    def size(self) -> int:
        """How many entries or items it has."""
        return len(self.entries or self.items)

    def index_of(self, step: str | int) -> int | None:
        """Return the index of the entry or item that a key or an index leads to; merged keys have none."""
        if isinstance(step, int):
            return step if 0 <= step < len(self.items) else None
        return next((index for index in reversed(range(len(self.entries))) if self.entries[index][0].key == step), None)

    def child(self, step: str | int) -> "Node | None":
        """Return the node that a key or an index leads to."""
        index = self.index_of(step)
        if index is None:
            return None
        return self.items[index] if isinstance(step, int) else self.entries[index][1]

    def without(self, step: str | int) -> "Node":
        """Return a copy that lacks the entry or item that a key or an index leads to."""
        index = self.index_of(step)
        remainder = copy.copy(self)
        remainder.entries = [entry for number, entry in enumerate(self.entries) if number != index]
        remainder.items = [item for number, item in enumerate(self.items) if number != index]
        return remainder

    def descendants(self) -> "Iterator[Node]":
        """The node itself and all below it, keys too, aliases as such; in the order of the text."""
        pending = [self]
        while pending:
            node = pending.pop()
            yield node
            pending += reversed(node.items or [part for entry in node.entries for part in entry])

    def pairs(self) -> "Iterator[tuple[Node, Node]]":
        """All values of mappings in it, each with its mapping."""
        return ((node, value) for node in self.descendants() for _, value in node.entries)

    def content(self, text: str) -> int:
        """Return where it begins behind its tag and anchor."""
        offset = self.start
        if self.kind == "scalar" and self.plain and not self.text:
            return self.end
        if self.tag is not None or self.anchor is not None:
            while offset < self.end and (match := _PROPERTY.match(text, offset)):
                offset = match.end()
        return offset

    def column(self, text: str) -> int:
        """Return the column, from 0, of what it begins with behind its tag and anchor."""
        content = self.content(text)
        return content - lines.start(text, content)


def check(text: str) -> None:
    """Raise yaml.YAMLError unless the text is YAML."""
    loader = _LOADER(text)
    if C_PARSER:
        loader.raw_parse()
        return
    while loader.get_event() is not None:
        pass


def compose(text: str, start: int, end: int) -> Node | None:
    """Return the root of the one document in that part of the text, None if it is empty. Raise NotYaml."""
    try:
        return _Composer(text, start, end).document()
    except yaml.YAMLError as error:  # the parser goes on where a directive follows a document that nothing ends
        raise NotYaml("it has a directive inside of a document", line=lines.number(text, start)) from error


def plain(node: Node) -> Value:
    """Return the value of a node: aliases and merge keys resolved, the later of two equal keys. Raise NotYaml."""
    return _Reader().value(node)


class _Composer:
    def __init__(self, text: str, start: int, end: int) -> None:
        self._text = text
        self._base = start
        self._next = _LOADER(text[start:end]).get_event
        self._anchors: dict[str, Node] = {}

    def document(self) -> Node | None:
        while (event := self._next()) is not None:
            if type(event) is yaml.DocumentStartEvent:
                root = self._node(self._next(), 0)
                empty = root.kind == "scalar" and root.start == root.end
                return None if empty else root
        return None

    def _node(self, event: Any, depth: int) -> Node:
        kind = type(event)
        start, end = self._base + event.start_mark.index, self._base + event.end_mark.index
        if kind is yaml.ScalarEvent:
            node = Node("scalar", start, end)
            node.text, node.style, node.plain = event.value, event.style, event.implicit[0]
        elif kind is yaml.AliasEvent:
            return self._alias(event, start, end)
        else:
            node = Node("mapping" if kind is yaml.MappingStartEvent else "sequence", start, end)
            node.flow = bool(event.flow_style)
        if event.tag != "!":  # which both parsers take for none
            node.tag = event.tag
        if event.anchor is not None:
            node.anchor = event.anchor
            self._anchors[event.anchor] = node
        if kind is not yaml.ScalarEvent:
            self._collect(node, depth + 1)
        elif node.style in ("|", ">"):
            node.end = self._block_end(node)
        return node

    def _alias(self, event: Any, start: int, end: int) -> Node:
        if event.anchor not in self._anchors:
            raise NotYaml(
                f"it has an alias to {event.anchor}, which is nothing yet", line=lines.number(self._text, start)
            )
        node = Node("alias", start, end)
        node.target = self._anchors[event.anchor]
        return node

    def _collect(self, node: Node, depth: int) -> None:
        if depth > LEVEL_LIMIT:
            raise NotYaml("it is nested too deeply", line=lines.number(self._text, node.start))
        following = self._next
        event: Any
        last = node
        if node.kind == "mapping":
            node.entries = entries = []
            while type(event := following()) not in _ENDS:
                key, last = self._node(event, depth), self._node(following(), depth)
                if last.start == last.end:
                    self._settle(key, last)
                entries.append((key, last))
        else:
            node.items = items = []
            while type(event := following()) not in _ENDS:
                last = self._node(event, depth)
                items.append(last)
        closed = node.flow and event.end_mark.index > event.start_mark.index  # a pair in a list has no braces
        node.end = self._base + event.end_mark.index if closed else last.end

    def _settle(self, key: Node, value: Node) -> None:
        """Put an empty value behind its colon; the parser puts some where the next token begins."""
        colon = lines.skip(self._text, key.end)
        value.bare = self._text[colon : colon + 1] != ":"
        value.start = value.end = key.end if value.bare else colon + 1

    def _block_end(self, node: Node) -> int:
        """Where a block of text ends: empty lines behind it are its own only if they are kept."""
        block = self._text[node.start : node.end]
        if not _KEEP.match(self._text, node.content(self._text)):
            return node.start + len(block.rstrip(lines.BREAKS))
        cut = 2 if block.endswith("\r\n") else 1 if block[-1:] in lines.BREAKS else 0
        return node.end - cut


class _Reader:
    """Reads nodes as values; what aliases stand for is read anew, so that no two values are one object."""

    def __init__(self) -> None:
        self._open: list[Node] = []
        self._left = ALIASED_LIMIT

    def value(self, node: Node) -> Value:
        if self._open:
            self._left -= 1
        if node.kind == "scalar":
            return _scalar(node)
        if node.kind == "mapping":
            return self._mapping(node)
        if node.kind == "sequence":
            return [self.value(item) for item in node.items]
        return self._aliased(node)

    def _aliased(self, node: Node) -> Value:
        target = node.target
        if target is None or target in self._open or self._left < 0:
            raise NotYaml("its aliases have no end", line=None)
        self._open.append(target)
        value = self.value(target)
        self._open.pop()
        return value

    def _mapping(self, node: Node) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        direct: dict[str, Any] = {}
        for key, value in node.entries:
            if key.text == "<<" and key.plain:
                bases = self.value(value)
                for part in reversed(bases if isinstance(bases, list) else [bases]):
                    merged |= part if isinstance(part, dict) else {}
            else:
                direct[key.key] = self.value(value)
        return merged | direct if merged else direct


def _scalar(node: Node) -> Value:
    if node.tag is not None:
        return tagged(node.tag, node.text)
    return implicit(node.text) if node.plain else node.text
