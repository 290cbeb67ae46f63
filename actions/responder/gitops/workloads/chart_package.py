"""The package of a chart that is not in this repository: which one it is. Fetches nothing.

https://fluxcd.io/flux/components/source/helmrepositories/
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import NotRendered
from ..fields import mapping, text
from ..flux.chart_reference import chart_source
from ..flux.desired_state import ClusterObject, DesiredState
from ..flux.sources import SOURCE_GROUP

_ADDRESS = re.compile(r"(?:https?|oci)://[\w.:/~%-]+")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[\w.-]+)*")
_VERSION = re.compile(r"[\w.*^~<>=|, +-]+")


@dataclass(frozen=True, kw_only=True)
class ChartPackage:
    """A chart by its name in a repository, or by its whole address; `version` is None for the newest."""

    chart: str
    repository: str | None
    version: str | None

    def __str__(self) -> str:
        return " ".join(filter(None, [self.chart, self.version, self.repository and f"of {self.repository}"]))


def package_of(release: ClusterObject, state: DesiredState) -> ChartPackage:
    """Return the package of a release's chart. Raise NotRendered where the repository does not say which one it is."""
    spec = mapping(release.resource.data, "spec")
    source = chart_source(release.resource)
    label = f"{source.kind} {source.name}" if source else "no source"
    if source is None or source.kind not in ("HelmRepository", "OCIRepository"):
        raise NotRendered(f"its chart is in {label}, which is not rendered")
    declaration = _declaration(source.kind, source.name, source.namespace, release, state)
    if declaration is None:
        raise NotRendered(f"its chart is in {label}, which the repository does not declare")
    if declaration.get("secretRef") or declaration.get("certSecretRef") or declaration.get("serviceAccountName"):
        raise NotRendered(f"its chart is in {label}, which needs a credential")
    url = text(declaration, "url").rstrip("/")
    if source.kind == "OCIRepository":
        reference = mapping(declaration, "ref")
        if not reference.keys() <= {"tag", "semver"}:
            raise NotRendered(f"its chart is in {label}, at a digest or a filter of tags")
        package = ChartPackage(
            chart=url, repository=None, version=text(reference, "semver") or text(reference, "tag") or None
        )
    else:
        chart = mapping(spec, "chart", "spec")
        name, version = text(chart, "chart"), text(chart, "version") or None
        if url.startswith("oci://"):
            package = ChartPackage(chart=f"{url}/{name}", repository=None, version=version)
        else:
            package = ChartPackage(chart=name, repository=url, version=version)
        if not _NAME.fullmatch(name) or chart.get("valuesFiles"):
            raise NotRendered(f"its chart {name!r} has values files or a name that is not fetched")
    if not _ADDRESS.fullmatch(url) or not _VERSION.fullmatch(package.version or "*"):
        raise NotRendered(f"its chart is in {label}, whose address or version is not fetched")
    return package


def _declaration(
    kind: str, name: str, namespace: str | None, release: ClusterObject, state: DesiredState
) -> Mapping[str, Any] | None:
    """Return the `spec` of a source in the cluster of a release, None if the repository does not declare it."""
    key = (release.cluster, SOURCE_GROUP, kind, name, namespace)
    for item in state.objects:
        object_id = item.resource.id
        if (item.cluster, object_id.group, object_id.kind, object_id.name, object_id.namespace) == key:
            return mapping(item.resource.data, "spec")
    return None
