"""The values of a release, as helm-controller puts them together from ConfigMaps and the release itself.

https://fluxcd.io/flux/components/helm/helmreleases/#values
"""

from collections.abc import Mapping
from typing import Any

from ...errors import NotRendered
from .. import manifests
from ..fields import items, mapping, text
from ..flux.desired_state import ClusterObject, DesiredState


def values_of(release: ClusterObject, state: DesiredState) -> dict[str, Any]:
    """Return the values of a release. Raise NotRendered where the repository does not have all of them."""
    spec = mapping(release.resource.data, "spec")
    values: dict[str, Any] = {}
    for reference in items(spec, "valuesFrom"):
        if isinstance(reference, Mapping):
            values = merged(values, _values_from(reference, release, state))
    return merged(values, mapping(spec, "values"))


def merged(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with the values of `override` in it; mappings are merged, lists replaced."""
    both = {
        key: merged(base[key], value)
        for key, value in override.items()
        if isinstance(value, Mapping) and isinstance(base.get(key), Mapping)
    }
    return {**base, **override, **both}


def _values_from(reference: Mapping[str, Any], release: ClusterObject, state: DesiredState) -> Mapping[str, Any]:
    kind, name = text(reference, "kind"), text(reference, "name")
    key = text(reference, "valuesKey") or "values.yaml"
    label = f"{kind} {release.resource.id.namespace or '-'}/{name}"
    if kind != "ConfigMap":
        raise NotRendered(f"its values come from {label}, which the repository does not show")
    if reference.get("targetPath"):
        raise NotRendered(f"a value comes from {label} by a targetPath, which is not followed")
    data = _config_map(name, release, state)
    if data is None:
        if reference.get("optional") is True:
            return {}
        raise NotRendered(f"its values come from {label}, which the repository does not declare")
    try:
        content = manifests.load(text(data, key).encode())
    except manifests.Unreadable as error:
        raise NotRendered(f"{label} has no YAML at {key}") from error
    return content if isinstance(content, Mapping) else {}


def _config_map(name: str, release: ClusterObject, state: DesiredState) -> Mapping[str, Any] | None:
    """Return the data of the ConfigMap that a release takes values from, None if the repository does not declare it."""
    key = (release.cluster, "ConfigMap", name, release.resource.id.namespace)
    for item in state.objects:
        object_id = item.resource.id
        if (item.cluster, object_id.kind, object_id.name, object_id.namespace) == key:
            return mapping(item.resource.data, "data")
    return None
