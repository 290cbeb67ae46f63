"""The documents of a file and their values as plain data, read as Kubernetes' YAML is.

Only what can matter is parsed, so a file is first cut into documents without parsing any. Reads parse events: they come
from C, and an anchor that is defined twice is fine with them, as it is with Flux.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from ..yamledit.scalars import implicit, tagged
from ..yamledit.values import ALIASED_LIMIT, LEVEL_LIMIT, Value

BOM = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# A line that starts so ends a document even inside a block scalar: https://yaml.org/spec/1.2.2/#912-document-markers
_START = re.compile(rb"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_CONTENT = re.compile(rb"^[ \t]*[^\s#]", re.MULTILINE)
_UNUSUAL = re.compile(rb"^(?:\.\.\.|%)|\r(?!\n)", re.MULTILINE)
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_ALIAS = re.compile(rb"[\s\[,:-]\*[^\s\"']")
_FEWEST_ALIASES = 10  # that can stand for too much
_DEEP = re.compile(rb"^ {100}|(?:- ){50}", re.MULTILINE)
NextEvent = Callable[[], Any]  # gives the next parse event


class Unreadable(Exception):
    """The text is not YAML; it may be a template."""


class TooLarge(Unreadable):
    """The text is YAML of which the value would be too large to do anything with it in time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentText:
    """A document of a file: its index among the documents, the line (from 0) that its text starts on, and the text."""

    index: int
    line: int
    data: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """An object as a file declares it; `item` is its index in a `kind: List`, `line` counts from 1."""

    document: int
    item: int | None
    line: int
    data: dict[str, Any]


class _Unfinished:
    """Stands for a value with an anchor until the value has been read."""


_UNFINISHED = _Unfinished()


class _Anchors(dict[str, Any]):
    """The values with anchors of one document, and how much of it has been read."""

    def __init__(self) -> None:
        self.level = 0
        self._aliased = 0
        self._sizes: dict[int, int] = {}

    def enter(self) -> None:
        """Begin a mapping or a list. Raise TooLarge."""
        self.level += 1
        if self.level > LEVEL_LIMIT:
            raise TooLarge(f"it has more than {LEVEL_LIMIT} levels")

    def aliased(self, name: str) -> Any:
        """Return the value that an alias stands for. Raise Unreadable."""
        value = self.get(name, _UNFINISHED)
        if isinstance(value, _Unfinished):
            raise Unreadable(f"an alias to {name}, which is nothing yet")
        self._aliased += self._size(value)
        if self._aliased > ALIASED_LIMIT:
            raise TooLarge(f"its aliases stand for more than {ALIASED_LIMIT:,} values")
        return value

    def _size(self, value: Any) -> int:
        """Return how many values there are in one; what aliases stand for counts each time."""
        if not isinstance(value, dict | list):
            return 1
        if id(value) not in self._sizes:
            members = value.values() if isinstance(value, dict) else value
            self._sizes[id(value)] = 1 + sum(map(self._size, members))
        return self._sizes[id(value)]


class LocatedMapping(dict[str, Any]):
    """A mapping that knows the line (from 0) that it starts on in the text of its document."""

    line = 0


def as_utf_8(data: bytes) -> bytes:
    """Return a text in UTF-8 that is in UTF-16, if a mark says so; other texts as they are."""
    return data.decode("utf-16", errors="replace").encode() if data.startswith(_UTF_16_MARKS) else data


def split(data: bytes) -> list[DocumentText]:
    """Return the documents of a file. Raise Unreadable where only a parser can count them and it cannot parse them.

    Kustomize looks for the separators of documents in UTF-8, so that it reads the first document in UTF-16 alone:
    https://github.com/kubernetes-sigs/kustomize/blob/master/kyaml/kio/byteio_reader.go
    """
    if data.startswith(_UTF_16_MARKS):
        return split(as_utf_8(data))[:1]
    data = data.removeprefix(BOM)
    if _UNUSUAL.search(data):
        return _split_by_parser(data)
    starts = [match.start() for match in _START.finditer(data)]
    if _CONTENT.search(data, 0, starts[0] if starts else len(data)):
        starts.insert(0, 0)
    documents, line, counted = [], 0, 0
    for index, (start, end) in enumerate(zip(starts, [*starts, len(data)][1:], strict=True)):
        line += data.count(b"\n", counted, start)
        counted = start
        documents.append(DocumentText(index=index, line=line, data=data[start:end]))
    return documents


