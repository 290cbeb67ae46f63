"""Follows what Flux applies in a cluster: Flux Kustomizations, the folders they name, and those declared in there.

https://fluxcd.io/flux/components/kustomize/kustomizations/
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..fields import mapping, text
from ..kustomize.build import Builder
from ..kustomize.resource import Resource
from ..kustomize.skipped_reference import NO_FOLDER, SkippedReference
from ..source_tree import SourceTree
from . import adjustments, artifact_generator
from .desired_state import ClusterObject, ClusterState
from .kustomization import FluxKustomization, is_flux_kustomization
from .sources import SOURCE_GROUP, ForeignSource, Sources


class Reconciliation:
    """Finds what one cluster gets, from its entry path on. Every Flux Kustomization is followed once."""

    def __init__(self, builder: Builder, sources: Sources, cluster: str) -> None:
        self._cluster = cluster
        self._objects: list[ClusterObject] = []
        self._folder_count = 0
        self._builder = builder
        self._sources = sources
        self._pending: list[ClusterObject] = []
        self._followed: set[tuple[object, ...]] = set()
        self._generators: list[Resource] = []
        self._config_maps: dict[tuple[str, str | None], Mapping[str, Any]] = {}
        self._ignores: dict[tuple[str, str], str] = {}

    def run(self, resources: tuple[Resource, ...], entry: str) -> ClusterState:
        """Return what the cluster gets: `resources`, those of the folder `entry`, and all that follows from them."""
        objects = [ClusterObject(cluster=self._cluster, resource=resource) for resource in resources]
        # Where a Flux Kustomization in the entry applies the entry itself, its reading counts, not this one.
        self._apply([item for item in objects if self._applies(item, entry)] or objects)
        while self._pending:
            batch = [item for item in self._pending if self._is_ready(item)] or self._pending
            ready = set(batch)
            self._pending = [item for item in self._pending if item not in ready]
            for item in batch:
                self._follow(item)
        return ClusterState(cluster=self._cluster, objects=tuple(self._objects), folder_count=self._folder_count)

    def _applies(self, item: ClusterObject, folder: str) -> bool:
        """Return whether it is a Flux Kustomization of this repository that applies `folder`."""
        if not is_flux_kustomization(item.resource.id):
            return False
        flux = item.as_flux_kustomization
        tree = self._tree(flux)
        return flux.folder == folder and isinstance(tree, SourceTree) and tree.is_repository

    def _apply(self, objects: list[ClusterObject]) -> None:
        for item in objects:
            object_id = item.resource.id
            if is_flux_kustomization(object_id):
                key = (item.cluster, item.resource.source, object_id)
                if key in self._followed:
                    continue
                self._followed.add(key)
                self._pending.append(item)
            elif artifact_generator.is_generator(object_id):
                self._generators.append(item.resource)
            elif object_id.group == SOURCE_GROUP:
                self._ignores[object_id.kind, object_id.name] = text(mapping(item.resource.data, "spec"), "ignore")
            elif object_id.kind == "ConfigMap":
                self._config_maps[object_id.name, object_id.namespace] = mapping(item.resource.data, "data")
            self._objects.append(item)

    def _is_ready(self, item: ClusterObject) -> bool:
        """Return whether all that a Flux Kustomization takes from the cluster has been applied."""
        flux = item.as_flux_kustomization
        names = {name for kind, name in flux.variables_from if kind == "ConfigMap"}
        is_source_known = (flux.source.kind, flux.source.name) in self._ignores or not self._sources.may_ignore(
            flux.source
        )
        return (
            is_source_known and names.issubset(name for name, _ in self._config_maps) and self._tree(flux) is not None
        )

    def _tree(self, flux: FluxKustomization) -> SourceTree | ForeignSource | None:
        ignore = self._ignores.get((flux.source.kind, flux.source.name), "")
        return self._sources.tree(flux.source, self._generators, ignore)

    def _follow(self, item: ClusterObject) -> None:
        """Apply what a Flux Kustomization applies."""
        flux = item.as_flux_kustomization
        tree = self._tree(flux)
        if not isinstance(tree, SourceTree):
            self._skip(item, tree.reason if tree else f"{flux.source.kind} {flux.source.name} is not declared here")
            return
        folder = flux.folder
        if folder is None or not (tree.kustomization(folder) or tree.below(folder)):
            self._skip(item, f"{NO_FOLDER} {flux.spec.get('path')} here")
            return
        self._folder_count += 1
        cluster = item.cluster + (f" through {flux.remote}" if flux.remote else "")
        if not (self._builder.leads(tree, folder) or flux.spec.get("components")):
            return
        resources = self._builder.build(tree, folder, partial(adjustments.adjust, flux))
        finished = (adjustments.finish(flux, resource, self._config_maps) for resource in resources)
        self._apply([ClusterObject(cluster=cluster, resource=resource, applier=item) for resource in finished])

    def _skip(self, item: ClusterObject, reason: str) -> None:
        resource = item.resource
        file = f"{resource.file}:{resource.line}"
        self._builder.skipped.add(
            SkippedReference(file=file, reference=f"Kustomization {resource.id.name}", reason=reason)
        )
