"""A JSON patch as the single edits that it means for a value: what to set, to add to a list, to take out.

https://www.rfc-editor.org/rfc/rfc6902
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..errors import Unsupported
from .values import ABSENT, Absent, Value, YamlPath, at, drop, put, same

Operation = Mapping[str, Any]


class Kind(StrEnum):
    """What an edit does at its path."""

    SET = "set"
    APPEND = "append"
    REMOVE = "remove"


@dataclass(frozen=True, kw_only=True)
class Single:
    """One edit; the list that an item is appended to is what `path` leads to."""

    kind: Kind
    path: YamlPath
    value: Value = None


def edits(value: Value, operations: Iterable[Operation]) -> list[Single]:
    """What the operations mean, done one after the other; tests mean nothing more once they have passed.

    Raises Unsupported about the operation that fails, or that would have to move the items of a list.
    """
    found: list[Single] = []
    for operation in operations:
        for single in _singles(value, operation):
            value = _done(value, single)
            found.append(single)
    return found


def applied(value: Value, operations: Iterable[Operation]) -> Value:
    """The value after the operations. Raises Unsupported as `edits` does."""
    for single in edits(value, operations):
        value = _done(value, single)
    return value


def _singles(value: Value, operation: Operation) -> Iterator[Single]:
    kind = operation["op"]
    path = _path(value, operation, str(operation["path"]))
    there = at(value, path)
    if kind == "test":
        if not same(there, operation["value"]):
            raise _failure(operation, "the value is another one")
        return
    if kind in ("move", "copy"):
        source = _path(value, operation, str(operation["from"]))
        moved = at(value, source)
        if moved is ABSENT:
            raise _failure(operation, "there is nothing to take")
        if kind == "move":
            yield Single(kind=Kind.REMOVE, path=source)
        yield _addition(value, operation, path, moved)
    elif kind == "add":
        yield _addition(value, operation, path, operation["value"])
    elif there is ABSENT:
        raise _failure(operation, "there is no such field")
    elif kind == "replace":
        yield Single(kind=Kind.SET, path=path, value=operation["value"])
    else:
        yield Single(kind=Kind.REMOVE, path=path)


def _addition(value: Value, operation: Operation, path: YamlPath, added: Value | Absent) -> Single:
    assert added is not ABSENT  # noqa: S101 - the callers have seen to it
    parent = at(value, path[:-1])
    if not isinstance(parent, list):
        return Single(kind=Kind.SET, path=path, value=added)
    if path[-1] not in ("-", len(parent)):
        raise _failure(operation, "it would move the items of a list; add at the end (-) or replace")
    return Single(kind=Kind.APPEND, path=path[:-1], value=added)


def _path(value: Value, operation: Operation, pointer: str) -> YamlPath:
    """The path that a JSON pointer means in a value, all but whose last step has to be there."""
    path: YamlPath = ()
    for token in pointer.split("/")[1:]:
        step = token.replace("~1", "/").replace("~0", "~")
        parent = at(value, path)
        if isinstance(parent, list) and step.isascii() and step.isdigit():
            path = (*path, int(step))
        elif isinstance(parent, dict) or (isinstance(parent, list) and step == "-"):
            path = (*path, step)
        else:
            raise _failure(operation, "the way there does not exist")
    if not path:
        raise _failure(operation, "a whole manifest is not changed by a patch")
    return path


def _done(value: Value, single: Single) -> Value:
    if single.kind is Kind.SET:
        return put(value, single.path, single.value)  # type: ignore[no-any-return]  # plain data in, plain data out
    if single.kind is Kind.REMOVE:
        return drop(value, single.path)  # type: ignore[no-any-return]
    items = at(value, single.path)
    assert isinstance(items, list)  # noqa: S101 - _addition has seen to it
    return put(value, single.path, [*items, single.value])  # type: ignore[no-any-return]


def _failure(operation: Operation, reason: str) -> Unsupported:
    return Unsupported(f"the patch fails at {operation['op']} {operation['path']}: {reason}")
