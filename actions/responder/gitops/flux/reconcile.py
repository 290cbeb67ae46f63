"""Walks what Flux applies in a cluster: Flux Kustomizations, the folders they name, and those declared in there.

https://fluxcd.io/flux/components/kustomize/kustomizations/
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..fields import mapping
from ..kustomize.build import Builder, SkippedReference
from ..kustomize.resource import Declared
from ..source_tree import SourceTree
from . import artifact_generator
from .kustomization import Sync, is_sync
from .sources import Elsewhere, Sources

NO_FOLDER = "there is no folder"


@dataclass(frozen=True, kw_only=True, eq=False)
class Applied:
    """An object as a cluster gets it, and the Flux Kustomization that applies it: None for what nothing here does."""

    cluster: str
    object: Declared
    sync: "Applied | None" = None

    @property
    def identity(self) -> tuple[str, str, str, str | None, str]:
        """What no two objects of all clusters share."""
        id_ = self.object.id
        return self.cluster, id_.group, id_.kind, id_.namespace, id_.name

    @cached_property
    def as_sync(self) -> Sync:
        """The object as the Flux Kustomization that it is."""
        return Sync(self.object)

    def __str__(self) -> str:
        return str(self.object)


class Walk:
    """One cluster's walk from its entry path. Every Flux Kustomization is followed once."""

    def __init__(self, builder: Builder, sources: Sources, cluster: str) -> None:
        self.cluster = cluster
        self.applied: list[Applied] = []
        self._builder = builder
        self._sources = sources
        self._pending: list[Applied] = []
        self._seen: set[tuple[object, ...]] = set()
        self.followed = 0  # Flux Kustomizations whose folder is here
        self._generators: list[Declared] = []
        self._config: dict[tuple[str, str | None], Mapping[str, Any]] = {}

    @property
    def syncs(self) -> set[tuple[str, int, int | None]]:
        """Where the Flux Kustomizations are declared that this cluster has."""
        return {each.object.source for each in self.applied if is_sync(each.object.id)}

    def run(self, objects: tuple[Declared, ...], entry: str) -> "Walk":
        """Apply `objects`, those of the folder `entry`, and all that follows from them."""
        applied = [Applied(cluster=self.cluster, object=each) for each in objects]
        # Where Flux applies the entry through a Flux Kustomization in it, that one's reading counts, not this.
        self._apply([each for each in applied if self._applies(each, entry)] or applied)
        while self._pending:
            ready = [each for each in self._pending if self._is_ready(each)] or self._pending
            chosen = set(ready)
            self._pending = [each for each in self._pending if each not in chosen]
            for each in ready:
                self._follow(each)
        return self

    def _applies(self, applied: Applied, folder: str) -> bool:
        """Whether it is a Flux Kustomization of this repository that applies `folder`."""
        if not is_sync(applied.object.id):
            return False
        return applied.as_sync.folder == folder and self._tree(applied.as_sync) is self._sources.main

    def _apply(self, applied: list[Applied]) -> None:
        for each in applied:
            id_ = each.object.id
            if is_sync(id_):
                key = (each.cluster, each.object.source, id_)
                if key in self._seen:
                    continue
                self._seen.add(key)
                self._pending.append(each)
            elif artifact_generator.is_generator(id_):
                self._generators.append(each.object)
            elif id_.kind == "ConfigMap":
                self._config[id_.name, id_.namespace] = mapping(each.object.data, "data")
            self.applied.append(each)

    def _is_ready(self, applied: Applied) -> bool:
        """Whether all that a Flux Kustomization takes from the cluster is known."""
        names = {name for kind, name in applied.as_sync.variables_from if kind == "ConfigMap"}
        return names.issubset(name for name, _ in self._config) and self._tree(applied.as_sync) is not None

    def _tree(self, sync: Sync) -> SourceTree | Elsewhere | None:
        return self._sources.tree(sync.source, self._generators)

    def _follow(self, applied: Applied) -> None:
        sync = applied.as_sync
        tree = self._tree(sync)
        if not isinstance(tree, SourceTree):
            self._skip(applied, tree.reason if tree else f"{sync.source.kind} {sync.source.name} is not declared here")
            return
        folder = sync.folder
        if folder is None or not (tree.kustomization(folder) or tree.below(folder)):
            self._skip(applied, f"{NO_FOLDER} {sync.spec.get('path')} here")
            return
        self.followed += 1
        cluster = applied.cluster + (f" through {sync.remote}" if sync.remote else "")
        if not (self._builder.leads(tree, folder) or sync.spec.get("components")):
            return
        objects = self._builder.build(tree, folder, sync.adjust)
        finished = (sync.finish(each, self._config) for each in objects)
        self._apply([Applied(cluster=cluster, object=each, sync=applied) for each in finished])

    def _skip(self, applied: Applied, reason: str) -> None:
        where = f"{applied.object.file}:{applied.object.line}"
        self._builder.skipped.add(
            SkippedReference(file=where, reference=f"Kustomization {applied.object.id.name}", reason=reason)
        )
