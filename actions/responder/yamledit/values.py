"""Plain values, as JSON has them: how to reach into one, and what one would be after an edit."""

import json
from enum import Enum
from typing import Any, Final

Value = None | bool | int | float | str | list[Any] | dict[str, Any]
YamlPath = tuple[str | int, ...]  # the way to a value: keys of mappings and indexes of lists


class Absent(Enum):
    """The value of a field that is not there."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


def at(value: Any, path: YamlPath) -> Value | Absent:
    """What the path leads to."""
    for step in path:
        known: Any = range(len(value)) if isinstance(value, list) else value if isinstance(value, dict) else ()
        if step not in known:
            return ABSENT
        value = value[step]
    return value  # type: ignore[no-any-return]  # plain data in, plain data out


def put(value: Any, path: YamlPath, new: Value) -> Any:
    """A copy with another value at the path; missing mappings on the way are made."""
    if not path:
        return new
    step, *rest = path
    copy: Any = list(value) if isinstance(value, list) else dict(value or {})
    inner = at(value, (step,))
    copy[step] = put(None if inner is ABSENT else inner, tuple(rest), new)
    return copy


def drop(value: Any, path: YamlPath) -> Any:
    """A copy without what the path leads to."""
    step, *rest = path
    copy: Any = list(value) if isinstance(value, list) else dict(value)
    if rest:
        copy[step] = drop(copy[step], tuple(rest))
    else:
        del copy[step]
    return copy


def same(one: object, other: object) -> bool:
    """Equal, and of the same types: 0 is neither false nor 0.0. What is absent equals nothing."""
    if one is ABSENT or other is ABSENT:
        return False
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def dotted(path: YamlPath) -> str:
    """The path as people write it."""
    return ".".join(map(str, path))
