"""What would make a commit silently do nothing, or less than it says, with the line that says so.

https://fluxcd.io/flux/components/kustomize/kustomizations/
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...yamledit.edit import AppendItem
from ...yamledit.values import YamlPath, dotted
from .. import manifests
from ..checkout import Checkout
from ..fields import find, items, mapping, text
from ..flux.clusters import Desired
from ..flux.kustomization import GROUP
from ..flux.reconcile import Applied
from ..flux.sources import Sources
from ..kustomize.build import NOT_FOLLOWED
from ..kustomize.patches import pointer
from ..kustomize.resource import Declared
from ..kustomize.selector import Selector
from ..workloads import helm
from . import markers
from .desired_edit import DesiredEdit, changed_paths
from .placement import FLUX_PATCHES, Placement, PlacementKind


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A reason why an edit may have no effect; `line` counts from 1."""

    file: str
    line: int
    problem: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.problem}"


def find_all(desired: Desired, target: Applied, edit: DesiredEdit, placement: Placement) -> list[Finding]:
    """What stands in the way of an edit of an object reaching its cluster from where it is placed."""
    found = [*_of_object(target.object, edit, desired.sources.checkout)]
    if target.sync:
        found += _of_sync(target, target.sync, edit, desired.sources)
        if placement.kind is PlacementKind.FLUX:
            flux_edit = AppendItem(path=FLUX_PATCHES, value={})
            found += find_all(desired, target.sync, flux_edit, replace(placement, kind=PlacementKind.MANIFEST))
    for step in target.object.steps:
        unread = {each for each in desired.builder.skipped if each.file == step.file and each.reason == NOT_FOLLOWED}
        found += [Finding(file=each.file, line=1, problem=f"{each.reference} may change it again") for each in unread]
    return found


def _of_object(declared: Declared, edit: DesiredEdit, checkout: Checkout) -> Iterator[Finding]:
    meta = mapping(declared.data, "metadata")
    for kind in ("annotations", "labels"):
        for name, values in (("reconcile", ("disabled",)), ("ssa", ("IfNotPresent", "Ignore"))):
            key = f"{GROUP}/{name}"
            value = text(mapping(meta, kind), key)
            if value.lower() in {each.lower() for each in values}:
                where = _line(checkout, declared, ("metadata", kind, key))
                problem = f"{key}: {value} keeps Flux from changing the {declared.id.kind}"
                yield Finding(file=declared.file, line=where, problem=problem)
    if helm.is_release(declared.id) and mapping(declared.data, "spec").get("suspend") is True:
        where = _line(checkout, declared, ("spec", "suspend"))
        yield Finding(file=declared.file, line=where, problem=f"HelmRelease {declared.id.name} is suspended")
    for path in changed_paths(edit):
        value = _as_written(checkout, declared, path)
        if isinstance(value, str) and "${" in value:
            where = _line(checkout, declared, path)
            problem = f"{dotted(path)} comes from {value}, which other objects may use too: it is not changed itself"
            yield Finding(file=declared.file, line=where, problem=problem)


def _of_sync(target: Applied, applied: Applied, edit: DesiredEdit, sources: Sources) -> Iterator[Finding]:
    sync = applied.as_sync
    declared = applied.object
    name = f"Flux Kustomization {declared.id.name}"
    if sync.spec.get("suspend") is True:
        where = _line(sources.checkout, declared, ("spec", "suspend"))
        yield Finding(file=declared.file, line=where, problem=f"{name} is suspended")
    for index, rule in enumerate(items(sync.spec, "ignore")):
        if isinstance(rule, Mapping) and _ignores(rule, target.object, edit):
            where = _line(sources.checkout, declared, ("spec", "ignore", index))
            fields = ", ".join(map(dotted, changed_paths(edit)))
            yield Finding(file=declared.file, line=where, problem=f"{name} ignores changes of {fields}")
    if pinned := sources.pinned(sync.source):
        where = _line(sources.checkout, declared, ("spec", "sourceRef"))
        problem = f"{name} reads {sync.source.kind} {sync.source.name}, held at {pinned}: no new commit reaches it"
        yield Finding(file=declared.file, line=where, problem=problem)


def _ignores(rule: Mapping[str, Any], declared: Declared, edit: DesiredEdit) -> bool:
    target = mapping(rule, "target")
    if target and not Selector.parse(target).selects(declared):
        return False
    paths = [pointer(str(path)) for path in items(rule, "paths")]
    return any(path == field[: len(path)] for path in paths for field in changed_paths(edit))


def _as_written(checkout: Checkout, declared: Declared, keys: YamlPath) -> Any:
    """The value in the file, before anything has replaced variables in it."""
    data = checkout.read(declared.file) or b""
    if not re.search(rb"\$\{", data):
        return None
    documents = [each for each in manifests.split(data) if each.index == declared.document]
    written = [each for document in documents for each in manifests.objects(document) if each.item == declared.item]
    return find(written[0].data, keys) if written else None


def _line(checkout: Checkout, declared: Declared, keys: YamlPath) -> int:
    return markers.line(checkout.read(declared.file) or b"", declared, keys)
