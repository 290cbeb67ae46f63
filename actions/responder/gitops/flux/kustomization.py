"""A Flux Kustomization: the folder that it applies, and how it changes what is in the folder.

https://fluxcd.io/flux/components/kustomize/kustomizations/
"""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ..fields import items, mapping, set_in, text
from ..kustomize import kustomization
from ..kustomize.kustomization import Kustomization
from ..kustomize.patches import Patch
from ..kustomize.resource import ObjectId, Phase, Resource
from .substitution import substitute

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

    def adjust(self, content: Kustomization) -> Kustomization:
        """Return the kustomization of its folder as Flux rewrites it before it builds.

        https://github.com/fluxcd/pkg/blob/main/kustomize/kustomize_generator.go
        """
        return replace(
            content,
            namespace=text(self.spec, "targetNamespace") or content.namespace,
            prefix=text(self.spec, "namePrefix") or content.prefix,
            suffix=text(self.spec, "nameSuffix") or content.suffix,
            components=(*content.components, *map(str, items(self.spec, "components"))),
            patches=(*content.patches, *self._patches()),
        )

    def finish(self, resource: Resource, config_maps: Mapping[tuple[str, str | None], Mapping[str, Any]]) -> Resource:
        """Return an object after Flux has replaced variables and added metadata.

        `config_maps` holds the data of ConfigMaps by name and namespace.
        """
        data = resource.data
        if mapping(self.spec, "postBuild"):
            variables, complete = self._variables(config_maps)
            if variables or text(mapping(self.spec, "postBuild"), "substituteStrategy") == "Always":
                data = substitute(data, variables, complete=complete)
        for kind in ("labels", "annotations"):
            if values := mapping(self.spec, "commonMetadata", kind):
                data = set_in(data, ("metadata", kind), {**mapping(data, "metadata", kind), **values})
        return resource if data is resource.data else resource.with_data(data)

    def _variables(
        self, config_maps: Mapping[tuple[str, str | None], Mapping[str, Any]]
    ) -> tuple[dict[str, str], bool]:
        """Return the values by name, and whether all sources of them are known."""
        values: dict[str, str] = {}
        complete = True
        for kind, name in self.variables_from:
            data = config_maps.get((name, self.resource.id.namespace), config_maps.get((name, None)))
            if kind == "ConfigMap" and data is not None:
                values |= {key: str(value) for key, value in data.items()}
            else:
                complete = False
        values |= {key: str(value) for key, value in mapping(self.spec, "postBuild", "substitute").items()}
        return {key: value.replace("\n", "") for key, value in values.items()}, complete

    def _patches(self) -> tuple[Patch, ...]:
        # Patches that come from a patch cannot be edited where the Flux Kustomization is declared.
        is_original = not any(layer.patch.sets(("spec", "patches")) for layer in self.resource.layers)
        location = self.resource.location
        return tuple(
            kustomization.parse_patches(
                location.file if is_original else None,
                items(self.spec, "patches"),
                lambda _: None,
                phase=Phase.FLUX_PATCHES,
                document=location.document,
                keys=(*location.keys, "spec", "patches"),
            )
        )


def folder_of(spec: Mapping[str, Any]) -> str | None:
    """Return the folder that a `spec.path` names, as a path in the source; None if it leads out of the source."""
    path = posixpath.normpath("./" + text(spec, "path").lstrip("/"))
    return None if path.startswith("..") else path


def is_flux_kustomization(object_id: ObjectId) -> bool:
    """Return whether an object is a Flux Kustomization."""
    return object_id.group == GROUP and object_id.kind == "Kustomization"
