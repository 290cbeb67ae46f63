"""Finds the one declared workload that owns what an event is about, or refuses and says what it hesitates between.

Where an edit of the workload belongs is for `placement` to decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
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
from .charts import Charts, search
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
    charts: Charts | None = None,
) -> Target:
    """Return the declared workload that owns `subject`; `owners` are the controllers that an event names with its pod.

    `clusters` maps the clusters' names to the entry paths that Flux applies there; `cluster` is the event's. Without
    a map, all clusters that the repository shows are searched. An `assignment` of the rules decides. `kinds` are those
    whose pods an operator makes. With `charts`, what the charts of Helm releases make decides, as far as they can be
    rendered. Raise NotFound or Ambiguous.
    """
    entries = clusters or {}
    if entries and cluster is not None and cluster not in entries:
        names = hints.first_few(sorted(entries))
        raise NotFound(subject.label, reason=f"the rules name no cluster {cluster!r}, only {names}")
    question = _Question(
        subject=subject,
        owners=controllers_of(subject, owners),
        cluster=cluster,
        has_entries=bool(entries),
        assignment=assignment,
        kinds=kinds,
    )
    read = partial(
        desired_state_for, checkout, subject=subject, owners=owners, clusters=entries, origin=origin, kinds=kinds
    )
    desired_state = read()
    candidates = question.declared(question.objects(desired_state))
    if charts and all(helm.is_release(candidate.resource.id) for candidate in candidates):
        return _located_by_charts(question, read(charts=True), charts)
    candidates = candidates or question.releases(question.objects(desired_state))
    return _target(question, _only(question, desired_state, candidates), desired_state)


@dataclass(frozen=True, kw_only=True)
class _Question:
    """What is looked for, and what is known of it."""

    subject: Subject
    owners: Sequence[Owner]
    cluster: str | None
    has_entries: bool
    assignment: Assignment | None
    kinds: Sequence[OperatorKind]

    def objects(self, desired_state: DesiredState) -> list[ClusterObject]:
        """Return the objects of the clusters that the event can mean."""
        return [
            item
            for state in desired_state.clusters
            if self.cluster is None or not self.has_entries or state.cluster == self.cluster
            for item in state.objects
            if item.cluster == state.cluster
        ]

    def declared(self, objects: Sequence[ClusterObject]) -> list[ClusterObject]:
        """Return what the rules name, or the declared workloads that own the subject."""
        if self.assignment:
            return [item for item in objects if _is_assigned(self.assignment, item)]
        return declared_owners(objects, self.subject, self.owners, self.kinds)

    def releases(self, objects: Sequence[ClusterObject]) -> list[ClusterObject]:
        """Return the releases that can have made the subject, by their names; none if the rules name something."""
        return [] if self.assignment else helm_releases(objects, self.subject, self.owners)


def _located_by_charts(question: _Question, desired_state: DesiredState, charts: Charts) -> Target:
    """Return the release whose chart makes the owner; where no chart shows it, one that can by its name."""
    objects = question.objects(desired_state)
    assigned = question.declared(objects)
    likely = question.releases(objects)
    evidence = search(
        assigned or [*likely, *(item for item in objects if item not in likely)],
        desired_state,
        question.subject,
        question.owners,
        kinds=question.kinds,
        charts=charts,
    )
    releases = list({release.identity: release for release, _ in evidence.owners}.values())
    barren = {release.identity for release in evidence.barren}
    if not releases:
        releases = [item for item in assigned if item.identity not in barren]
        releases = releases or question.releases([item for item in objects if item.identity not in barren])
    release = _only(question, desired_state, releases, barren=evidence.barren)
    workloads = [workload for _, workload in evidence.owners]
    if len(workloads) > 1:
        descriptions = [f"{workload} of {hints.describe(release)}" for workload in workloads]
        raise Ambiguous(question.subject.label, descriptions, advice="the chart makes two that can own it")
    if workloads:
        target = _target(question, release, desired_state, is_rendered=True)
        return replace(target, chart_workloads=tuple(workloads))
    return replace(_target(question, release, desired_state), unrendered=evidence.unrendered.get(release.identity, ""))


def _only(
    question: _Question,
    desired_state: DesiredState,
    candidates: Sequence[ClusterObject],
    *,
    barren: Sequence[ClusterObject] = (),
) -> ClusterObject:
    """Return the one candidate. Raise NotFound or Ambiguous; the charts of `barren` releases make no owner."""
    subject = question.subject
    if not candidates:
        near = hints.near_misses(
            desired_state, question.objects(desired_state), subject, question.owners, question.kinds
        )
        reason = hints.barren_charts(barren) or _why_none(question.assignment, desired_state)
        raise NotFound(subject.label, reason=reason, near=near)
    if len(candidates) > 1:
        descriptions = [hints.describe(candidate) for candidate in candidates]
        clusters = {candidate.cluster for candidate in candidates}
        if question.has_entries and question.cluster is None and len(clusters) > 1:
            raise Ambiguous(subject.label, descriptions, advice=hints.UNNAMED_CLUSTER)
        lines = hints.rules_to_add(desired_state, candidates, subject, question.cluster)
        raise Ambiguous(subject.label, descriptions, settle=lines, advice=hints.DECLARED_TWICE)
    return candidates[0]


def desired_state_for(
    checkout: Checkout,
    *,
    subject: Subject,
    owners: Sequence[Owner],
    clusters: Mapping[str, PurePosixPath],
    origin: Origin | None = None,
    kinds: Sequence[OperatorKind] = (),
    charts: bool = False,
) -> DesiredState:
    """Return what the repository applies, of all that can matter for what an event is about."""
    search = prefilter.search_for(
        [subject], controllers_of(subject, owners), checkout.manifests.values(), kinds, charts=charts
    )
    builder = Builder(search, reachability.find_reach(checkout, search.matches))
    entries = {name: str(path) for name, path in clusters.items()}
    return reconcile_clusters(checkout, builder, Sources(checkout, origin or Origin()), entries)


def _target(
    question: _Question, item: ClusterObject, desired_state: DesiredState, *, is_rendered: bool = False
) -> Target:
    resource = item.resource
    object_id = resource.id
    is_release = helm.is_release(object_id)
    if is_release and not is_rendered and question.assignment is None:
        _refuse_foreign_pod(question, desired_state, item)
    subject = question.subject
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
        chart_workloads=chart_workloads.possible_workloads(subject, question.owners) if is_release else (),
        operator_kind=find_kind(question.kinds, object_id.group, object_id.kind),
        is_rendered=is_rendered,
        autoscalers=() if is_release else autoscalers(desired_state.objects, item),
    )


def _refuse_foreign_pod(question: _Question, desired_state: DesiredState, item: ClusterObject) -> None:
    """Raise NotFound where a release could have made the subject, but its name is not one that the chart gives."""
    workloads = chart_workloads.possible_workloads(question.subject, question.owners)
    reasons = [chart_workloads.why_foreign(item.resource, workload) for workload in workloads]
    if all(reasons):
        reason = f"{reasons[0]}, so it does not look like one that the chart of {hints.describe(item)} makes"
        is_controlled = any(workload.kind != "Pod" for workload in workloads)
        settle = hints.rules_to_add(desired_state, [item], question.subject, question.cluster) if is_controlled else []
        raise NotFound(question.subject.label, reason=reason, settle=settle)


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
