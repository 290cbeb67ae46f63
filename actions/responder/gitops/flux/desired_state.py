"""What a repository applies: the objects of each cluster, and what is known of the way that they take there.

Values alone: clusters.py and reconcile.py find out what they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ..checkout import Checkout
from ..kustomize.resource import Resource
from ..kustomize.skipped_reference import SkippedReference
from ..source_tree import SourceTree
from .kustomization import FluxKustomization, SourceReference, is_flux_kustomization


@dataclass(frozen=True, kw_only=True, eq=False)
class ClusterObject:
    """A resource in a cluster; `applier` is the Flux Kustomization that applies it, None if none here does."""

    cluster: str
    resource: Resource
    applier: "ClusterObject | None" = None

    @property
    def identity(self) -> tuple[str, str, str, str | None, str]:
        """What no two objects of all clusters share."""
        object_id = self.resource.id
        return self.cluster, object_id.group, object_id.kind, object_id.namespace, object_id.name

    @property
    def reading(self) -> tuple[object, ...]:
        """What tells the object from another declaration of it, and from what another Flux Kustomization applies."""
        return self.identity, self.resource.source, self.applier.reading if self.applier else None

    @cached_property
    def as_flux_kustomization(self) -> FluxKustomization:
        """The object, if it is a Flux Kustomization."""
        return FluxKustomization(self.resource)

    def __str__(self) -> str:
        return str(self.resource)


@dataclass(frozen=True, kw_only=True)
class ClusterState:
    """What one cluster gets; `folder_count` is the number of its Flux Kustomizations whose folder is here."""

    cluster: str
    objects: tuple[ClusterObject, ...]
    folder_count: int

    @cached_property
    def flux_kustomizations(self) -> frozenset[tuple[str, int, int | None]]:
        """The declarations of the Flux Kustomizations that this cluster has."""
        resources = (item.resource for item in self.objects)
        return frozenset(resource.source for resource in resources if is_flux_kustomization(resource.id))


@dataclass(frozen=True, kw_only=True)
class DesiredState:
    """All that a repository applies: in the clusters that can have the workload, and in all others.

    `inputs` are the objects that came into a kustomization, by the name of its source tree and its folder; `references`
    the `resources:` of a kustomization by its file; `trees` the source trees by name, of which the one without a name
    has the whole checkout; `pins` the tag, version, commit or digest that a source is held at. `ignored_files` would
    matter, but Flux leaves them out of a source. `own_sources` are those of charts that are this repository.
    """

    checkout: Checkout
    clusters: tuple[ClusterState, ...]
    other_clusters: tuple[ClusterState, ...]
    inputs: Mapping[tuple[str, str], tuple[Resource, ...]]
    references: Mapping[str, tuple[str, ...]]
    trees: Mapping[str, SourceTree]
    pins: Mapping[SourceReference, str]
    skipped: frozenset[SkippedReference]
    ignored_files: frozenset[str]
    own_sources: frozenset[SourceReference] = frozenset()

    @cached_property
    def objects(self) -> tuple[ClusterObject, ...]:
        """The objects of all clusters."""
        return tuple(item for cluster in (*self.clusters, *self.other_clusters) for item in cluster.objects)

    def tree(self, name: str) -> SourceTree:
        """Return the source tree of this name, the whole checkout if there is none."""
        return self.trees.get(name, self.trees[""])
