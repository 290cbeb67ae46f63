"""Reads the YAML of a rules file into a value, and knows the line and column of each part of it.

Plain words are text: `no`, `on`, `1:30` and `0644` mean themselves. Only `true`, `false`, `null` and decimal numbers
are typed, as in YAML 1.2, and a number keeps its spelling. Duplicate keys, tags and keys that are not text are
mistakes; all of them are reported. What the value means is decided in `parser`.

This is on purpose not the resolver of `yamledit.scalars`, which reads a manifest as the cluster does (`0644` is 420,
`1_000` is 1000). A rule compares text that Falco wrote, such as the file mode 0644, so a rules file must mean what it
looks like. tests/actions/rules/test_rules_text.py lists the differences.
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
    """A whole number with its spelling in the file."""

    text: str


class Float(float):
    """A number with a fraction or an exponent, with its spelling in the file (`1.10`)."""

    text: str


class RulesText:
    """The value of a rules file, the mistakes in its YAML, and the position of each part."""

    def __init__(self, data: bytes, *, name: str) -> None:
        self.name = name
        self.mistakes: list[Mistake] = []
        self._remaining = _BUDGET
        self._root = self._compose(data)
        self.value: Any = None
        try:
            self.value = self._value(self._root) if self._root else None
        except RecursionError:
            self._mistake("nested too deeply", self._root, "remove the alias that contains itself")

    def mistake(
        self, problem: str, path: Sequence[str | int], suggestion: str = "", *, of_key: bool = False
    ) -> Mistake:
        """Return a mistake at the value at `path`, or at its key. If there is none, it is at the nearest parent."""
        key = value = self._root
        for step in path:
            if (child := _child(value, step)) is None:
                break
            key, value = child
        node = key if of_key else value
        return self._at(problem, node.start_mark if node else None, suggestion)

    def line(self, path: Sequence[str | int]) -> int:
        """Return the first line of the value at `path`, counted from 1."""
        return self.mistake("", path).line

    def _compose(self, data: bytes) -> yaml.Node | None:
        text = data.decode("utf-8-sig", "surrogateescape")
        try:
            return yaml.compose(text, _Loader)
        except yaml.reader.ReaderError as error:
            prefix = text[: error.position]
            line, column = prefix.count("\n") + 1, len(prefix) - prefix.rfind("\n")
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
        self._remaining -= 1
        if self._remaining == -1:
            self._mistake(f"more than {_BUDGET:,} values", node, "write fewer aliases")
        if self._remaining < 0:
            return None
        if node.tag not in _TAGS:
            tag = node.tag.replace(_STANDARD, "!!").rstrip(",")
            self._mistake(f"`{tag}` is read as a YAML tag", node, f'to write text, quote it: "{tag}"')
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
                self._mistake("a key must be text", key, "quote it")
            elif key.value in mapping:
                self._mistake(
                    f"`{key.value}` occurs twice", key, f"the first is in line {lines[key.value]}; remove one of them"
                )
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
                    return _with_text(Int(node.value), node.value)
                case "float":
                    return _with_text(Float(node.value), node.value)
        except (KeyError, ValueError):
            self._mistake(f"`{node.value}` does not fit its YAML tag", node, "quote it")
            return None
        return str(node.value)

    def _mistake(self, problem: str, node: yaml.Node | None, suggestion: str) -> None:
        self.mistakes.append(self._at(problem, node.start_mark if node else None, suggestion))

    def _at(self, problem: str, mark: yaml.Mark | None, suggestion: str) -> Mistake:
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Mistake(self.name, line, column, problem, suggestion)


class _Loader(yaml.SafeLoader):
    """Resolves plain scalars as the core schema of YAML 1.2 does, but only decimal numbers.

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


def _with_text(number: _Number, text: str) -> _Number:
    number.text = text
    return number


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """Return the key and value nodes of a child of a node, or None. An item of a list is its own key."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None
