"""How values are written: as JSON or as YAML that every reader takes for the same value.

Decides nothing about where a value goes; which notation its neighbours have is decided in `style`.
"""

import json
import math
import re
from dataclasses import dataclass, replace

from ..errors import EditRefused
from .scalars import implicit
from .values import Value

# Text that every YAML reader takes for text when it stands unquoted, be it for YAML 1.1 or 1.2, in a flow or not.
_SAFE = re.compile(r"[A-Za-z/_](?:[\w./@+-]|:(?=[\w/])| (?=\w))*", re.ASCII)
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
_UNPRINTABLE = re.compile(r"[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
# Several lines that can stand as a block: its first line must show the indentation, its last one ends by | or |-.
_BLOCK = re.compile(r"[^\s\x00-\x1f\x7f-\x9f][^\x00-\x08\x0b-\x1f]*\n[^\x00-\x08\x0b-\x1f]*\S\n?")


@dataclass(frozen=True, kw_only=True)
class Notation:
    """The style of the neighbours; `step` and `dash` are the indentation of mappings and lists below their key."""

    json: bool = False
    colon: str = ": "
    comma: str = ", "
    quote: str | None = None  # what keys are quoted with
    step: int = 2
    dash: int = 2
    unended: bool = False  # at the end of a file whose last line has no end

    def at(self, text: str, offset: int) -> "Notation":
        """Return the same notation for an offset at the end of a line, which can be the last one."""
        return replace(self, unended=offset == len(text))

    def entry(self, key: str, value: Value) -> str:
        """Return a key and its value on one line."""
        return text(key, quote='"' if self.json else self.quote) + self.colon + self.inline(value)

    def inline(self, value: Value, *, quote: str | None = None) -> str:
        """Return a value on one line; `quote` is what text is quoted with where it need not be quoted."""
        if isinstance(value, dict):
            return "{" + self.comma.join(self.entry(key, member) for key, member in value.items()) + "}"
        if isinstance(value, list):
            return "[" + self.comma.join(map(self.inline, value)) + "]"
        return text(value, quote='"' if self.json else quote) if isinstance(value, str) else _number(value)

    def lines(self, value: Value) -> list[str]:
        """Return a value as the lines of a block; the first line can follow a dash."""
        if isinstance(value, dict) and value:
            return [line for key, member in value.items() for line in self.entry_lines(key, member)]
        if isinstance(value, list) and value:
            return [line for item in value for line in self.item_lines(item)]
        if isinstance(value, str) and self._is_block(value):
            head = "|" if value.endswith("\n") else "|-"
            return [head, *_indented(value.removesuffix("\n").split("\n"), self.step)]
        return [self.inline(value)]

    def entry_lines(self, key: str, value: Value) -> list[str]:
        """Return a key and its value as lines of a block mapping."""
        name = text(key, quote=self.quote) + ":"
        first, *others = self.lines(value)
        if isinstance(value, dict) and value:
            return [name, *_indented([first, *others], self.step)]
        if isinstance(value, list) and value:
            return [name, *_indented([first, *others], self.dash)]
        return [f"{name} {first}", *others]

    def item_lines(self, value: Value) -> list[str]:
        """Return an item as lines of a block sequence."""
        first, *others = self.lines(value)
        return [f"- {first}", *_indented(others, 2)]

    def _is_block(self, value: str) -> bool:
        has_end = not (self.unended and value.endswith("\n"))
        return has_end and bool(_BLOCK.fullmatch(value)) and not _UNPRINTABLE.search(value)


def text(value: str, *, quote: str | None = None) -> str:
    """Return text as a scalar, quoted if it must be or if `quote` says how."""
    if quote is None and _SAFE.fullmatch(value) and value.lower() not in _WORDS and implicit(value) == value:
        return value
    if quote == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False))


def _number(value: float | None) -> str:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise EditRefused("value", f"{value} is not a number that JSON has")
        digits, exponent, power = repr(value).partition("e")
        return (digits if "." in digits else f"{digits}.0") + exponent + power
    return json.dumps(value)


def _indented(lines: list[str], width: int) -> list[str]:
    return [" " * width + line if line else line for line in lines]
