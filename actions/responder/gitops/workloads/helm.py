"""What a HelmRelease may create. Names alone decide, because no chart is rendered here.

By the convention of Helm's own chart template, the objects of a release have the name of the release, of the release
and the chart, or the `fullnameOverride`; parts of a chart add to one of these.
https://fluxcd.io/flux/components/helm/helmreleases/#release-configuration
"""

import hashlib

from ..fields import find, mapping, text
from ..flux.chart_reference import GROUP
from ..kustomize.resource import ObjectId, Resource

_LONGEST = 53  # characters of a release name, beyond which Flux cuts it and adds a hash
_OVERRIDES = (("fullnameOverride",), ("global", "fullnameOverride"))


def is_release(object_id: ObjectId) -> bool:
    """Return whether an object is a HelmRelease."""
    return object_id.group == GROUP and object_id.kind == "HelmRelease"


def namespace(release: Resource) -> str | None:
    """Return the namespace that the release creates its objects in, None if it is not known."""
    return text(mapping(release.data, "spec"), "targetNamespace") or release.id.namespace


def release_name(release: Resource) -> str:
    """Return the name of the release as Helm knows it.

    https://github.com/fluxcd/helm-controller/blob/main/internal/release/name.go
    """
    spec = mapping(release.data, "spec")
    target = text(spec, "targetNamespace")
    name = text(spec, "releaseName") or (f"{target}-{release.id.name}" if target else release.id.name)
    if len(name) <= _LONGEST:
        return name
    return f"{name[:40]}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def may_create(release: Resource, name: str) -> bool:
    """Return whether an object of this name can come from the release."""
    return any(name == base or name.startswith(f"{base}-") for base in _base_names(release))


def main_object_names(release: Resource) -> set[str]:
    """Return the names that the release's main object can have by convention."""
    chart = text(mapping(release.data, "spec", "chart", "spec"), "chart").rpartition("/")[2]
    suffix = text(mapping(release.data, "spec", "values"), "nameOverride") or chart
    return {*_base_names(release), f"{release_name(release)}-{suffix}"}


def _base_names(release: Resource) -> set[str]:
    values = mapping(release.data, "spec", "values")
    overrides = {str(value) for keys in _OVERRIDES if (value := find(values, keys))}
    return {release_name(release), *overrides}
