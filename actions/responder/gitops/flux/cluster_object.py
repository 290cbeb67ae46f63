"""An object as a cluster gets it."""

from dataclasses import dataclass
from functools import cached_property

from ..kustomize.resource import Resource
from .kustomization import FluxKustomization


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

    @cached_property
    def as_flux_kustomization(self) -> FluxKustomization:
        """The object, if it is a Flux Kustomization."""
        return FluxKustomization(self.resource)

    def __str__(self) -> str:
        return str(self.resource)
