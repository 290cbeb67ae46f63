"""What is written into a kustomization so that it edits one object: a replica count, or a patch."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from ...yamledit.edit import AppendItem, SetValue
from ...yamledit.values import YamlPath
from ..flux.desired_state import DesiredState
from ..kustomize.patches import REPLICATED, ReplicaCount
from ..kustomize.resource import Location, Phase, Resource, Step
from ..kustomize.selector import Selector
from .desired_edit import DesiredEdit
from .patch_text import name_pattern, patch_text
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
    if floor <= (index, Phase.REPLICAS) and count is not None and resource.id.kind in REPLICATED:
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
        "name": name_pattern(object_id.name),
        "namespace": name_pattern(object_id.namespace or ""),
    }
    target = {key: value for key, value in fields.items() if value and key != "version"}
    selected = list(filter(Selector.parse(target).selects, _inputs(desired_state, step)))
    if len(selected) != 1 or selected[0].source != resource.source:
        return None
    return {"target": target, "patch": patch_text(resource, object_id.name, edit)}


def _added(file: str, list_name: str, entry: dict[str, Any], kind: PlacementKind, shared: tuple[str, ...]) -> Placement:
    edit = AppendItem(path=(list_name,), value=entry)
    return Placement(file=PurePosixPath(file), document=0, edit=edit, kind=kind, shared=shared)


def _inputs(desired_state: DesiredState, step: Step) -> tuple[Resource, ...]:
    return desired_state.inputs.get((step.tree, step.folder), ())
