"""Plain values, as JSON has them: the value at a path, and the value after a change at a path.

Decides nothing about how a value is written; a value is never changed in place.
"""

import json
from enum import Enum
from typing import Any, Final

Value = None | bool | int | float | str | list[Any] | dict[str, Any]
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
    """Return whether both are equal and of the same types: 0 is neither false nor 0.0. ABSENT equals nothing."""
    if first is ABSENT or second is ABSENT:
        return False
    return json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)


def dotted(path: YamlPath) -> str:
    """Return the path as people write it."""
    return ".".join(map(str, path))
