"""What is asked of a chart: the objects that it makes of a release, and which of them owns a pod.

Nothing is rendered here: that is handed in. proof/helm_chart.py does it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ...errors import NotRendered
from ...kubernetes.operator_kinds import OperatorKind, find_kind
from ...kubernetes.pod_names import Owner, Pod, Subject, is_workload, owns
from ..fields import mapping, text
from ..flux.desired_state import ClusterObject, DesiredState
from ..kustomize.resource import identify
from . import helm
from .chart_workloads import ChartWorkload


class Charts(Protocol):
    """Renders the charts of releases."""

    def render(self, release: ClusterObject, state: DesiredState) -> Sequence[Mapping[str, Any]]:
        """Return the objects that a release makes, as they are after its post-renderers. Raise NotRendered."""
        ...


@dataclass(frozen=True, kw_only=True)
class ChartSearch:
    """What the charts of some releases show.

    `owners` are the workloads that own the subject, each with its release. `barren` are the releases whose charts make
    no such workload, `unrendered` the reasons why charts could not be rendered, by the identity of the release.
    """

    owners: tuple[tuple[ClusterObject, ChartWorkload], ...]
    barren: tuple[ClusterObject, ...]
    unrendered: Mapping[tuple[object, ...], str]


def search(
    releases: Iterable[ClusterObject],
    state: DesiredState,
    subject: Subject,
    owners: Sequence[Owner],
    *,
    kinds: Sequence[OperatorKind],
    charts: Charts,
) -> ChartSearch:
    """Return what the charts of the releases in the namespace of the subject show, up to the first with an owner."""
    pairs: list[tuple[ClusterObject, ChartWorkload]] = []
    barren: list[ClusterObject] = []
    unrendered: dict[tuple[object, ...], str] = {}
    for release in releases:
        if not helm.is_release(release.resource.id) or helm.namespace(release.resource) not in (
            subject.namespace,
            None,
        ):
            continue
        try:
            objects = charts.render(release, state)
        except NotRendered as error:
            unrendered[release.identity] = str(error)
            continue
        workloads = [
            _chart_workload(content, subject, kinds) for content in objects if _owns(content, subject, owners, kinds)
        ]
        if workloads:  # no other release can have an object of that name
            pairs = [(release, workload) for workload in workloads]
            break
        barren.append(release)
    return ChartSearch(owners=tuple(pairs), barren=tuple(barren), unrendered=unrendered)


def _owns(content: Mapping[str, Any], subject: Subject, owners: Sequence[Owner], kinds: Sequence[OperatorKind]) -> bool:
    object_id = identify(content)
    if object_id.namespace not in (None, subject.namespace):
        return False
    if kind := find_kind(kinds, object_id.group, object_id.kind):
        return kind.owns(content, object_id.name, subject.name, owners)
    if not is_workload(text(content, "apiVersion"), object_id.kind):
        return False
    if owners or not isinstance(subject, Pod):
        return all(owner.is_created_by(object_id.kind, object_id.name) for owner in owners)
    return owns(object_id.kind, object_id.name, subject.name)


def _chart_workload(content: Mapping[str, Any], subject: Subject, kinds: Sequence[OperatorKind]) -> ChartWorkload:
    object_id = identify(content)
    return ChartWorkload(
        kind=object_id.kind,
        namespace=subject.namespace,
        name=object_id.name,
        content=content,
        operator_kind=find_kind(kinds, object_id.group, object_id.kind),
    )


def chart_name(release: ClusterObject) -> str:
    """Return the name of a release's chart, for a message."""
    return text(mapping(release.resource.data, "spec", "chart", "spec"), "chart") or "chart"
