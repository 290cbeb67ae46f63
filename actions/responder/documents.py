"""The YAML documents of a file as nodes with their exact places in the text. Decides nothing about what they mean.

Built on PyYAML's parse events, because its composer refuses anchors that are used again, which Flux accepts, and
forgets keys that are written twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from .errors import NotYaml

BOM = "\ufeff"
Value = None | bool | int | float | str | list[Any] | dict[str, Any]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER = yaml.resolver.Resolver()
_CONSTRUCTOR = yaml.constructor.SafeConstructor()
_ALIASES = 10_000  # nodes that aliases may add to one value: a few lines can ask for billions


@dataclass(eq=False, kw_only=True)
class Node:
    """A node and its span in the text, anchor and tag included; a block collection ends where the next node begins."""

    kind: str  # "scalar", "mapping", "sequence" or "alias"
    start: int
    end: int
    line: int
    tag: str | None = None
    anchor: str | None = None
    text: str = ""
    style: str | None = None
    flow: bool = False
    plain: bool = False
    entries: list[tuple["Node", "Node"]] = field(default_factory=list)
    items: list["Node"] = field(default_factory=list)
    target: "Node | None" = None

    @property
    def resolved(self) -> "Node":
        """The node itself, or the one that an alias stands for."""
        return self.target if self.target is not None else self

    def find(self, key: str) -> list["Node"]:
        """The values under `key`, more than one if it is written twice."""
        return [value for name, value in self.entries if name.resolved.kind == "scalar" and name.resolved.text == key]


@dataclass(frozen=True, kw_only=True)
class Document:
    """One document; `root` is None where there is none between two markers."""

    root: Node | None
    text: str = field(repr=False)

    @property
    def line(self) -> int:
        """Where its content begins, counted from 1."""
        return self.root.line if self.root else 1

    @property
    def value(self) -> Value:
        """What it says, in plain Python: the later of two equal keys wins, dates stay text."""
        return plain(self.root)


def decode(data: bytes) -> tuple[str, str]:
    """The text of a file and its byte order mark, if it has one. Raises NotYaml."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise NotYaml("it is not UTF-8", line=data[: error.start].count(b"\n") + 1) from error
    return (text[1:], BOM) if text.startswith(BOM) else (text, "")


def parse(data: bytes) -> list[Document]:
    """All documents of a YAML or JSON file, in order. Raises NotYaml, with the line, for templates and broken files."""
    text, _ = decode(data)
    try:
        return list(_documents(text))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise NotYaml(f"it is not YAML: {error.problem}", line=line) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise NotYaml("it is not YAML that can be read", line=None) from error


def plain(node: Node | None) -> Value:
    """The value of a node, aliases and merge keys resolved. Raises NotYaml where aliases multiply without end."""
    return _Plain().value(node)


class _Plain:
    def __init__(self) -> None:
        self._open: set[int] = set()
        self._left = _ALIASES

    def value(self, node: Node | None) -> Value:
        if node is None:
            return None
        if node.target is not None:
            return self._aliased(node.target)
        if node.kind == "mapping":
            return self._mapping(node)
        if node.kind == "sequence":
            return [self.value(item) for item in node.items]
        return _scalar(node)

    def _aliased(self, node: Node) -> Value:
        self._left -= 1
        if id(node) in self._open or self._left < 0:
            raise NotYaml("its aliases have no end", line=node.line)
        self._open.add(id(node))
        try:
            return self.value(node)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: Node) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key, value in node.entries:
            name = self.value(key)
            if name == "<<" and key.plain:
                found = self.value(value)
                for part in reversed(found if isinstance(found, list) else [found]):
                    merged |= part if isinstance(part, dict) else {}
            else:
                own[str(name) if not isinstance(name, str) else name] = self.value(value)
        return merged | own


def _scalar(node: Node) -> Value:
    tag: str = node.tag or _RESOLVER.resolve(  # type: ignore[no-untyped-call]  # the stubs leave it out
        yaml.ScalarNode, node.text, (node.plain, not node.plain)
    )
    name = tag.rpartition(":")[2]
    if name in ("null", "bool", "int", "float"):
        try:
            scalar = yaml.ScalarNode(tag=tag, value=node.text)
            value: Value = getattr(_CONSTRUCTOR, f"construct_yaml_{name}")(scalar)
        except (ValueError, KeyError):
            return node.text
        return value
    return node.text


def _documents(text: str) -> Iterator[Document]:
    loader = _LOADER(text)
    try:
        while not loader.check_event(yaml.StreamEndEvent):
            event = loader.get_event()
            if isinstance(event, yaml.DocumentStartEvent):
                yield Document(root=_compose(loader, loader.get_event(), {}), text=text)
    finally:
        loader.dispose()


def _compose(loader: Any, event: Any, anchors: dict[str, Node]) -> Node | None:
    start, end = event.start_mark, event.end_mark
    if isinstance(event, yaml.AliasEvent):
        if event.anchor not in anchors:
            raise yaml.MarkedYAMLError(problem="found undefined alias", problem_mark=start)
        target = anchors[event.anchor].resolved
        return Node(kind="alias", start=start.index, end=end.index, line=start.line + 1, target=target)
    node = Node(
        kind="scalar", start=start.index, end=end.index, line=start.line + 1, tag=event.tag, anchor=event.anchor
    )
    if event.anchor:
        anchors[event.anchor] = node
    if isinstance(event, yaml.ScalarEvent):
        node.text, node.style, node.plain = event.value, event.style, event.implicit[0]
        return node
    node.flow = bool(event.flow_style)
    return _collect(loader, node, anchors, mapping=isinstance(event, yaml.MappingStartEvent))


def _collect(loader: Any, node: Node, anchors: dict[str, Node], *, mapping: bool) -> Node:
    node.kind = "mapping" if mapping else "sequence"
    children: list[Node] = []
    while not isinstance(event := loader.get_event(), yaml.CollectionEndEvent):
        child = _compose(loader, event, anchors)
        if child is not None:
            children.append(child)
    if event.end_mark is not None:
        node.end = event.end_mark.index
    if mapping:
        node.entries = list(zip(children[::2], children[1::2], strict=True))
    else:
        node.items = children
    return node
