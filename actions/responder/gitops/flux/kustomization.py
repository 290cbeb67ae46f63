"""A Flux Kustomization: what it says of the folder that it applies and of the source of the folder.

How it changes what is in the folder is for adjustments.py. https://fluxcd.io/flux/components/kustomize/kustomizations/
"""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..fields import items, mapping, text
from ..kustomize.resource import ObjectId, Resource

GROUP = "kustomize.toolkit.fluxcd.io"


@dataclass(frozen=True, kw_only=True)
class SourceReference:
    """The `sourceRef` of a Flux Kustomization: the source that it takes its folder from."""

    kind: str
    name: str
    namespace: str | None


@dataclass(frozen=True, eq=False)
class FluxKustomization:
    """A Flux Kustomization as it is in its cluster."""

    resource: Resource

    @cached_property
    def spec(self) -> Mapping[str, Any]:
        return mapping(self.resource.data, "spec")

    @cached_property
    def folder(self) -> str | None:
        """The folder that it applies, as a path in its source; None if the path leads out of the source."""
        return folder_of(self.spec)

    @cached_property
    def source(self) -> SourceReference:
        reference = mapping(self.spec, "sourceRef")
        namespace = text(reference, "namespace") or self.resource.id.namespace
        return SourceReference(kind=text(reference, "kind"), name=text(reference, "name"), namespace=namespace)

    @property
    def remote(self) -> str | None:
        """The name of the Secret or ConfigMap through which it applies to another cluster, None if it does not."""
        reference = mapping(self.spec, "kubeConfig")
        return text(mapping(reference, "secretRef"), "name") or text(mapping(reference, "configMapRef"), "name") or None

    @property
    def variables_from(self) -> list[tuple[str, str]]:
        """Kind and name of the ConfigMaps and Secrets that it takes variables from, in order."""
        references = items(mapping(self.spec, "postBuild"), "substituteFrom")
        return [(text(entry, "kind"), text(entry, "name")) for entry in references if isinstance(entry, Mapping)]


def folder_of(spec: Mapping[str, Any]) -> str | None:
    """Return the folder that a `spec.path` names, as a path in the source; None if it leads out of the source."""
    path = posixpath.normpath("./" + text(spec, "path").lstrip("/"))
    return None if path.startswith("..") else path


def is_flux_kustomization(object_id: ObjectId) -> bool:
    """Return whether an object is a Flux Kustomization."""
    return object_id.group == GROUP and object_id.kind == "Kustomization"
