"""What is written into a kustomization so that it edits one object: a replica count, or a patch."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, assert_never

import yaml

from ...yamledit.edit import AppendItem, SetValue
from ...yamledit.values import YamlPath
from ..fields import find
from ..flux.clusters import Desired
from ..kustomize.patches import REPLICATED
from ..kustomize.phase import Phase
from ..kustomize.resource import Declared, Step
from ..kustomize.selector import Selector
from .desired_edit import DesiredEdit, JsonPatch, RemoveResource
from .placement import Placement, PlacementKind
from .readers import Readers

_REPLICAS: YamlPath = ("spec", "replicas")


def in_kustomization(
    desired: Desired, declared: Declared, edit: DesiredEdit, index: int, floor: tuple[int, Phase], readers: Readers
) -> Iterator[Placement]:
    """Yield a replica count or a patch in a kustomization, where it comes after what has the last word now."""
    step = declared.steps[index]
    assert step.file is not None  # noqa: S101 - the caller has seen to it
    count = edit.value if isinstance(edit, SetValue) and edit.path == _REPLICAS else None
    if floor < (index, Phase.REPLICAS) and count is not None and declared.id.kind in REPLICATED:
        named = [each for each in _inputs(desired, step) if any(id_.name == step.before.name for id_ in each.ids)]
        if len([each for each in named if each.id.kind in REPLICATED]) == 1:
            entry = {"name": step.before.name, "count": count}
            yield _added(step.file, "replicas", entry, PlacementKind.REPLICAS, readers)
    if floor <= (index, Phase.PATCHES) and (patch := patch_entry(desired, declared, edit, step)):
        yield _added(step.file, "patches", patch, PlacementKind.PATCH, readers)


def patch_entry(desired: Desired, declared: Declared, edit: DesiredEdit, step: Step) -> dict[str, Any] | None:
    """Return an entry of `patches:` that makes the edit, None if none could mean this object alone."""
    id_ = step.before
    fields = {
        "group": id_.group,
        "version": id_.version,
        "kind": id_.kind,
        "name": id_.name,
        "namespace": id_.namespace,
    }
    target = {key: value for key, value in fields.items() if value and key != "version"}
    selected = [each for each in _inputs(desired, step) if Selector.parse(target).selects(each)]
    if len(selected) != 1 or selected[0].source != declared.source:
        return None
    return {"target": target, "patch": _patch(declared, step.before.name, edit)}


def _patch(declared: Declared, name: str, edit: DesiredEdit) -> str:
    """Return the text of a patch: JSON 6902 for operations and for an item of a list, else strategic merge."""
    head = {
        "apiVersion": declared.data.get("apiVersion"),
        "kind": declared.data.get("kind"),
        "metadata": {"name": name},
    }
    body: Any
    match edit:
        case JsonPatch():
            body = list(edit.operations)
        case AppendItem() if isinstance(find(declared.data, edit.path), list):
            body = [{"op": "add", "path": f"{_pointer(edit.path)}/-", "value": edit.value}]
        case AppendItem():
            body = _joined(head, _nested(edit.path, [edit.value]))
        case SetValue():
            body = _joined(head, _nested(edit.path, edit.value))
        case RemoveResource():
            body = {"$patch": "delete", **head}
        case _:
            assert_never(edit)
    return yaml.safe_dump(body, sort_keys=False, default_flow_style=False, width=1000)


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


def _added(file: str, list_name: str, entry: dict[str, Any], kind: PlacementKind, readers: Readers) -> Placement:
    edit = AppendItem(path=(list_name,), value=entry)
    return Placement(file=PurePosixPath(file), document=0, edit=edit, kind=kind, shared=readers.others)


def _inputs(desired: Desired, step: Step) -> tuple[Declared, ...]:
    return desired.builder.inputs(step.tree, step.folder)
