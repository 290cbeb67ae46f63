"""The one engine for JSON patches: what they make of a value, and the single edits that they mean.

https://www.rfc-editor.org/rfc/rfc6902. Does not edit text; what cannot be edited there is for `editor` to refuse.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, assert_never

from ..errors import PatchFailed
from . import json_pointer
from .edit import AppendItem, Edit, InsertItem, RemoveValue, SetValue
from .json_pointer import BadPointer, Dialect
from .values import ABSENT, Absent, Value, YamlPath, at, drop, insert, put, same

__all__ = ["Dialect", "apply", "edits", "is_in_place"]

Operation = Mapping[str, Any]
_MISSING_VALUE = object()


def apply(value: Value, operations: Iterable[Any], dialect: Dialect = Dialect.RFC_6902) -> Value:
    """Return the value after the operations; the argument stays as it is. Raise PatchFailed."""
    for operation in operations:
        for edit in _edits(value, operation, dialect):
            value = _edited_value(value, edit)
    return value


def edits(value: Value, operations: Iterable[Any]) -> list[Edit]:
    """Return the edits that the operations mean, each for the value as the edits before it leave it.

    Raise PatchFailed, also for a patch of the whole value: nobody wants to have a whole manifest replaced.
    """
    result: list[Edit] = []
    for operation in operations:
        for edit in _edits(value, operation, Dialect.RFC_6902):
            if isinstance(edit, SetValue) and not edit.path:
                raise PatchFailed(operation, "a whole manifest is not changed by a patch")
            result += _editable(value, edit)
            value = _edited_value(value, edit)
    return result


def is_in_place(value: Value, operations: Iterable[Any]) -> bool:
    """Return whether a value is already as the operations would leave it.

    An added item is in place wherever its list has it. A removed item is if its index does not exist, or if the patch
    tests the item, or fields of it, and the list has no such item.
    """
    operations = list(operations)
    try:
        if same(apply(value, operations), value):
            return True
    except PatchFailed:
        pass
    tested = {str(operation["path"]): operation["value"] for operation in operations if operation["op"] == "test"}
    changes = [operation for operation in operations if operation["op"] != "test"]
    return bool(changes) and all(_is_satisfied(value, operation, tested) for operation in changes)


def _edits(value: Value, operation: Any, dialect: Dialect) -> Iterator[Edit]:
    """Yield the edits of one operation; the second of two is for the value as the first leaves it."""
    if not isinstance(operation, Mapping):
        raise PatchFailed({}, "it is no operation")
    try:
        match operation.get("op"):
            case "test":
                _test(value, operation, dialect)
            case "add":
                yield _addition(value, operation, _operand(operation, dialect), dialect)
            case "replace":
                yield _replacement(value, operation, dialect)
            case "remove":
                yield RemoveValue(path=_existing(value, operation, "path", dialect))
            case "copy":
                yield _addition(value, operation, _source(value, operation, dialect), dialect)
            case "move":
                yield from _move(value, operation, dialect)
            case _:
                raise PatchFailed(operation, "it is no operation of RFC 6902")
    except BadPointer as error:
        raise PatchFailed(operation, str(error)) from error


def _test(value: Value, operation: Operation, dialect: Dialect) -> None:
    operand = _operand(operation, dialect)
    if dialect is Dialect.KUSTOMIZE:
        try:
            actual = at(value, json_pointer.resolve(value, _pointer(operation, "path"), dialect))
        except BadPointer:
            actual = ABSENT
        if not (same(actual, operand) or (actual is ABSENT and operand is None)):
            raise PatchFailed(operation, "the value is another one")
    elif not _equal(at(value, _existing(value, operation, "path", dialect)), operand):
        raise PatchFailed(operation, "the value is another one")


def _addition(value: Value, operation: Operation, new: Value, dialect: Dialect) -> Edit:
    path = json_pointer.resolve(value, _pointer(operation, "path"), dialect, grows=True)
    if dialect is Dialect.KUSTOMIZE and not path:
        raise PatchFailed(operation, "Kustomize adds nothing to the root")
    if path and isinstance(path[-1], int):
        return InsertItem(path=path[:-1], index=path[-1], value=new)
    return SetValue(path=path, value=new)


def _replacement(value: Value, operation: Operation, dialect: Dialect) -> Edit:
    path = json_pointer.resolve(value, _pointer(operation, "path"), dialect)
    if dialect is Dialect.RFC_6902 and at(value, path) is ABSENT:
        raise PatchFailed(operation, "there is no such field")
    return SetValue(path=path, value=_operand(operation, dialect))


def _move(value: Value, operation: Operation, dialect: Dialect) -> Iterator[Edit]:
    source = _existing(value, operation, "from", dialect)
    origin, destination = (json_pointer.split(_pointer(operation, key)) for key in ("from", "path"))
    if origin == destination:
        return
    if destination[: len(origin)] == origin:
        raise PatchFailed(operation, "nothing can be moved into itself")
    removal = RemoveValue(path=source)
    yield removal
    moved: Any = at(value, source)
    yield _addition(_edited_value(value, removal), operation, moved, dialect)


def _source(value: Value, operation: Operation, dialect: Dialect) -> Value:
    """Return the value that is copied; Kustomize takes null for a field that is missing."""
    pointer = _pointer(operation, "from")
    source = at(value, json_pointer.resolve(value, pointer, dialect))
    if source is ABSENT and dialect is Dialect.KUSTOMIZE:
        return None
    if source is ABSENT:
        raise PatchFailed(operation, "there is nothing to copy")
    return source


def _existing(value: Value, operation: Operation, key: str, dialect: Dialect) -> YamlPath:
    """Return the path of a value that exists."""
    pointer = _pointer(operation, key)
    path = json_pointer.resolve(value, pointer, dialect)
    if at(value, path) is ABSENT:
        raise PatchFailed(operation, "there is no such field" if key == "path" else "there is nothing to move")
    if not path and operation["op"] in ("remove", "move") and operation.get("path") != operation.get("from"):
        raise PatchFailed(operation, "the whole value cannot be removed")
    return path


def _pointer(operation: Operation, key: str) -> str:
    pointer = operation.get(key)
    if not isinstance(pointer, str):
        raise PatchFailed(operation, f"it has no `{key}`")
    return pointer


def _operand(operation: Operation, dialect: Dialect) -> Value:
    value = operation.get("value", _MISSING_VALUE)
    if value is not _MISSING_VALUE:
        return value  # type: ignore[no-any-return]  # plain data in, plain data out
    if dialect is Dialect.RFC_6902:
        raise PatchFailed(operation, "it has no `value`")
    return None


def _edited_value(value: Value, edit: Edit) -> Value:
    """Return the value after an edit whose path leads to something."""
    changed: Any
    match edit:
        case SetValue():
            changed = put(value, edit.path, edit.value)
        case InsertItem():
            changed = insert(value, edit.path, edit.index, edit.value)
        case RemoveValue():
            changed = drop(value, edit.path)
        case AppendItem():
            raise AssertionError("no operation means it")
        case _:
            assert_never(edit)
    return changed  # type: ignore[no-any-return]


def _editable(value: Value, edit: Edit) -> list[Edit]:
    """Return the edits that text can take for one: an item that is a mapping or a list cannot be set, but exchanged."""
    index = edit.path[-1] if isinstance(edit, SetValue) else None
    if not isinstance(edit, SetValue) or not isinstance(index, int):
        return [edit]
    current = at(value, edit.path)
    if same(current, edit.value) or not (isinstance(current, dict | list) or isinstance(edit.value, dict | list)):
        return [edit]
    insertion = InsertItem(path=edit.path[:-1], index=index, value=edit.value)
    return [insertion, RemoveValue(path=(*edit.path[:-1], index + 1))]


def _is_satisfied(value: Value, operation: Operation, tested: Mapping[str, Value]) -> bool:
    pointer = str(operation["path"])
    match operation["op"]:
        case "add" | "replace":
            return _has(value, pointer, operation["value"])
        case "remove":
            return _lacks(value, pointer, tested)
        case "copy":
            source = _value_at(value, str(operation["from"]))
            within_list = pointer.rpartition("/")[0] == str(operation["from"]).rpartition("/")[0]
            return source is not ABSENT and not within_list and _has(value, pointer, source)
        case "move":
            source = tested.get(str(operation["from"]), ABSENT)
            is_there = _value_at(value, pointer) is not ABSENT if source is ABSENT else _has(value, pointer, source)
            return is_there and _lacks(value, str(operation["from"]), tested)
        case _:
            return False


def _has(value: Value, pointer: str, member: Value) -> bool:
    """Return whether a pointer leads to a member, or into a list that has it."""
    items = _value_at(value, pointer.rpartition("/")[0])
    if isinstance(items, list):
        return any(same(item, member) for item in items)
    return same(_value_at(value, pointer), member)


def _lacks(value: Value, pointer: str, tested: Mapping[str, Value]) -> bool:
    """Return whether a pointer leads to nothing, or into a list without the item that the patch tests for there."""
    items = _value_at(value, pointer.rpartition("/")[0])
    tests = [
        (test.removeprefix(pointer), member) for test, member in tested.items() if f"{test}/".startswith(f"{pointer}/")
    ]
    if isinstance(items, list) and tests:
        return not any(all(same(_value_at(item, inner), member) for inner, member in tests) for item in items)
    return _value_at(value, pointer) is ABSENT


def _value_at(value: Value, pointer: str) -> Value | Absent:
    try:
        return at(value, json_pointer.resolve(value, pointer))
    except BadPointer:
        return ABSENT


def _equal(first: object, second: object) -> bool:
    """Return whether two values are equal as RFC 6902 has it: 1 and 1.0 are, 1 and true are not."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(_equal(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(_equal, first, second))
    return first == second and isinstance(first, bool) == isinstance(second, bool)
