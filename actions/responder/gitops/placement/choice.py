"""Chooses where an edit is written so that it takes effect in one cluster and reaches nothing else.

An object passes kustomizations on its way, and each can set a field again. An edit has to come no earlier than what
sets the field last now. Of all such placements the innermost is chosen that only the target reads: the manifest or the
patch that sets the field, else the nearest kustomization (`replicas:` or a patch), at last the Flux Kustomization.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from ...errors import NoHome
from ...yamledit.edit import AppendItem, SetValue
from ...yamledit.values import dotted
from ..flux.desired_state import ClusterObject, DesiredState
from ..kustomize.resource import Layer, Phase, Resource
from .desired_edit import DesiredEdit, JsonPatch, RemoveResource, below, changed_paths
from .entries import in_kustomization, patch_entry
from .placement import FIRST, FLUX_PATCHES, EditText, Placement, PlacementKind
from .readers import Readers
from .removal import removals


def choose_placement(desired_state: DesiredState, target: ClusterObject, edit: DesiredEdit) -> Placement:
    """Return the one placement of an edit. Raise NoHome where there is none."""
    readers = Readers(desired_state, target)
    layer = _last_layer(target.resource, edit)
    for placement in _placements(desired_state, target, edit, layer, readers):
        return placement
    raise NoHome(_reason(target, edit, readers, layer))


def _placements(
    desired_state: DesiredState, target: ClusterObject, edit: DesiredEdit, layer: Layer | None, readers: Readers
) -> Iterator[Placement]:
    """Yield all placements that are possible, the innermost first."""
    resource = target.resource
    if not readers.applier_count:
        return
    if isinstance(edit, RemoveResource):
        if layer is None and resource.item is None and readers.are_target_alone():
            yield from removals(desired_state, resource)
    elif layer:
        yield from _in_layer(resource, edit, layer, readers)
    elif readers.are_target_alone():
        yield _in_manifest(resource, edit)
    floor = (layer.step, layer.phase) if layer else FIRST
    exclusive_steps = readers.exclusive_steps
    for index, step in enumerate(resource.steps):
        if step.file and step in exclusive_steps:
            yield from in_kustomization(desired_state, resource, edit, index, floor, readers.other_objects)
    if not isinstance(edit, RemoveResource):
        yield from _in_flux_kustomization(desired_state, target, edit, floor, readers)


def _in_manifest(resource: Resource, edit: SetValue | AppendItem | JsonPatch) -> Placement:
    return Placement(
        file=PurePosixPath(resource.location.file),
        document=resource.document,
        edit=below(resource.location.keys, edit),
        kind=PlacementKind.MANIFEST,
    )


def _in_layer(
    resource: Resource, edit: SetValue | AppendItem | JsonPatch, layer: Layer, readers: Readers
) -> Iterator[Placement]:
    """Yield the patch or replica count that has the last word now, if it is for this object alone."""
    if isinstance(edit, JsonPatch):
        return
    location = layer.patch.location
    setting = layer.patch.sets(edit.path)
    if not (location and setting and setting.exact and readers.owns(layer)):
        return
    step = resource.steps[layer.step]
    if location.file == step.file and not readers.are_target_alone(step):
        return
    layer_edit: SetValue | AppendItem | EditText
    if location.text:
        layer_edit = EditText(path=location.keys, edit=replace(edit, path=setting.keys))
    else:
        layer_edit = replace(edit, path=(*location.keys, *setting.keys))
    yield Placement(
        file=PurePosixPath(location.file),
        document=location.document,
        edit=layer_edit,
        kind=PlacementKind.LAYER,
        shared=readers.other_objects,
    )


def _in_flux_kustomization(
    desired_state: DesiredState,
    target: ClusterObject,
    edit: SetValue | AppendItem | JsonPatch,
    floor: tuple[int, Phase],
    readers: Readers,
) -> Iterator[Placement]:
    """Yield a patch in the Flux Kustomization that applies the object, if it is the only one."""
    last_step = len(target.resource.steps) - 1
    if target.applier is None or readers.applier_count != 1 or floor > (last_step, Phase.FLUX_PATCHES):
        return
    if patch := patch_entry(desired_state, target.resource, edit, target.resource.steps[last_step]):
        outer = choose_placement(desired_state, target.applier, AppendItem(path=FLUX_PATCHES, value=patch))
        yield replace(outer, kind=PlacementKind.FLUX, shared=readers.other_objects)


def _last_layer(resource: Resource, edit: DesiredEdit) -> Layer | None:
    """Return the patch or replica count that has the last word about the edited field, None if the manifest has it.

    Of an object that is removed, it is the last of all: each would fail without the object.
    """
    paths = changed_paths(edit)
    layers = reversed(resource.layers)
    if isinstance(edit, RemoveResource):
        return next(layers, None)
    return next((layer for layer in layers if any(map(layer.patch.sets, paths))), None)


def _reason(target: ClusterObject, edit: DesiredEdit, readers: Readers, layer: Layer | None) -> str:
    if isinstance(edit, RemoveResource) and layer:
        location = layer.patch.location
        patch = location.file if location else "a patch"
        return f"{target} cannot be taken out: {patch} changes it, and would fail without it"
    field = ", ".join(map(dotted, changed_paths(edit))) or "the object"
    if readers.other_objects:
        cause = f"it is also read as {', '.join(readers.other_objects)}"
    elif readers.applier_count:
        cause = "no kustomization of its own reads it"
    else:
        cause = "it is applied in several ways that differ"
    setter = f"; {layer.patch.location.file} sets {field} again" if layer and layer.patch.location else ""
    return f"no edit would change {field} of {target} and nothing else: {cause}{setter}"
