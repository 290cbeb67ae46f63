"""The text of a patch that makes an edit, and the name by which a patch's target selects one object.

A strategic merge patch says what the object becomes. JSON 6902 is for what such a patch cannot do: operations, an item
of a list, an object with an empty value, which Kustomize drops from whatever it merges, and an object whose name has a
variable, which Flux may replace in the text of the patch. Decides nothing about where the patch is written.
"""

import re
from collections.abc import Mapping
from typing import Any, assert_never

import yaml

from ...yamledit.edit import AppendItem, SetValue
from ...yamledit.values import YamlPath
from ..fields import find
from ..kustomize.resource import Resource
from .desired_edit import DesiredEdit, JsonPatch, RemoveResource

_SPECIAL = re.compile(r"[^-.\w]")


def name_pattern(name: str) -> str:
    """Return the regular expression that selects a name: `${APP}` is one too, and would select nothing."""
    return _SPECIAL.sub(r"\\\g<0>", name)


def patch_text(resource: Resource, name: str, edit: DesiredEdit) -> str:
    """Return the text of a patch that makes the edit of an object which has this name where the patch is applied."""
    head = {
        "apiVersion": resource.data.get("apiVersion"),
        "kind": resource.data.get("kind"),
        "metadata": {"name": name},
    }
    body: Any
    match edit:
        case JsonPatch():
            body = list(edit.changing_operations)
        case AppendItem() if isinstance(find(resource.data, edit.path), list):
            body = [{"op": "add", "path": f"{_pointer(edit.path)}/-", "value": edit.value}]
        case AppendItem():
            body = _setting(resource, head, edit.path, [edit.value])
        case SetValue():
            body = _setting(resource, head, edit.path, edit.value)
        case RemoveResource():
            body = {"$patch": "delete", **head}
        case _:
            assert_never(edit)
    return yaml.safe_dump(body, sort_keys=False, default_flow_style=False, width=1000)


def _setting(resource: Resource, head: Mapping[str, Any], path: YamlPath, value: Any) -> Any:
    """Return the body of a patch that sets a value."""
    if not _SPECIAL.search(head["metadata"]["name"]) and not _has_empty_value(resource.data):
        return _joined(head, _nested(path, value))
    depth = 1
    while depth < len(path) and isinstance(find(resource.data, path[:depth]), Mapping):
        depth += 1
    return [{"op": "add", "path": _pointer(path[:depth]), "value": _nested(path[depth:], value)}]


def _has_empty_value(data: Any) -> bool:
    if isinstance(data, Mapping):
        return any(map(_has_empty_value, data.values()))
    return any(map(_has_empty_value, data)) if isinstance(data, list) else data is None


def _pointer(path: YamlPath) -> str:
    """Return the JSON pointer of a path."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in path)


def _nested(path: YamlPath, value: Any) -> Any:
    """Return the mappings that `path` leads through, with the value at its end."""
    for key in reversed(path):
        value = {key: value}
    return value


def _joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    both = {key: _joined(first[key], second[key]) for key in first if isinstance(first[key], dict) and key in second}
    return {**first, **second, **both}
