"""YAML as Kubernetes reads it: the documents of a file and their values as plain data, with the lines they stand on.

Only what can matter is parsed, so a file is first cut into documents without parsing any.
"""

import re
from dataclasses import dataclass
from typing import Any

import yaml

BOM = b"\xef\xbb\xbf"
_MAP = "tag:yaml.org,2002:map"
# A line that starts so ends a document even inside a block scalar: https://yaml.org/spec/1.2.2/#912-document-markers
_START = re.compile(rb"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_CONTENT = re.compile(rb"^[ \t]*[^\s#]", re.MULTILINE)
_UNUSUAL = re.compile(rb"^(\.\.\.|%)|\r(?!\n)", re.MULTILINE)
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})|0o?[0-7]{1,17}|0x[0-9a-fA-F]{1,16}")


class Unreadable(Exception):
    """The text is not YAML; it may be a template."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A document of a file: its place among the documents, the line (from 0) that its text starts on, the text."""

    index: int
    line: int
    data: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """An object as a file declares it; `item` is its place in a `kind: List`, `line` counts from 1."""

    document: int
    item: int | None
    line: int
    data: dict[str, Any]


def split(data: bytes) -> list[Document]:
    """The documents of a file, counted as YAML counts them. Raises Unreadable for what only a parser can count."""
    data = data.removeprefix(BOM)
    if _UNUSUAL.search(data):
        return _split_by_parser(data)
    starts = [match.start() for match in _START.finditer(data)]
    if _CONTENT.search(data, 0, starts[0] if starts else len(data)):
        starts.insert(0, 0)
    if not starts:
        return []
    ends = [*starts[1:], len(data)]
    documents, line = [], data.count(b"\n", 0, starts[0])
    for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
        documents.append(Document(index=index, line=line, data=data[start:end]))
        line += data.count(b"\n", start, end)
    return documents


def objects(document: Document) -> list[Manifest]:
    """The objects that a document declares: itself, or the items of a List. Raises Unreadable."""
    node = compose(document.data)
    if not isinstance(node, yaml.MappingNode):
        return []
    data = plain(node)
    found: list[tuple[int | None, yaml.Node, Any]] = [(None, node, data)]
    items = child(node, "items")
    if str(data.get("kind", "")).endswith("List") and isinstance(items, yaml.SequenceNode):
        found = [(index, item, plain(item)) for index, item in enumerate(items.value)]
    return [
        Manifest(document=document.index, item=item, line=document.line + line(node), data=data)
        for item, node, data in found
        if isinstance(data, dict)
    ]


def load(data: bytes) -> Any:
    """The value of the only document in `data`, None if there is none. Raises Unreadable."""
    node = compose(data.removeprefix(BOM))
    return None if node is None else plain(node)


def load_all(data: bytes) -> list[Any]:
    """The values of all documents in `data`. Raises Unreadable."""
    return [load(document.data) for document in split(data)]


def compose(data: bytes) -> yaml.Node | None:
    """The node of the one document in `data`. Raises Unreadable."""
    try:
        return yaml.compose(data, Loader=yaml.CSafeLoader)
    except yaml.composer.ComposerError:
        return _compose_with_reused_anchors(data)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from error


def plain(node: yaml.Node) -> Any:
    """The value of a node as dicts, lists, strings, numbers, booleans and None. Raises Unreadable."""
    try:
        return _plain(node)
    except RecursionError as error:
        raise Unreadable("nested too deeply") from error


def scalar(value: str) -> str | int | bool | None:
    """The value of a plain scalar with this text, as far as it is no float."""
    if _INT.fullmatch(value):
        return _integer(value)
    return {"true": True, "false": False, "null": None, "~": None, "": None}.get(value, value)


def child(node: yaml.Node | None, key: str | int) -> yaml.Node | None:
    """The node at `key` of a mapping or sequence node."""
    if isinstance(node, yaml.MappingNode) and isinstance(key, str):
        return next((value for name, value in node.value if name.value == key), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        found: yaml.Node = node.value[key]
        return found
    return None


def line(node: yaml.Node) -> int:
    """The line of a node in its text, from 1."""
    return int(node.start_mark.line) + 1 if node.start_mark else 1


def _plain(node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    result: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode) and key.tag == "tag:yaml.org,2002:merge":
            for base in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                merged = {**_plain(base), **merged} if isinstance(base, yaml.MappingNode) else merged
        else:
            result[str(key.value)] = _plain(value)
    return {**merged, **result} if merged else result


def _scalar(node: yaml.ScalarNode) -> str | int | float | bool | None:
    """A scalar as Kubernetes' YAML reads it: `yes`, `on`, `1:30` and dates are strings."""
    value = str(node.value)
    kind = node.tag.rpartition(":")[2]
    if kind == "null":
        return None
    if kind == "bool" and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if kind == "int" and _INT.fullmatch(value):
        return _integer(value)
    if kind == "float":
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _integer(value: str) -> int:
    return int(value, 8) if value.lstrip("+-").startswith("0") and value.isdigit() else int(value, 0)


def _split_by_parser(data: bytes) -> list[Document]:
    try:
        events = yaml.parse(data, Loader=yaml.CSafeLoader)
        found = [event.start_mark for event in events if isinstance(event, yaml.DocumentStartEvent)]
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from error
    lines = re.findall(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", data)
    starts = [mark.line for mark in found if mark]
    ends = [*starts[1:], len(lines)]
    return [
        Document(index=index, line=start, data=b"".join(lines[start:end]))
        for index, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


class _ReusedAnchors(yaml.SafeLoader):
    """Takes an anchor that is defined twice, as Flux does; PyYAML refuses it."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # not in the stubs
        if not isinstance(event, yaml.AliasEvent):
            self.anchors.pop(getattr(event, "anchor", None), None)
        return super().compose_node(parent, index)


def _compose_with_reused_anchors(data: bytes) -> yaml.Node | None:
    loader = _ReusedAnchors(data)
    try:
        return loader.get_single_node()
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from error
    finally:
        loader.dispose()
