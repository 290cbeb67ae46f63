"""The source that a HelmRelease takes its chart from. Decides nothing about the chart.

https://fluxcd.io/flux/components/helm/helmreleases/#chart-template
"""

from ..fields import mapping, text
from ..kustomize.resource import Resource
from .kustomization import SourceReference

GROUP = "helm.toolkit.fluxcd.io"
FILE_SOURCES = ("GitRepository", "Bucket")  # that have a chart as a folder; others have packages


def chart_source(resource: Resource) -> SourceReference | None:
    """Return the source that an object takes its chart from, None if it is no HelmRelease with a chart."""
    if resource.id.group != GROUP:
        return None
    spec = mapping(resource.data, "spec")
    reference = mapping(spec, "chartRef") or mapping(spec, "chart", "spec", "sourceRef")
    if not reference:
        return None
    return SourceReference(
        kind=text(reference, "kind"),
        name=text(reference, "name"),
        namespace=text(reference, "namespace") or resource.id.namespace,
    )
