"""YAML without its surprises, each value with its place in the file: what people write rules in.

Keys and plain words are text (`no`, `on`, `1:30` and `0644` mean themselves); only `true`, `false`, `null` and decimal
numbers are more, as in YAML 1.2, and numbers know how they were written. Duplicate keys, tags and non-text keys are
mistakes, and all of them are found.
"""

import re
from collections.abc import Sequence
from typing import Any, TypeVar

import yaml

from ..errors import Mistake

_STANDARD = "tag:yaml.org,2002:"
_TAGS = {_STANDARD + kind for kind in ("str", "int", "float", "bool", "null", "map", "seq")}
_BUDGET = 100_000  # values in a file; an alias counts as what it stands for
_HINTS = {
    "chomping or indentation": 'text that begins with > or | needs quotes, as in ">=Notice"',
    "alphabetic or numeric character": 'text that begins with * or & needs quotes, as in "*"',
    "undefined alias": 'text that begins with * needs quotes, as in "*-prod"',
    "cannot start any token": "quote the text; indent with spaces, not with tabs",
    "mapping values are not allowed": "check the indentation; text with a colon and a space in it needs quotes",
    "expected a single document": "keep one document in the file",
}


class Int(int):
    """A whole number and how it was written."""

    text: str


class Float(float):
    """Another number and how it was written (`1.10`)."""

    text: str


class RulesText:
    """A file's value, the mistakes that kept parts of it from being read, and where each part stands."""

    def __init__(self, data: bytes, *, name: str) -> None:
        self.name = name
        self.mistakes: list[Mistake] = []
        self._left = _BUDGET
        self._root = self._compose(data)
        self.value: Any = None
        try:
            self.value = self._value(self._root) if self._root else None
        except RecursionError:
            self._mistake("nested too deeply", self._root, "an alias must not contain itself")

    def mistake(
        self, problem: str, path: Sequence[str | int], suggestion: str = "", *, of_key: bool = False
    ) -> Mistake:
        """A mistake in the value at `path`, or in its key; where there is none, in the nearest that contains it."""
        key = value = self._root
        for step in path:
            if (found := _child(value, step)) is None:
                break
            key, value = found
        place = key if of_key else value
        return self._at(problem, place.start_mark if place else None, suggestion)

    def line(self, path: Sequence[str | int]) -> int:
        """The line that the value at `path` begins in, from 1."""
        return self.mistake("", path).line

    def _compose(self, data: bytes) -> yaml.Node | None:
        text = data.decode("utf-8-sig", "surrogateescape")
        try:
            return yaml.compose(text, _Loader)
        except yaml.reader.ReaderError as error:
            before = text[: error.position]
            line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
            problem = f"character {text[error.position]!r} is not allowed"
            self.mistakes.append(Mistake(self.name, line, column, problem, "save the file as UTF-8 without it"))
        except yaml.MarkedYAMLError as error:
            problem = str(error.problem)
            hint = next((hint for part, hint in _HINTS.items() if part in problem or part in str(error.context)), "")
            self.mistakes.append(self._at(f"not YAML: {problem}", error.problem_mark, hint))
        except RecursionError:
            self._mistake("nested too deeply", None, "")
        return None

    def _value(self, node: yaml.Node) -> Any:
        self._left -= 1
        if self._left == 0:
            self._mistake(f"more than {_BUDGET:,} values", node, "write fewer aliases")
        if self._left <= 0:
            return None
        if node.tag not in _TAGS:
            tag = node.tag.replace(_STANDARD, "!!").rstrip(",")
            self._mistake(f"`{tag}` is read as a YAML tag", node, f'quote it if it is meant as text: "{tag}"')
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item) for item in node.value]
        return self._mapping(node)

    def _mapping(self, node: yaml.Node) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._mistake("a key has to be text", key, "quote it if it is meant as text")
            elif key.value in mapping:
                self._mistake(f"`{key.value}` is here twice", key, f"the first is in line {lines[key.value]}; keep one")
            else:
                lines[key.value] = key.start_mark.line + 1
                mapping[key.value] = self._value(value)
        return mapping

    def _scalar(self, node: yaml.ScalarNode) -> str | int | float | bool | None:
        try:
            match node.tag.removeprefix(_STANDARD):
                case "null":
                    return None
                case "bool":
                    return {"true": True, "false": False}[node.value.lower()]
                case "int":
                    return _written(Int(node.value), node.value)
                case "float":
                    return _written(Float(node.value), node.value)
        except (KeyError, ValueError):
            self._mistake(f"`{node.value}` cannot be read as what it is tagged or looks like", node, "quote it")
            return None
        return str(node.value)

    def _mistake(self, problem: str, node: yaml.Node | None, suggestion: str) -> None:
        self.mistakes.append(self._at(problem, node.start_mark if node else None, suggestion))

    def _at(self, problem: str, mark: yaml.Mark | None, suggestion: str) -> Mistake:
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Mistake(self.name, line, column, problem, suggestion)


class _Loader(yaml.SafeLoader):
    """Resolves plain scalars as the core schema of YAML 1.2 does, but decimal numbers only.

    https://yaml.org/spec/1.2.2/#103-core-schema
    """


_Loader.yaml_implicit_resolvers = {}
for _name, _pattern, _first in (
    ("null", r"(~|null|Null|NULL|)\Z", ["~", "n", "N", ""]),
    ("bool", r"(true|True|TRUE|false|False|FALSE)\Z", list("tTfF")),
    ("int", r"-?(0|[1-9][0-9]*)\Z", list("-0123456789")),
    ("float", r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z", list("-0123456789")),
):
    _Loader.add_implicit_resolver(_STANDARD + _name, re.compile(_pattern), _first)


_Number = TypeVar("_Number", Int, Float)


def _written(number: _Number, text: str) -> _Number:
    number.text = text
    return number


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """The key and the value below a node; an item of a list is its own key."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None