def objects(document: DocumentText) -> list[Manifest]:
    """Return the objects that a document declares: itself, or the items of a List. Raise Unreadable."""
    data = load(document.data)
    if not isinstance(data, LocatedMapping):
        return []
    contents: list[tuple[int | None, Any]] = [(None, data)]
    if str(data.get("kind")).endswith("List") and isinstance(data.get("items"), list):
        contents = list(enumerate(data["items"]))
    return [
        Manifest(document=document.index, item=item, line=document.line + content.line + 1, data=content)
        for item, content in contents
        if isinstance(content, LocatedMapping)
    ]


def load(data: bytes) -> Any:
    """Return the value of the first document in `data`, None if there is none. Raise Unreadable."""
    try:
        # The loader itself: a third faster than yaml.parse, which wraps it.
        next_event: NextEvent = yaml.CSafeLoader(data.removeprefix(BOM)).get_event
        while event := next_event():
            if type(event) is yaml.DocumentStartEvent:
                value = _value(next_event(), next_event, _Anchors())
                next_event()  # the end of the document,
                next_event()  # and that of the text, unless more follows that cannot
                return value
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error)) from error
    return None


def load_all(data: bytes) -> list[Any]:
    """Return the values of all documents in `data`. Raise Unreadable."""
    return [load(document.data) for document in split(data)]


def check_size(data: bytes) -> None:
    """Raise TooLarge if a document in `data` is. What cannot be read for another reason is not judged."""
    has_levels = data.count(b"[") + data.count(b"{") >= LEVEL_LIMIT or _DEEP.search(data)
    if has_levels or len(_ALIAS.findall(data)) >= _FEWEST_ALIASES:
        try:
            load_all(data)
        except TooLarge:
            raise
        except Unreadable:
            return


def _value(start: Any, next_event: NextEvent, anchors: _Anchors) -> Any:
    kind = type(start)
    result: Any
    if kind is yaml.AliasEvent:
        return anchors.aliased(start.anchor)
    unfinished = _Unfinished()
    if start.anchor:
        anchors[start.anchor] = unfinished
    if kind is yaml.ScalarEvent:
        result = implicit(start.value) if start.implicit[0] else _tagged(start.tag, start.value)
    elif kind is yaml.MappingStartEvent:
        anchors.enter()
        result = _mapping(start, next_event, anchors)
        anchors.level -= 1
    else:
        anchors.enter()
        result = []
        while type(event := next_event()) is not yaml.SequenceEndEvent:
            result.append(_value(event, next_event, anchors))
        anchors.level -= 1
    if start.anchor and anchors[start.anchor] is unfinished:  # a value inside may have taken the anchor over
        anchors[start.anchor] = result
    return result


def _mapping(start: Any, next_event: NextEvent, anchors: _Anchors) -> LocatedMapping:
    result = LocatedMapping()
    result.line = start.start_mark.line
    merged: list[Any] = []
    while type(event := next_event()) is not yaml.MappingEndEvent:
        merges = type(event) is yaml.ScalarEvent and event.value == "<<" and event.implicit[0]
        key = event.value if type(event) is yaml.ScalarEvent else _value(event, next_event, anchors)
        if type(event) is yaml.ScalarEvent and event.anchor:
            anchors[event.anchor] = key
        value = _value(next_event(), next_event, anchors)
        if merges:
            merged += value if isinstance(value, list) else [value]
        else:
            result[str(key)] = value
    for base in merged:
        for key, value in base.items() if isinstance(base, LocatedMapping) else ():
            result.setdefault(key, value)
    return result


def _tagged(tag: str | None, value: str) -> Value:
    """Return the value of a scalar that is quoted or tagged."""
    return value if tag is None else tagged(tag, value)


def _split_by_parser(data: bytes) -> list[DocumentText]:
    try:
        events = yaml.parse(data, Loader=yaml.CSafeLoader)
        marks = [event.start_mark for event in events if isinstance(event, yaml.DocumentStartEvent)]
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from error
    lines = _LINE.findall(data)
    starts = [mark.line for mark in marks if mark]
    return [
        DocumentText(index=index, line=start, data=b"".join(lines[start:end]))
        for index, (start, end) in enumerate(zip(starts, [*starts, len(lines)][1:], strict=True))
    ]
