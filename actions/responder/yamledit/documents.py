"""The YAML documents of a file. Decides where each begins and ends, and nothing about what they mean.

A file is checked as a whole, which is fast, and split; the nodes of a document are built when they are needed.
"""

import re
from collections.abc import Iterator
from functools import cached_property

import yaml

from ..errors import NotYaml
from . import lines
from .lines import BREAKS, skip
from .nodes import Node, check, compose, plain
from .values import Value

__all__ = ["BOM", "Document", "Node", "Value", "decode", "parse", "plain"]

BOM = "\ufeff"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# A line that begins so is always a marker, even in a block of text:
# https://yaml.org/spec/1.2.2/#912-document-markers
_MARKER = re.compile(rf"(?:\A|(?<=[{BREAKS}]))(---|\.\.\.)(?=[ \t{BREAKS}]|\Z)")
_DIRECTIVE = re.compile(rf"(?:\A|(?<=[{BREAKS}]))%[^{BREAKS}]*")
_TEMPLATE = re.compile(r"\{\{|\{%")


class Document:
    """One document: the part of the text between `start` and `end`."""

    def __init__(self, text: str, *, start: int, end: int) -> None:
        self.text = text
        self.start = start
        self.end = end

    @cached_property
    def root(self) -> Node | None:
        """The root node, None for an empty document. Raise NotYaml for an alias to nothing or too deep nesting."""
        return compose(self.text, self.start, self.end)

    @property
    def source(self) -> str:
        """The text of the document, with its markers, its directives and the comments that follow it."""
        return self.text[self.start : self.end]

    @property
    def line(self) -> int:
        """The line that its content begins on, counted from 1."""
        return self.line_of(self.root.start if self.root else self.start)

    @cached_property
    def value(self) -> Value:
        """Its value in plain Python: the later of two equal keys wins, dates stay text. Callers must not change it."""
        return plain(self.root) if self.root else None

    def line_of(self, offset: int) -> int:
        """Return the line, counted from 1, of an offset in the text."""
        return lines.number(self.text, offset)


def decode(data: bytes) -> tuple[str, str]:
    """Return the text of a file, and its byte order mark or an empty string. Raise NotYaml."""
    if data.startswith(_UTF_16_MARKS):
        raise NotYaml("it is in UTF-16, and only UTF-8 is edited: save it as UTF-8", line=None)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        beginning = data[: error.start].decode()
        raise NotYaml("it is not UTF-8", line=lines.number(beginning, len(beginning))) from error
    return (text[1:], BOM) if text.startswith(BOM) else (text, "")


def parse(data: bytes) -> list[Document]:
    """Return all documents of a YAML or JSON file, in order. Raise NotYaml for templates and broken files."""
    text, _ = decode(data)
    try:
        check(text)
    except yaml.MarkedYAMLError as error:
        line = lines.number(text, error.problem_mark.index) if error.problem_mark else None
        raise NotYaml(_problem(text, error.problem), line=line) from error
    except yaml.YAMLError as error:
        raise NotYaml(_problem(text, getattr(error, "reason", None)), line=None) from error
    return list(_split(text))


def _problem(text: str, detail: str | None) -> str:
    kind = "it is a template, not YAML" if _TEMPLATE.search(text) else "it is not YAML"
    return f"{kind}: {detail}" if detail else kind


def _split(text: str) -> Iterator[Document]:
    """Yield the documents of a text: from marker to marker, and what has no marker before the first one."""
    begin, is_open = 0, False
    for offset, marker in [*((match.start(), match[1]) for match in _MARKER.finditer(text)), (len(text), "")]:
        end = offset + len("...") if marker == "..." else offset
        if is_open or _content(text, begin) < offset:
            yield Document(text, start=begin, end=end)
            begin = end
        elif marker == "...":
            begin = end
        is_open = marker == "---"


def _content(text: str, offset: int) -> int:
    """Return the first offset from this one on that is neither space, comment nor directive."""
    offset = skip(text, offset)
    while match := _DIRECTIVE.match(text, offset):
        offset = skip(text, match.end())
    return offset
