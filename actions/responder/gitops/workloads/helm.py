"""What a HelmRelease may make of its chart, told from names alone, as no chart is rendered here.

By the convention of Helm's own chart template, what a release makes is called after the release, the release and the
chart, or what `fullnameOverride` says; parts of a chart add to one of these.
https://fluxcd.io/flux/components/helm/helmreleases/#release-configuration
"""

import hashlib

from ..fields import find, mapping, text
from ..kustomize.object_id import ObjectId
from ..kustomize.resource import Declared

GROUP = "helm.toolkit.fluxcd.io"
_LONGEST = 53  # characters of a release name, beyond which Flux cuts it and adds a hash
_OVERRIDES = (("fullnameOverride",), ("global", "fullnameOverride"))


def is_release(id_: ObjectId) -> bool:
    """Whether an object is a HelmRelease."""
    return id_.group == GROUP and id_.kind == "HelmRelease"


def namespace(release: Declared) -> str | None:
    """The namespace that the release puts its objects into."""
    return text(mapping(release.data, "spec"), "targetNamespace") or release.id.namespace


def release_name(release: Declared) -> str:
    """The name of the release as Helm knows it.

    https://github.com/fluxcd/helm-controller/blob/main/internal/release/name.go
    """
    spec = mapping(release.data, "spec")
    target = text(spec, "targetNamespace")
    name = text(spec, "releaseName") or (f"{target}-{release.id.name}" if target else release.id.name)
    if len(name) <= _LONGEST:
        return name
    return f"{name[:40]}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def may_make(release: Declared, name: str) -> bool:
    """Whether an object of this name can come from the release."""
    return any(name == base or name.startswith(f"{base}-") for base in _bases(release))


def makes(release: Declared, name: str) -> bool:
    """Whether the name is the one that the release's main object has by convention."""
    chart = text(mapping(release.data, "spec", "chart", "spec"), "chart").rpartition("/")[2]
    first = release_name(release)
    other = text(mapping(release.data, "spec", "values"), "nameOverride") or chart
    return name in {*_bases(release), f"{first}-{other}"}


def _bases(release: Declared) -> set[str]:
    values = mapping(release.data, "spec", "values")
    overrides = {str(value) for keys in _OVERRIDES if (value := find(values, keys))}
    return {release_name(release), *overrides}
