"""Plain values, as JSON has them: the value at a path, and the value after a change at a path.

Decides nothing about how a value is written; a value is never changed in place.
"""

import json
from decimal import Decimal
from enum import Enum
from typing import Any, Final

Value = None | bool | int | float | str | list[Any] | dict[str, Any]
LEVEL_LIMIT = 200  # mappings and lists inside each other
ALIASED_LIMIT = 100_000  # values that aliases may add to one document: a few lines can ask for billions
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**64 - 1  # of Go's signed and unsigned integers
YamlPath = tuple[str | int, ...]  # the way to a value: keys of mappings and indexes of lists


class Absent(Enum):
    """The value of a field that does not exist."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


def at(value: Any, path: YamlPath) -> Value | Absent:
    """Return the value at a path, ABSENT if there is none."""
    for step in path:
        steps: Any = range(len(value)) if isinstance(value, list) else value if isinstance(value, dict) else ()
        if step not in steps:
            return ABSENT
        value = value[step]
    return value  # type: ignore[no-any-return]  # plain data in, plain data out


def put(value: Any, path: YamlPath, new: Value) -> Any:
    """Return a copy with another value at the path; missing mappings on the way are created."""
    if not path:
        return new
    step, *steps = path
    copy: Any = list(value) if isinstance(value, list) else dict(value or {})
    inner = at(value, (step,))
    copy[step] = put(None if inner is ABSENT else inner, tuple(steps), new)
    return copy


def insert(value: Any, path: YamlPath, index: int, item: Value) -> Any:
    """Return a copy with another item in the list at the path; the items from the index on move up by one."""
    items: Any = at(value, path)
    return put(value, path, [*items[:index], item, *items[index:]])


def drop(value: Any, path: YamlPath) -> Any:
    """Return a copy without the entry or item that the path leads to."""
    step, *steps = path
    copy: Any = list(value) if isinstance(value, list) else dict(value)
    if steps:
        copy[step] = drop(copy[step], tuple(steps))
    else:
        del copy[step]
    return copy


def same(first: object, second: object) -> bool:
    """Return whether both are equal as JSON: 0 is not false, but 1.0 is 1. ABSENT equals nothing."""
    if first is ABSENT or second is ABSENT:
        return False
    return json.dumps(_canonical(first), sort_keys=True) == json.dumps(_canonical(second), sort_keys=True)


def equal(first: Value | Absent, second: Value | Absent) -> bool:
    """Return whether both are equal as JSON, or both absent."""
    return same(first, second) or (first is ABSENT and second is ABSENT)


def json_number(number: float) -> int | float:
    """Return a number as Go reads it from JSON: without a fraction and of 64 bits at most, it is an integer."""
    if not number.is_integer() or abs(number) >= 1e20:
        return number
    rounded = int(Decimal(repr(number)))
    return rounded if MIN_INTEGER <= rounded <= MAX_INTEGER else number


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _canonical(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    return json_number(value) if isinstance(value, float) else value


def dotted(path: YamlPath) -> str:
    """Return the path as people write it."""
    return ".".join(map(str, path))
