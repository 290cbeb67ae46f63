"""Shortens an event so that it fits into a dispatch: long values are cut and marked, some are left out. Does no I/O.

It decides how values are cut; importance.py decides which of them matter most. The number of values that were cut or
left out becomes the extension `shortened`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from relay import importance
from relay.events import SHORTENED, Event, encode

# Falcosidekick's own mark.
MARK = "[...]"
# GitHub reads JSON of at most 100 levels, and the action reads integers of at most 4,300 digits.
_DEEPEST = 20
_LARGEST = 10**100
_LONG_NUMBER = b"0" * 101
_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
# What is done until the event fits: fields that rules ask for (or the others) are cut to so many bytes, the longest
# first; None leaves them out, the least important first. 512 is Falcosidekick's own length.
_STEPS: Sequence[tuple[bool, int | None]] = (
    (True, 16384),
    (False, 512),
    (True, 4096),
    (False, 64),
    (False, None),
    (True, 512),
    (True, 64),
    (True, None),
)


@dataclass(slots=True)
class _Value:
    """A value that may be cut, and the bytes that it takes in a dispatch together with its name."""

    parent: dict[str, Any]
    name: str
    rank: int | None
    size: int
    is_shortened: bool = False


def is_plain(event: Event, document: bytes) -> bool:
    """Return whether everybody can read the event: it has no deep nesting, and no integer of over 100 digits.

    `document` is the event as JSON: nearly always it shows that without a look at all values.
    """
    if document.count(b"[") + document.count(b"{") <= _DEEPEST and _LONG_NUMBER not in document.translate(_DIGITS):
        return True
    fields = event.data["output_fields"]
    return all(map(_is_plain, fields.values())) and all(
        _is_plain(value) for value in event.data.values() if value is not fields
    )


def shorten(event: Event, *, excess: Callable[[bytes], int]) -> bytes:
    """Return the event as structured JSON, with no more cut than necessary.

    `excess` returns by how many bytes a document is too long. What cannot be cut always fits: its length is bounded.
    """
    draft = _Draft(event, excess)
    for is_rule_field, length in _STEPS:
        over = excess(draft.document())
        if over <= 0:
            break
        for value in draft.choose(is_rule_field=is_rule_field, by_rank=length is None):
            if over <= 0:
                break
            over -= draft.remove(value) if length is None else draft.cut(value, length)
    return draft.document()


class _Draft:
    """An event that is being shortened."""

    def __init__(self, event: Event, excess: Callable[[bytes], int]) -> None:
        self._attributes = dict(event.attributes)
        self._data = {**event.data, "output_fields": dict(event.data["output_fields"])}
        self._excess = excess
        self._empty = excess(b"{}")
        self._values = [_Value(*value, size=0) for value in _candidates(self._attributes, self._data)]
        for value in self._values:
            if not _is_plain(value.parent[value.name]):
                value.parent[value.name], value.is_shortened = MARK, True
            value.size = self._size(value)

    def document(self) -> bytes:
        count = sum(value.is_shortened for value in self._values)
        return encode(Event({**self._attributes, SHORTENED: count} if count else self._attributes, self._data))

    def choose(self, *, is_rule_field: bool, by_rank: bool) -> list[_Value]:
        """Return the values that rules ask for, or the others: the longest first, or first of all the last of rank."""
        values = [value for value in self._values if (value.rank is not None) is is_rule_field]
        return sorted(values, key=lambda value: (by_rank and (value.rank or 0), value.size), reverse=True)

    def cut(self, value: _Value, length: int) -> int:
        """Cut a value to so many bytes, and return the number of bytes that this saves."""
        if value.size <= length or (shorter := _cut(value.parent[value.name], length)) is None:
            return 0
        value.parent[value.name], value.is_shortened = shorter, True
        former, value.size = value.size, self._size(value)
        return former - value.size

    def remove(self, value: _Value) -> int:
        """Leave a value out, and return the number of bytes that this saves."""
        del value.parent[value.name]
        value.is_shortened = True
        return value.size

    def _size(self, value: _Value) -> int:
        return self._excess(msgspec.json.encode({value.name: value.parent[value.name]})) - self._empty


def _candidates(attributes: dict[str, Any], data: dict[str, Any]) -> list[tuple[dict[str, Any], str, int | None]]:
    """Return parent, name and rank of all values that may be cut."""
    fields = data["output_fields"]
    return [
        *((data, name, importance.rank(name)) for name in data if name not in {*importance.DATA, "output_fields"}),
        *((fields, name, importance.rank(name)) for name in fields if not importance.is_kept(name, fields[name])),
        *((attributes, name, None) for name in attributes if name not in importance.ATTRIBUTES),
    ]


def _cut(value: object, length: int) -> object:
    """Return a text or a list of texts of at most so many bytes, with the mark; None if there is nothing to cut.

    The mark alone stands for other lists and for objects: half of one would mean something else.
    """
    room = length - len(MARK)
    match value:
        case str() if len(encoded := value.encode()) > length:
            return encoded[:room].decode(errors="ignore") + MARK
        case list() if all(isinstance(item, str) for item in value):
            items: list[str] = []
            for item in value:
                room -= len(item.encode()) + len('"",')
                if room < 0:
                    return [*items, MARK] if items else MARK
                items.append(item)
            return None
        case list() | dict():
            return MARK
        case _:
            return None


def _is_plain(value: object, levels: int = _DEEPEST) -> bool:
    if isinstance(value, int):
        return -_LARGEST < value < _LARGEST
    if not isinstance(value, list | dict):
        return True
    items = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_plain(item, levels - 1) for item in items)
