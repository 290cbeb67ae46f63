"""Where an edit belongs that takes an object out of one cluster."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from ...yamledit.edit import RemoveValue
from .. import manifests
from ..flux.clusters import Desired
from ..kustomize.resource import Declared
from .desired_edit import RemoveResource
from .entries import in_kustomization
from .placement import FIRST, Placement, PlacementKind
from .readers import Readers


def removals(desired: Desired, declared: Declared, edit: RemoveResource, readers: Readers) -> Iterator[Placement]:
    """All places that would take the object out. What changes it later than that would fail without it."""
    if not readers.ways:
        return
    last = declared.layers[-1] if declared.layers else None
    if last is None and readers.are_one() and declared.item is None:
        yield from _unlisted(desired, declared)
        if not any(step.file for step in declared.steps):
            file = PurePosixPath(declared.file)
            yield Placement(file=file, document=declared.document, edit=edit, kind=PlacementKind.MANIFEST)
    floor = (last.step, last.phase) if last else FIRST
    for index, step in enumerate(declared.steps):
        if step.file and not step.component and readers.are_one(step):
            yield from in_kustomization(desired, declared, edit, index, floor, readers)


def _unlisted(desired: Desired, declared: Declared) -> Iterator[Placement]:
    """Out of the `resources:` of the kustomization that lists its file, if nothing else is in that."""
    step = declared.steps[0] if declared.steps else None
    documents = manifests.split(desired.sources.checkout.read(declared.file) or b"")
    if not (step and step.file and not step.tree and len(documents) == 1):
        return
    found = desired.builder.kustomization(desired.sources.main, step.folder)
    listed = found.resources if found else ()
    for index, reference in enumerate(listed if len(listed) > 1 else ()):  # one without any does not build
        if desired.sources.main.resolve(step.folder, reference) == declared.file:
            removal = RemoveValue(path=("resources", index))
            file = PurePosixPath(step.file)
            yield Placement(file=file, document=0, edit=removal, kind=PlacementKind.RESOURCES)
