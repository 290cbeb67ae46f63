"""Which of the objects that a cluster gets may own a pod: declared workloads first, else the Helm releases that may."""

from collections.abc import Iterable, Sequence

from ...kubernetes.operator_kinds import OperatorKind, find_kind
from ...kubernetes.pod_names import Owner, Pod, Subject, Workload, is_workload, owns
from ..fields import mapping, text
from ..flux.desired_state import ClusterObject
from . import helm
from .chart_workloads import possible_workloads

_AUTOSCALER_GROUPS = {"HorizontalPodAutoscaler": "autoscaling", "ScaledObject": "keda.sh"}


def controllers_of(subject: Subject, hints: Sequence[Owner]) -> Sequence[Owner]:
    """Return the controllers that an event names: the workload that it is about, or the `hints` beside its pod."""
    return (Owner(kind=subject.kind, name=subject.name),) if isinstance(subject, Workload) else hints


def declared_owners(
    objects: Iterable[ClusterObject], subject: Subject, owners: Sequence[Owner], kinds: Sequence[OperatorKind] = ()
) -> list[ClusterObject]:
    """Return the declared workloads that own the pod. One without any namespace counts if no other does."""
    candidates = owners_in_any_namespace(objects, subject, owners, kinds)
    exact = [
        candidate
        for candidate in candidates
        if subject.namespace in (candidate.resource.id.namespace, candidate.resource.id.effective_namespace)
    ]
    return _distinct(exact or [candidate for candidate in candidates if candidate.resource.id.namespace is None])


def owners_in_any_namespace(
    objects: Iterable[ClusterObject], subject: Subject, owners: Sequence[Owner], kinds: Sequence[OperatorKind] = ()
) -> list[ClusterObject]:
    """Return the declared workloads that own the subject, or would if it were in their namespace."""
    return [candidate for candidate in objects if _owns(candidate, subject, owners, kinds)]


def helm_releases(objects: Iterable[ClusterObject], subject: Subject, owners: Sequence[Owner]) -> list[ClusterObject]:
    """Return the Helm releases that may have created the owner.

    Those whose main object has the name of the owner count before all others. Of these, one without any namespace
    counts if no other does.
    """
    workloads = possible_workloads(subject, owners)
    names = {workload.name for workload in workloads}
    candidates = [
        candidate
        for candidate in objects
        if helm.is_release(candidate.resource.id)
        and helm.namespace(candidate.resource) in (subject.namespace, None)
        and any(helm.may_create(candidate.resource, name) for name in names)
    ]
    by_name = [
        candidate
        for candidate in candidates
        if any(workload.may_be(name) for workload in workloads for name in helm.main_object_names(candidate.resource))
    ]
    exact = [item for item in by_name or candidates if helm.namespace(item.resource) == subject.namespace]
    return _distinct(exact or by_name or candidates)


def autoscalers(objects: Iterable[ClusterObject], workload: ClusterObject) -> tuple[ClusterObject, ...]:
    """Return the autoscalers of the same cluster and namespace that set the workload's replica count."""
    workload_id = workload.resource.id
    names = {object_id.name for object_id in workload.resource.ids}
    return tuple(
        candidate
        for candidate in objects
        if candidate.resource.id.group == _AUTOSCALER_GROUPS.get(candidate.resource.id.kind)
        and (candidate.cluster, candidate.resource.id.namespace) == (workload.cluster, workload_id.namespace)
        and (target := mapping(candidate.resource.data, "spec", "scaleTargetRef"))
        and text(target, "name") in names
        and text(target, "kind") in (workload_id.kind, "")
    )


def _owns(candidate: ClusterObject, subject: Subject, owners: Sequence[Owner], kinds: Sequence[OperatorKind]) -> bool:
    object_id = candidate.resource.id
    if kind := find_kind(kinds, object_id.group, object_id.kind):
        return kind.owns(candidate.resource.data, object_id.name, subject.name, owners)
    if not is_workload(f"{object_id.group}/{object_id.version}".lstrip("/"), object_id.kind):
        return False
    if owners or not isinstance(subject, Pod):
        return all(owner.is_created_by(object_id.kind, object_id.name) for owner in owners)
    return owns(object_id.kind, object_id.name, subject.name)


def _distinct(objects: list[ClusterObject]) -> list[ClusterObject]:
    """Return the objects without repetitions of the same object of the same cluster from the same declaration."""
    return list({(item.identity, item.resource.source): item for item in objects}.values())
