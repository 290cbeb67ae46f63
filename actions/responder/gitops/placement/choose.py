"""Where an edit belongs so that it takes effect in one cluster and reaches nothing else.

An object passes kustomizations on its way; each can set a field again. Of all places that come no earlier than the one
which has the last word now, the innermost is taken whose every reading is the object that is meant: the manifest or the
patch that sets the field, else the nearest kustomization (`replicas:` or a patch), at last the Flux Kustomization.
"""

from collections.abc import Iterator
from dataclasses import replace

from ...errors import NoHome
from ..flux.clusters import Desired
from ..flux.reconcile import Applied
from ..kustomize.phase import Phase
from ..kustomize.resource import Declared, Layer, Step
from .entries import in_kustomization, patch_entry, placed
from .placement import FIRST, PATCHES, How, Placement, Wanted
from .readers import Readers
from .removal import removals


def place(desired: Desired, target: Applied, wanted: Wanted) -> Placement:
    """The one place for an edit. Raises NoHome where there is none."""
    readers = Readers(desired, target)
    layer = _last(target.object, wanted)
    if wanted.is_removal:
        places = removals(desired, target.object, wanted, readers)
    else:
        places = _placements(desired, target, wanted, layer, readers)
    for found in places:
        return found
    raise NoHome(_reason(target, wanted, readers, layer))


def homes(desired: Desired, target: Applied) -> list[Step]:
    """The kustomizations on the object's way that only it is read through, the innermost first."""
    readers = Readers(desired, target)
    return [step for step in target.object.steps if not step.component and readers.are_one(step)]


def _placements(
    desired: Desired, target: Applied, wanted: Wanted, layer: Layer | None, readers: Readers
) -> Iterator[Placement]:
    """All places that would do, the innermost first."""
    declared = target.object
    if not readers.ways:
        return
    if layer:
        yield from _in_layer(declared, wanted, layer, readers)
    elif readers.are_one() and wanted.operations:
        yield placed(declared.location.file, declared.document, declared.location.keys, wanted)
    elif readers.are_one():
        yield placed(declared.location.file, declared.document, (*declared.location.keys, *wanted.keys), wanted)
    floor = (layer.step, layer.phase) if layer else FIRST
    for index, step in enumerate(declared.steps):
        if step.file and not step.component and readers.are_one(step):
            yield from in_kustomization(desired, declared, wanted, index, floor, readers)
    last = len(declared.steps) - 1
    sync = target.sync if readers.ways == 1 and floor <= (last, Phase.FLUX_PATCHES) else None
    if sync and (patch := patch_entry(desired, declared, wanted, declared.steps[last])):
        outer = place(desired, sync, replace(PATCHES, value=patch))
        yield replace(outer, how=How.FLUX, shared=readers.others)


def _in_layer(declared: Declared, wanted: Wanted, layer: Layer, readers: Readers) -> Iterator[Placement]:
    """The patch or replica count that has the last word now, if it speaks of this object alone."""
    place = layer.patch.location
    setting = layer.patch.sets(wanted.keys)
    step = declared.steps[layer.step]
    own = place is not None and place.file == step.file
    if wanted.operations:
        return
    if place and setting and setting.exact and readers.are_one_for(layer) and (not own or readers.are_one(step)):
        keys = place.keys if place.text else (*place.keys, *setting.keys)
        inside = setting.keys if place.text else None
        yield placed(place.file, place.document, keys, wanted, how=How.LAYER, inside=inside, shared=readers.others)


def _last(declared: Declared, wanted: Wanted) -> Layer | None:
    """The patch or replica count that has the last word about the field, None if the manifest has it."""
    fields = wanted.fields
    return next((layer for layer in reversed(declared.layers) if any(map(layer.patch.sets, fields))), None)


def _reason(target: Applied, wanted: Wanted, readers: Readers, layer: Layer | None) -> str:
    if wanted.is_removal and target.object.layers:
        last = target.object.layers[-1].patch.location
        return f"{target} cannot be taken out: {last.file if last else 'a patch'} changes it, and would fail without it"
    field = ", ".join(".".join(map(str, each)) for each in wanted.fields) or "the object"
    if readers.others:
        shared = f"it is also read as {', '.join(readers.others)}"
    else:
        shared = "no kustomization of its own reads it" if readers.ways else "it is applied in several ways that differ"
    setter = f"; {layer.patch.location.file} sets {field} again" if layer and layer.patch.location else ""
    return f"no edit would change {field} of {target} and nothing else: {shared}{setter}"
