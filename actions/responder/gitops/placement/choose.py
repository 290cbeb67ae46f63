"""Where an edit belongs so that it takes effect in one cluster and reaches nothing else.

An object passes kustomizations on its way; each can set a field again. Of all places that come no earlier than the one
which has the last word now, the innermost is taken whose every reading is the object that is meant: the manifest or the
patch that sets the field, else the nearest kustomization (`replicas:` or a patch), at last the Flux Kustomization.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from ...errors import NoHome
from ...yamledit.edit import AppendItem, SetValue
from ...yamledit.values import dotted
from ..flux.clusters import Desired
from ..flux.reconcile import Applied
from ..kustomize.phase import Phase
from ..kustomize.resource import Declared, Layer, Step
from .desired_edit import DesiredEdit, JsonPatch, RemoveResource, below, changed_paths
from .entries import in_kustomization, patch_entry
from .placement import FIRST, FLUX_PATCHES, EditText, Placement, PlacementKind
from .readers import Readers
from .removal import removals


def place(desired: Desired, target: Applied, edit: DesiredEdit) -> Placement:
    """Return the one placement of an edit. Raise NoHome where there is none."""
    readers = Readers(desired, target)
    layer = _last(target.object, edit)
    if isinstance(edit, RemoveResource):
        placements = removals(desired, target.object, edit, readers)
    else:
        placements = _placements(desired, target, edit, layer, readers)
    for placement in placements:
        return placement
    raise NoHome(_reason(target, edit, readers, layer))


def homes(desired: Desired, target: Applied) -> list[Step]:
    """The kustomizations on the object's way that only it is read through, the innermost first."""
    readers = Readers(desired, target)
    return [step for step in target.object.steps if not step.component and readers.are_one(step)]


def _placements(
    desired: Desired, target: Applied, edit: SetValue | AppendItem | JsonPatch, layer: Layer | None, readers: Readers
) -> Iterator[Placement]:
    """Yield all placements that would do, the innermost first."""
    declared = target.object
    if not readers.ways:
        return
    if layer:
        yield from _in_layer(declared, edit, layer, readers)
    elif readers.are_one():
        yield Placement(
            file=PurePosixPath(declared.location.file),
            document=declared.document,
            edit=below(declared.location.keys, edit),
            kind=PlacementKind.MANIFEST,
        )
    floor = (layer.step, layer.phase) if layer else FIRST
    for index, step in enumerate(declared.steps):
        if step.file and not step.component and readers.are_one(step):
            yield from in_kustomization(desired, declared, edit, index, floor, readers)
    last = len(declared.steps) - 1
    sync = target.sync if readers.ways == 1 and floor <= (last, Phase.FLUX_PATCHES) else None
    if sync and (patch := patch_entry(desired, declared, edit, declared.steps[last])):
        outer = place(desired, sync, AppendItem(path=FLUX_PATCHES, value=patch))
        yield replace(outer, kind=PlacementKind.FLUX, shared=readers.others)


def _in_layer(
    declared: Declared, edit: SetValue | AppendItem | JsonPatch, layer: Layer, readers: Readers
) -> Iterator[Placement]:
    """Yield the patch or replica count that has the last word now, if it speaks of this object alone."""
    if isinstance(edit, JsonPatch):
        return
    location = layer.patch.location
    setting = layer.patch.sets(edit.path)
    if not (location and setting and setting.exact and readers.are_one_for(layer)):
        return
    step = declared.steps[layer.step]
    if location.file == step.file and not readers.are_one(step):
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
        shared=readers.others,
    )


def _last(declared: Declared, edit: DesiredEdit) -> Layer | None:
    """Return the patch or replica count that has the last word about the field, None if the manifest has it."""
    paths = changed_paths(edit)
    return next((layer for layer in reversed(declared.layers) if any(map(layer.patch.sets, paths))), None)


def _reason(target: Applied, edit: DesiredEdit, readers: Readers, layer: Layer | None) -> str:
    if isinstance(edit, RemoveResource) and target.object.layers:
        last = target.object.layers[-1].patch.location
        return f"{target} cannot be taken out: {last.file if last else 'a patch'} changes it, and would fail without it"
    field = ", ".join(map(dotted, changed_paths(edit))) or "the object"
    if readers.others:
        shared = f"it is also read as {', '.join(readers.others)}"
    else:
        shared = "no kustomization of its own reads it" if readers.ways else "it is applied in several ways that differ"
    setter = f"; {layer.patch.location.file} sets {field} again" if layer and layer.patch.location else ""
    return f"no edit would change {field} of {target} and nothing else: {shared}{setter}"
