"""What a response wants of an object: the kinds of edit, and what each makes of the object's content.

Paths begin at the root of the object. Decides nothing about files: placement.py says where an edit is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, assert_never

from ...yamledit import json_patch, json_pointer
from ...yamledit.edit import AppendItem, SetValue
from ...yamledit.values import YamlPath
from ..fields import find, set_in
from ..kustomize.resource import Resource


@dataclass(frozen=True, kw_only=True)
class JsonPatch:
    """Apply the operations, JSON objects as in RFC 6902, to the value at `path`."""

    path: YamlPath = ()
    operations: tuple[Mapping[str, Any], ...]

    @property
    def changing_operations(self) -> tuple[Mapping[str, Any], ...]:
        """The operations without the tests, which hold for the object as it is now and need not hold later."""
        return tuple(operation for operation in self.operations if operation["op"] != "test")


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
            pointers = [str(operation["path"]) for operation in edit.changing_operations]
            return tuple((*edit.path, *json_pointer.split(pointer)) for pointer in pointers)
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
            return json_patch.is_in_place(dict(resource.data), edit.operations)
        case RemoveResource():
            return False
        case _:
            assert_never(edit)


def edited(edit: DesiredEdit, content: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what the content of an object becomes, None if the object goes. Raise PatchFailed."""
    match edit:
        case SetValue():
            return set_in(content, tuple(map(str, edit.path)), edit.value)
        case AppendItem():
            return set_in(content, tuple(map(str, edit.path)), [*(find(content, edit.path) or []), edit.value])
        case JsonPatch():
            patched = json_patch.apply(dict(content), edit.changing_operations)
            return patched if isinstance(patched, dict) else None
        case RemoveResource():
            return None
        case _:
            assert_never(edit)


def below(parent: YamlPath, edit: SetValue | AppendItem | JsonPatch) -> SetValue | AppendItem | JsonPatch:
    """Return the same edit of an object that `parent` leads to in its document."""
    return replace(edit, path=(*parent, *edit.path))
