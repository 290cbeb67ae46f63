"""Where an object that nothing changes on its way is removed with its file, or with its document of a file."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from ...yamledit.edit import RemoveValue
from .. import manifests
from ..flux.desired_state import DesiredState
from ..kustomize.resource import Resource
from .desired_edit import RemoveResource
from .placement import Placement, PlacementKind


def removals(desired_state: DesiredState, resource: Resource) -> Iterator[Placement]:
    """Yield the placements that would remove the declaration of an object that nothing else is made of."""
    yield from _from_resources(desired_state, resource)
    if not any(step.file for step in resource.steps):
        file = PurePosixPath(resource.file)
        yield Placement(file=file, document=resource.document, edit=RemoveResource(), kind=PlacementKind.MANIFEST)


def _from_resources(desired_state: DesiredState, resource: Resource) -> Iterator[Placement]:
    """Yield the removal of its file from the `resources:` of a kustomization, if nothing else is in the file."""
    step = resource.steps[0] if resource.steps else None
    documents = manifests.split(desired_state.checkout.read(resource.file) or b"")
    if not (step and step.file and not step.tree and len(documents) == 1):
        return
    references = desired_state.references.get(step.file, ())
    if len(references) < 2:
        return  # a kustomization without any resource does not build
    for index, reference in enumerate(references):
        if desired_state.checkout.resolve(step.folder, reference) == resource.file:
            removal = RemoveValue(path=("resources", index))
            file = PurePosixPath(step.file)
            yield Placement(file=file, document=0, edit=removal, kind=PlacementKind.RESOURCES)
