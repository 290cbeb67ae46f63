"""What Flux makes of the kustomization of a folder before it builds the folder.

It is not strict: fields that Kustomize does not know are dropped, in this file alone. In a base or a component they
fail the build. Then it adds its own fields.
https://github.com/fluxcd/pkg/blob/main/kustomize/kustomize_generator.go
"""

from collections.abc import Callable, Mapping
from typing import Any

# https://github.com/kubernetes-sigs/kustomize/blob/master/api/types/kustomization.go
_FIELDS = frozenset(
    name.lower()  # Go compares them so
    for name in (
        *("apiVersion", "kind", "metadata", "openapi", "namePrefix", "nameSuffix", "namespace", "commonLabels"),
        *("labels", "commonAnnotations", "patchesStrategicMerge", "patchesJson6902", "patches", "images", "imageTags"),
        *("replacements", "replicas", "vars", "sortOptions", "resources", "components", "crds", "bases"),
        *("configMapGenerator", "secretGenerator", "helmGlobals", "helmCharts", "helmChartInflationGenerator"),
        *("generatorOptions", "configurations", "generators", "transformers", "validators", "inventory"),
        "buildMetadata",
    )
)
_NAMES = (("namespace", "targetNamespace"), ("namePrefix", "namePrefix"), ("nameSuffix", "nameSuffix"))


def generate(content: Mapping[str, Any], spec: Mapping[str, Any], exists: Callable[[str], bool]) -> dict[str, Any]:
    """Return the kustomization that Flux builds under the `spec` of a Flux Kustomization.

    `exists` returns whether there is something at a path below the folder.
    """
    result = {key: value for key, value in content.items() if key.lower() in _FIELDS}
    for field, flux_field in _NAMES:
        if spec.get(flux_field):
            result[field] = spec[flux_field]
    components = spec.get("components") or []
    if spec.get("ignoreMissingComponents") is True:
        components = [component for component in components if exists(str(component))]
    for field, items in (("patches", spec.get("patches")), ("components", components)):
        if items:
            result[field] = [*(result.get(field) or []), *items]
    return result
