"""What a response wants of an object: the kinds of edit, and what each makes of the object's content.

Paths begin at the root of the object. Decides nothing about files: placement.py says where an edit is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, assert_never

from ...yamledit.edit import AppendItem, SetValue
from ...yamledit.values import YamlPath
from ..fields import find, set_in
from ..kustomize.patches import operate, pointer
from ..kustomize.resource import Resource


@dataclass(frozen=True, kw_only=True)
class JsonPatch:
    """Apply the operations, JSON objects as in RFC 6902, to the value at `path`."""

    path: YamlPath = ()
    operations: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class RemoveResource:
    """Remove the whole object."""


DesiredEdit = SetValue | AppendItem | JsonPatch | RemoveResource


def changed_paths(edit: DesiredEdit) -> tuple[YamlPath, ...]:
    """Return the paths of the values that change, none for the whole object."""
    match edit:
        case SetValue() | AppendItem():
            return (edit.path,)
        case JsonPatch():
            return tuple((*edit.path, *pointer(str(operation["path"]))) for operation in edit.operations)
        case RemoveResource():
            return ()
        case _:
            assert_never(edit)


def is_fulfilled(edit: DesiredEdit, resource: Resource) -> bool:
    """Return whether the object as its cluster gets it is already as the edit would make it."""
    match edit:
        case SetValue():
            value = find(resource.data, edit.path)
            return bool(value == edit.value and type(value) is type(edit.value))
        case AppendItem():
            items = find(resource.data, edit.path)
            return isinstance(items, list) and edit.value in items
        case JsonPatch():
            return operate(resource.data, edit.operations) == dict(resource.data)
        case RemoveResource():
            return False
        case _:
            assert_never(edit)


def edited(edit: DesiredEdit, content: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what the content of an object becomes, None if the object goes."""
    match edit:
        case SetValue():
            return set_in(content, tuple(map(str, edit.path)), edit.value)
        case AppendItem():
            return set_in(content, tuple(map(str, edit.path)), [*(find(content, edit.path) or []), edit.value])
        case JsonPatch():
            return operate(content, edit.operations)
        case RemoveResource():
            return None
        case _:
            assert_never(edit)


def below(parent: YamlPath, edit: SetValue | AppendItem | JsonPatch) -> SetValue | AppendItem | JsonPatch:
    """Return the same edit of an object that `parent` leads to in its document."""
    return replace(edit, path=(*parent, *edit.path))
