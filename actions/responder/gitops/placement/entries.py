"""What is written into a kustomization so that it edits one object: a replica count, or a patch."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, assert_never

import yaml

from ...yamledit.edit import AppendItem, SetValue
from ...yamledit.values import YamlPath
from ..fields import find
from ..flux.desired_state import DesiredState
from ..kustomize.patches import REPLICATED, ReplicaCount
from ..kustomize.resource import Location, Phase, Resource, Step
from ..kustomize.selector import Selector
from .desired_edit import DesiredEdit, JsonPatch, RemoveResource
from .placement import Placement, PlacementKind

_REPLICAS: YamlPath = ("spec", "replicas")


def in_kustomization(
    desired_state: DesiredState,
    resource: Resource,
    edit: DesiredEdit,
    index: int,
    floor: tuple[int, Phase],
    shared: tuple[str, ...],
) -> Iterator[Placement]:
    """Yield a replica count or a patch in a kustomization, where it comes after what has the last word now.

    `index` is that of the kustomization's step, `floor` the step and phase of what has the last word.
    """
    step = resource.steps[index]
    assert step.file is not None  # noqa: S101 - the caller has seen to it
    count = edit.value if isinstance(edit, SetValue) and edit.path == _REPLICAS else None
    if floor < (index, Phase.REPLICAS) and count is not None and resource.id.kind in REPLICATED:
        count_entry = ReplicaCount(name=step.input_id.name, count=0, location=Location(file=step.file, document=0))
        if sum(map(count_entry.applies_to, _inputs(desired_state, step))) == 1:
            entry = {"name": step.input_id.name, "count": count}
            yield _added(step.file, "replicas", entry, PlacementKind.REPLICAS, shared)
    if floor <= (index, Phase.PATCHES) and (patch := patch_entry(desired_state, resource, edit, step)):
        yield _added(step.file, "patches", patch, PlacementKind.PATCH, shared)


def patch_entry(
    desired_state: DesiredState, resource: Resource, edit: DesiredEdit, step: Step
) -> dict[str, Any] | None:
    """Return an entry of `patches:` that makes the edit, None if no entry would apply to this object alone."""
    object_id = step.input_id
    fields = {
        "group": object_id.group,
        "version": object_id.version,
        "kind": object_id.kind,
        "name": object_id.name,
        "namespace": object_id.namespace,
    }
    target = {key: value for key, value in fields.items() if value and key != "version"}
    selected = list(filter(Selector.parse(target).selects, _inputs(desired_state, step)))
    if len(selected) != 1 or selected[0].source != resource.source:
        return None
    return {"target": target, "patch": _patch(resource, step.input_id.name, edit)}


def _patch(resource: Resource, name: str, edit: DesiredEdit) -> str:
    """Return the text of a patch: JSON 6902 for operations and for an item of a list, else strategic merge."""
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


def _added(file: str, list_name: str, entry: dict[str, Any], kind: PlacementKind, shared: tuple[str, ...]) -> Placement:
    edit = AppendItem(path=(list_name,), value=entry)
    return Placement(file=PurePosixPath(file), document=0, edit=edit, kind=kind, shared=shared)


def _inputs(desired_state: DesiredState, step: Step) -> tuple[Resource, ...]:
    return desired_state.inputs.get((step.tree, step.folder), ())
