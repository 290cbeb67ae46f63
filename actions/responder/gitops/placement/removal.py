"""Where an edit belongs that removes an object from one cluster."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from ...yamledit.edit import RemoveValue
from .. import manifests
from ..flux.clusters import DesiredState
from ..kustomize.resource import Resource
from .desired_edit import RemoveResource
from .entries import in_kustomization
from .placement import FIRST, Placement, PlacementKind
from .readers import Readers


def removals(
    desired_state: DesiredState, resource: Resource, edit: RemoveResource, readers: Readers
) -> Iterator[Placement]:
    """Yield all placements that would remove the object. A later patch for it would fail without it."""
    if not readers.applier_count:
        return
    last_layer = resource.layers[-1] if resource.layers else None
    if last_layer is None and readers.are_target_alone() and resource.item is None:
        yield from _from_resources(desired_state, resource)
        if not any(step.file for step in resource.steps):
            file = PurePosixPath(resource.file)
            yield Placement(file=file, document=resource.document, edit=edit, kind=PlacementKind.MANIFEST)
    floor = (last_layer.step, last_layer.phase) if last_layer else FIRST
    for index, step in enumerate(resource.steps):
        if step.file and not step.component and readers.are_target_alone(step):
            yield from in_kustomization(desired_state, resource, edit, index, floor, readers)


def _from_resources(desired_state: DesiredState, resource: Resource) -> Iterator[Placement]:
    """Yield the removal of its file from the `resources:` of a kustomization, if nothing else is in the file."""
    step = resource.steps[0] if resource.steps else None
    documents = manifests.split(desired_state.sources.checkout.read(resource.file) or b"")
    if not (step and step.file and not step.tree and len(documents) == 1):
        return
    content = desired_state.builder.kustomization(desired_state.sources.main, step.folder)
    references = content.resources if content else ()
    if len(references) < 2:
        return  # a kustomization without any resource does not build
    for index, reference in enumerate(references):
        if desired_state.sources.main.resolve(step.folder, reference) == resource.file:
            removal = RemoveValue(path=("resources", index))
            file = PurePosixPath(step.file)
            yield Placement(file=file, document=0, edit=removal, kind=PlacementKind.RESOURCES)
