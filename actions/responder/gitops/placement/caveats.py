"""Reasons why a commit would silently do nothing, or less than it says, each with the line that causes it.

https://fluxcd.io/flux/components/kustomize/kustomizations/
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...yamledit import json_pointer
from ...yamledit.edit import AppendItem
from ...yamledit.values import YamlPath, dotted
from .. import manifests
from ..checkout import Checkout
from ..fields import find, items, mapping, text
from ..flux import health_checks
from ..flux.desired_state import ClusterObject, DesiredState
from ..flux.kustomization import GROUP
from ..kustomize.resource import Resource
from ..kustomize.selector import Selector
from ..kustomize.skipped_reference import NOT_FOLLOWED
from ..workloads import helm
from .desired_edit import DesiredEdit, changed_paths
from .line_numbers import line_of
from .placement import FLUX_PATCHES, Placement, PlacementKind

# The annotations and labels that keep Flux from changing an object, with the values that do.
_OPT_OUTS = {f"{GROUP}/reconcile": ("disabled",), f"{GROUP}/ssa": ("ifnotpresent", "ignore")}


@dataclass(frozen=True, kw_only=True)
class Caveat:
    """A reason why an edit may have no effect; `line` counts from 1."""

    file: str
    line: int
    problem: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.problem}"


def find_caveats(
    desired_state: DesiredState, target: ClusterObject, edit: DesiredEdit, placement: Placement
) -> list[Caveat]:
    """Return what may keep an edit of an object from reaching its cluster."""
    caveats = [*_of_object(target.resource, edit, desired_state.checkout)]
    if target.applier:
        caveats += _of_applier(target.resource, target.applier, edit, desired_state)
        if placement.kind is PlacementKind.FLUX:
            flux_edit = AppendItem(path=FLUX_PATCHES, value={})
            flux_placement = replace(placement, kind=PlacementKind.MANIFEST)
            caveats += find_caveats(desired_state, target.applier, flux_edit, flux_placement)
    for step in target.resource.steps:
        caveats += [
            Caveat(file=skipped.file, line=1, problem=f"{skipped.reference} may change it again")
            for skipped in desired_state.skipped
            if skipped.file == step.file and skipped.reason == NOT_FOLLOWED
        ]
    return caveats


def _of_object(resource: Resource, edit: DesiredEdit, checkout: Checkout) -> Iterator[Caveat]:
    metadata = mapping(resource.data, "metadata")
    for kind in ("annotations", "labels"):
        for key, values in _OPT_OUTS.items():
            value = text(mapping(metadata, kind), key)
            if value.lower() in values:
                problem = f"{key}: {value} keeps Flux from changing the {resource.id.kind}"
                yield _caveat(checkout, resource, ("metadata", kind, key), problem)
    if helm.is_release(resource.id) and mapping(resource.data, "spec").get("suspend") is True:
        yield _caveat(checkout, resource, ("spec", "suspend"), f"HelmRelease {resource.id.name} is suspended")
    for path in changed_paths(edit):
        value = _value_in_file(checkout, resource, path)
        if isinstance(value, str) and "${" in value:
            problem = f"{dotted(path)} comes from {value}, which other objects may use too: it is not changed itself"
            yield _caveat(checkout, resource, path, problem)


def _of_applier(
    resource: Resource, applier: ClusterObject, edit: DesiredEdit, desired_state: DesiredState
) -> Iterator[Caveat]:
    checkout = desired_state.checkout
    flux = applier.as_flux_kustomization
    name = f"Flux Kustomization {applier.resource.id.name}"
    if flux.spec.get("suspend") is True:
        yield _caveat(checkout, applier.resource, ("spec", "suspend"), f"{name} is suspended")
    if health_checks.waits(flux.spec):
        field = "wait" if flux.spec.get("wait") is True else "healthChecks"
        problem = f"{name} {health_checks.description(flux.spec)}"
        yield _caveat(checkout, applier.resource, ("spec", field), problem)
    for index, rule in enumerate(items(flux.spec, "ignore")):
        if isinstance(rule, Mapping) and _ignores(rule, resource, edit):
            fields = ", ".join(map(dotted, changed_paths(edit)))
            problem = f"{name} ignores changes of {fields}"
            yield _caveat(checkout, applier.resource, ("spec", "ignore", index), problem)
    if pin := desired_state.pins.get(flux.source):
        problem = f"{name} reads {flux.source.kind} {flux.source.name}, held at {pin}: no new commit reaches it"
        yield _caveat(checkout, applier.resource, ("spec", "sourceRef"), problem)


def _ignores(rule: Mapping[str, Any], resource: Resource, edit: DesiredEdit) -> bool:
    if not Selector.parse(mapping(rule, "target")).selects(resource):
        return False
    ignored_paths = [json_pointer.split(str(path)) for path in items(rule, "paths")]
    return any(ignored == path[: len(ignored)] for ignored in ignored_paths for path in changed_paths(edit))


def _value_in_file(checkout: Checkout, resource: Resource, path: YamlPath) -> Any:
    """Return the value as the file has it, before Flux has replaced variables in it."""
    data = checkout.read(resource.file) or b""
    if not re.search(rb"\$\{", data):
        return None
    documents = [document for document in manifests.split(data) if document.index == resource.document]
    objects = (manifest for document in documents for manifest in manifests.objects(document))
    declaration = next((manifest for manifest in objects if manifest.item == resource.item), None)
    return find(declaration.data, path) if declaration else None


def _caveat(checkout: Checkout, resource: Resource, path: YamlPath, problem: str) -> Caveat:
    line = line_of(checkout.read(resource.file) or b"", resource, path)
    return Caveat(file=resource.file, line=line, problem=problem)
