"""Finds the one declared workload that owns what an event is about, or refuses and says what it hesitates between.

Where an edit of the workload belongs is for `placement` to decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from ...errors import Ambiguous, NotFound
from ...kubernetes.operator_kinds import OperatorKind, find_kind
from ...kubernetes.pod_names import Owner, Subject, Workload
from ...rules.model import Assignment
from ..checkout import Checkout
from ..flux.clusters import reconcile_clusters
from ..flux.desired_state import ClusterObject, DesiredState
from ..flux.sources import Origin, Sources
from ..kustomize import reachability
from ..kustomize.build import Builder
from . import chart_workloads, helm, hints, prefilter
from .owners import autoscalers, controllers_of, declared_owners, helm_releases
from .target import Target


def locate(
    checkout: Checkout,
    *,
    subject: Subject,
    owners: Sequence[Owner] = (),
    cluster: str | None = None,
    clusters: Mapping[str, PurePosixPath] | None = None,
    assignment: Assignment | None = None,
    origin: Origin | None = None,
    kinds: Sequence[OperatorKind] = (),
) -> Target:
    """Return the declared workload that owns `subject`; `owners` are the controllers that an event names with its pod.

    `clusters` maps the clusters' names to the entry paths that Flux applies there; `cluster` is the event's. Without
    a map, all clusters that the repository shows are searched. An `assignment` of the rules decides. `kinds` are those
    whose pods an operator makes. Raise NotFound or Ambiguous.
    """
    owners = controllers_of(subject, owners)
    entries = clusters or {}
    if entries and cluster is not None and cluster not in entries:
        names = hints.first_few(sorted(entries))
        raise NotFound(subject.label, reason=f"the rules name no cluster {cluster!r}, only {names}")
    desired_state = desired_state_for(
        checkout, subject=subject, owners=owners, clusters=entries, origin=origin, kinds=kinds
    )
    objects = [
        item
        for state in desired_state.clusters
        if cluster is None or not entries or state.cluster == cluster
        for item in state.objects
        if item.cluster == state.cluster
    ]
    if assignment:
        candidates = [item for item in objects if _is_assigned(assignment, item)]
    else:
        candidates = declared_owners(objects, subject, owners, kinds) or helm_releases(objects, subject, owners)
    if not candidates:
        near = hints.near_misses(desired_state, objects, subject, owners, kinds)
        raise NotFound(subject.label, reason=_why_none(assignment, desired_state), near=near)
    if len(candidates) > 1:
        descriptions = [hints.describe(candidate) for candidate in candidates]
        if entries and cluster is None and len({candidate.cluster for candidate in candidates}) > 1:
            raise Ambiguous(subject.label, descriptions, advice=hints.UNNAMED_CLUSTER)
        lines = hints.rules_to_add(desired_state, candidates, subject, cluster)
        raise Ambiguous(subject.label, descriptions, settle=lines, advice=hints.DECLARED_TWICE)
    if assignment is None:
        _refuse_foreign_pod(desired_state, candidates[0], subject, owners, cluster)
    target = _target(candidates[0], desired_state, subject, owners)
    object_id = candidates[0].resource.id
    return replace(target, operator_kind=find_kind(kinds, object_id.group, object_id.kind))


def desired_state_for(
    checkout: Checkout,
    *,
    subject: Subject,
    owners: Sequence[Owner],
    clusters: Mapping[str, PurePosixPath],
    origin: Origin | None = None,
    kinds: Sequence[OperatorKind] = (),
) -> DesiredState:
    """Return what the repository applies, of all that can matter for what an event is about."""
    search = prefilter.search_for([subject], controllers_of(subject, owners), checkout.manifests.values(), kinds)
    builder = Builder(search, reachability.find_reach(checkout, search.matches))
    entries = {name: str(path) for name, path in clusters.items()}
    return reconcile_clusters(checkout, builder, Sources(checkout, origin or Origin()), entries)


def _target(item: ClusterObject, desired_state: DesiredState, subject: Subject, owners: Sequence[Owner]) -> Target:
    resource = item.resource
    object_id = resource.id
    is_release = helm.is_release(object_id)
    return Target(
        file=PurePosixPath(resource.file),
        document=resource.document,
        item=resource.item,
        line=resource.line,
        api_version=f"{object_id.group}/{object_id.version}".lstrip("/"),
        # A release stands for what it creates, which is in the namespace of the event.
        workload=Workload(kind=object_id.kind, namespace=subject.namespace, name=object_id.name),
        object=item,
        desired_state=desired_state,
        chart_workloads=chart_workloads.possible_workloads(subject, owners) if is_release else (),
        autoscalers=() if is_release else autoscalers(desired_state.objects, item),
    )


def _refuse_foreign_pod(
    desired_state: DesiredState, item: ClusterObject, subject: Subject, owners: Sequence[Owner], cluster: str | None
) -> None:
    """Raise NotFound where a release could have made the subject, but its name is not one that the chart gives."""
    if not helm.is_release(item.resource.id):
        return
    workloads = chart_workloads.possible_workloads(subject, owners)
    reasons = [chart_workloads.why_foreign(item.resource, workload) for workload in workloads]
    if all(reasons):
        reason = f"{reasons[0]}, so it does not look like one that the chart of {hints.describe(item)} makes"
        is_controlled = any(workload.kind != "Pod" for workload in workloads)
        lines = hints.rules_to_add(desired_state, [item], subject, cluster) if is_controlled else []
        raise NotFound(subject.label, reason=reason, settle=lines)


def _why_none(assignment: Assignment | None, desired_state: DesiredState) -> str:
    """Return why no workload was found, empty if there is no special reason."""
    if assignment:
        return f"the rules say {assignment.kind} {assignment.name} in {assignment.file}, which no cluster gets"
    return hints.reason_why_none(desired_state)


def _is_assigned(assignment: Assignment, item: ClusterObject) -> bool:
    """Return whether the rules name it, by its name in the file, or in the cluster with or without namespace."""
    resource = item.resource
    names = (resource.ids[0].name, resource.id.name, resource.id.full_name)
    return (resource.file, resource.id.kind) == (str(assignment.file), assignment.kind) and assignment.name in names
