"""The YAML documents of a file. Decides nothing about what they mean.

A file is checked as a whole, which is fast, and cut; the nodes of a document are built when they are asked for.
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
# These begin no line but in their own meaning, not even in a block of text:
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
        """Its uppermost node, None if it is empty. Raises NotYaml for aliases to nothing, and nesting without end."""
        return compose(self.text, self.start, self.end)

    @property
    def source(self) -> str:
        """Its own text: markers, directives and what comments follow it included."""
        return self.text[self.start : self.end]

    @property
    def line(self) -> int:
        """Where its content begins, counted from 1."""
        return self.line_of(self.root.start if self.root else self.start)

    @cached_property
    def value(self) -> Value:
        """What it says, in plain Python: the later of two equal keys wins, dates stay text. Not to be changed."""
        return plain(self.root) if self.root else None

    def line_of(self, place: int) -> int:
        """The line, counted from 1, of a place in the text."""
        return lines.number(self.text, place)


def decode(data: bytes) -> tuple[str, str]:
    """The text of a file and its byte order mark, if it has one. Raises NotYaml."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        raise NotYaml("it is not UTF-8", line=lines.number(before, len(before))) from error
    return (text[1:], BOM) if text.startswith(BOM) else (text, "")


def parse(data: bytes) -> list[Document]:
    """All documents of a YAML or JSON file, in order. Raises NotYaml, with the line, for templates and broken files."""
    text, _ = decode(data)
    try:
        check(text)
    except yaml.MarkedYAMLError as error:
        place = error.problem_mark.index if error.problem_mark else None
        raise NotYaml(
            _problem(text, error.problem), line=lines.number(text, place) if place is not None else None
        ) from error
    except yaml.YAMLError as error:
        raise NotYaml(_problem(text, getattr(error, "reason", None)), line=None) from error
    return list(_cut(text))


def _problem(text: str, said: str | None) -> str:
    kind = "it is a template, not YAML" if _TEMPLATE.search(text) else "it is not YAML"
    return f"{kind}: {said}" if said else kind


def _cut(text: str) -> Iterator[Document]:
    """The documents of a text that is YAML: from marker to marker, and what stands bare before the first marker."""
    begin, is_open = 0, False
    for place, marker in [*((match.start(), match[1]) for match in _MARKER.finditer(text)), (len(text), "")]:
        end = place + len("...") if marker == "..." else place
        if is_open or _content(text, begin) < place:
            yield Document(text, start=begin, end=end)
            begin = end
        elif marker == "...":
            begin = end
        is_open = marker == "---"


def _content(text: str, place: int) -> int:
    """The first place from there on that is neither space, comment nor directive."""
    place = skip(text, place)
    while match := _DIRECTIVE.match(text, place):
        place = skip(text, match.end())
    return place
