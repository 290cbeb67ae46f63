"""How a Flux Kustomization changes its folder: the kustomization before the build, and the objects after it.

https://fluxcd.io/flux/components/kustomize/kustomizations/
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..fields import items, mapping, set_in, text
from ..kustomize import kustomization
from ..kustomize.kustomization import Kustomization
from ..kustomize.patches import Patch
from ..kustomize.resource import Phase, Resource
from .kustomization import FluxKustomization
from .substitution import substitute

ConfigMaps = Mapping[tuple[str, str | None], Mapping[str, Any]]  # the data of ConfigMaps by name and namespace


def adjust(flux: FluxKustomization, content: Kustomization) -> Kustomization:
    """Return the kustomization of a Flux Kustomization's folder as Flux rewrites it before it builds.

    https://github.com/fluxcd/pkg/blob/main/kustomize/kustomize_generator.go
    """
    return replace(
        content,
        namespace=text(flux.spec, "targetNamespace") or content.namespace,
        prefix=text(flux.spec, "namePrefix") or content.prefix,
        suffix=text(flux.spec, "nameSuffix") or content.suffix,
        components=(*content.components, *map(str, items(flux.spec, "components"))),
        patches=(*content.patches, *_patches(flux)),
    )


def finish(flux: FluxKustomization, resource: Resource, config_maps: ConfigMaps) -> Resource:
    """Return an object after Flux has replaced variables and added metadata."""
    data = resource.data
    if mapping(flux.spec, "postBuild"):
        variables, complete = _variables(flux, config_maps)
        if variables or text(mapping(flux.spec, "postBuild"), "substituteStrategy") == "Always":
            data = substitute(data, variables, complete=complete)
    for kind in ("labels", "annotations"):
        if values := mapping(flux.spec, "commonMetadata", kind):
            data = set_in(data, ("metadata", kind), {**mapping(data, "metadata", kind), **values})
    return resource if data is resource.data else resource.with_data(data)


def _variables(flux: FluxKustomization, config_maps: ConfigMaps) -> tuple[dict[str, str], bool]:
    """Return the values by name, and whether all sources of them are known."""
    values: dict[str, str] = {}
    complete = True
    for kind, name in flux.variables_from:
        data = config_maps.get((name, flux.resource.id.namespace), config_maps.get((name, None)))
        if kind == "ConfigMap" and data is not None:
            values |= {key: str(value) for key, value in data.items()}
        else:
            complete = False
    values |= {key: str(value) for key, value in mapping(flux.spec, "postBuild", "substitute").items()}
    return {key: value.replace("\n", "") for key, value in values.items()}, complete


def _patches(flux: FluxKustomization) -> tuple[Patch, ...]:
    # Patches that come from a patch cannot be edited where the Flux Kustomization is declared.
    is_original = not any(layer.patch.sets(("spec", "patches")) for layer in flux.resource.layers)
    location = flux.resource.location
    return tuple(
        kustomization.parse_patches(
            location.file if is_original else None,
            items(flux.spec, "patches"),
            lambda _: None,
            phase=Phase.FLUX_PATCHES,
            document=location.document,
            keys=(*location.keys, "spec", "patches"),
        )
    )
