"""What a Flux Kustomization says: which folder it applies, how it changes that, and what makes it do nothing.

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
from ..kustomize.object_id import ObjectId
from ..kustomize.patches import Patch
from ..kustomize.phase import Phase
from ..kustomize.resource import Declared
from .substitution import substitute

GROUP = "kustomize.toolkit.fluxcd.io"


@dataclass(frozen=True, kw_only=True)
class Source:
    """The source that a Flux Kustomization takes its folder from."""

    kind: str
    name: str
    namespace: str | None


@dataclass(frozen=True, eq=False)
class Sync:
    """A Flux Kustomization as it stands in its cluster."""

    object: Declared

    @cached_property
    def spec(self) -> Mapping[str, Any]:
        return mapping(self.object.data, "spec")

    @cached_property
    def folder(self) -> str | None:
        """The folder it applies, as a path in its source; None if it leads out of it."""
        return folder(self.spec)

    @cached_property
    def source(self) -> Source:
        reference = mapping(self.spec, "sourceRef")
        namespace = text(reference, "namespace") or self.object.id.namespace
        return Source(kind=text(reference, "kind"), name=text(reference, "name"), namespace=namespace)

    @property
    def remote(self) -> str | None:
        """The name of the Secret or ConfigMap through which it applies to another cluster, None if it does not."""
        reference = mapping(self.spec, "kubeConfig")
        return text(mapping(reference, "secretRef"), "name") or text(mapping(reference, "configMapRef"), "name") or None

    @property
    def substitutes(self) -> bool:
        return bool(mapping(self.spec, "postBuild"))

    @property
    def variables_from(self) -> list[tuple[str, str]]:
        """Kind and name of the ConfigMaps and Secrets that it takes variables from, in order."""
        listed = items(mapping(self.spec, "postBuild"), "substituteFrom")
        return [(text(entry, "kind"), text(entry, "name")) for entry in listed if isinstance(entry, Mapping)]

    def adjust(self, found: Kustomization) -> Kustomization:
        """The kustomization of its folder as Flux writes it anew before it builds.

        https://github.com/fluxcd/pkg/blob/main/kustomize/kustomize_generator.go
        """
        return replace(
            found,
            namespace=text(self.spec, "targetNamespace") or found.namespace,
            prefix=text(self.spec, "namePrefix") or found.prefix,
            suffix=text(self.spec, "nameSuffix") or found.suffix,
            components=(*found.components, *map(str, items(self.spec, "components"))),
            patches=(*found.patches, *self._patches()),
        )

    def finish(self, declared: Declared, config: Mapping[tuple[str, str | None], Mapping[str, Any]]) -> Declared:
        """An object after Flux has replaced variables and added metadata; `config` holds the data of ConfigMaps."""
        data = declared.data
        if self.substitutes:
            variables, complete = self._variables(config)
            if variables or text(mapping(self.spec, "postBuild"), "substituteStrategy") == "Always":
                data = substitute(data, variables, complete=complete)
        for kind in ("labels", "annotations"):
            if added := mapping(self.spec, "commonMetadata", kind):
                data = set_in(data, ("metadata", kind), {**mapping(data, "metadata", kind), **added})
        return declared if data is declared.data else declared.with_data(data)

    def _variables(self, config: Mapping[tuple[str, str | None], Mapping[str, Any]]) -> tuple[dict[str, str], bool]:
        """The values by name, and whether all sources of them are known."""
        values: dict[str, str] = {}
        complete = True
        for kind, name in self.variables_from:
            known = config.get((name, self.object.id.namespace), config.get((name, None)))
            found = known if kind == "ConfigMap" else None
            complete = complete and found is not None
            values |= {key: str(value) for key, value in (found or {}).items()}
        values |= {key: str(value) for key, value in mapping(self.spec, "postBuild", "substitute").items()}
        return {key: value.replace("\n", "") for key, value in values.items()}, complete

    def _patches(self) -> tuple[Patch, ...]:
        # Patches that a patch has put there cannot be edited where the Flux Kustomization is declared.
        original = not any(layer.patch.sets(("spec", "patches")) for layer in self.object.layers)
        place = self.object.location
        listed = items(self.spec, "patches")
        keys = (*place.keys, "spec", "patches")
        phase = Phase.FLUX_PATCHES
        file = place.file if original else None
        return tuple(
            kustomization.parse_patches(file, listed, lambda _: None, phase=phase, document=place.document, keys=keys)
        )


def folder(spec: Mapping[str, Any]) -> str | None:
    """The folder that the `spec` of a Flux Kustomization names, as a path in its source; None if it leads out of it."""
    path = posixpath.normpath("./" + text(spec, "path").lstrip("/"))
    return None if path.startswith("..") else path


def is_sync(id_: ObjectId) -> bool:
    """Whether an object is a Flux Kustomization."""
    return id_.group == GROUP and id_.kind == "Kustomization"
