"""Which of the objects that a cluster gets may own a pod: declared workloads first, else the Helm releases that may."""

from collections.abc import Iterable, Sequence

from ...kubernetes.pod_names import BASE, Owner, Pod, Workload, is_workload, owns
from ..fields import mapping, text
from ..flux.reconcile import Applied
from . import helm

# From the most telling form of a pod's name to the least.
_FORMS = (("Deployment",), ("CronJob",), ("StatefulSet",), ("DaemonSet", "Job"), ("Pod",))
_SCALERS = {"HorizontalPodAutoscaler": "autoscaling", "ScaledObject": "keda.sh"}


def declared(applied: Iterable[Applied], pod: Pod, owners: Sequence[Owner]) -> list[Applied]:
    """The declared workloads that own the pod. One whose namespace nothing says counts if no other does."""
    found = anywhere(applied, pod, owners)
    exact = [each for each in found if pod.namespace in (each.object.id.namespace, each.object.id.effective_namespace)]
    return _distinct(exact or [each for each in found if each.object.id.namespace is None])


def anywhere(applied: Iterable[Applied], pod: Pod, owners: Sequence[Owner]) -> list[Applied]:
    """The declared workloads that own the pod, or would if it were in their namespace."""
    return [each for each in applied if _owns(each, pod, owners)]


def releases(applied: Iterable[Applied], pod: Pod, owners: Sequence[Owner]) -> list[Applied]:
    """The Helm releases that may have made the owner: those whose main object has its very name before all others, and
    of these one whose namespace nothing says if no other counts."""
    made = makers(pod, owners)
    found = [
        each
        for each in applied
        if helm.is_release(each.object.id)
        and helm.namespace(each.object) in (pod.namespace, None)
        and any(helm.may_make(each.object, workload.name) for workload in made)
    ]
    named = [each for each in found if any(helm.makes(each.object, workload.name) for workload in made)]
    exact = [each for each in named or found if helm.namespace(each.object) == pod.namespace]
    return _distinct(exact or named or found)


def makers(pod: Pod, owners: Sequence[Owner]) -> tuple[Workload, ...]:
    """The workloads that would name a pod so, in the likeliest reading of its name; or the one the event names."""
    for owner in owners:
        if owner.kind == "Deployment":
            return (Workload(kind="Deployment", namespace=pod.namespace, name=owner.name),)
    names = [pod.name, pod.name[:BASE].rstrip("-")]
    while "-" in names[-1]:
        names.append(names[-1].rpartition("-")[0])
    for form in _FORMS:
        made = [(kind, name) for kind in form for name in names if owns(kind, name, pod.name)]
        if made:
            return tuple(Workload(kind=kind, namespace=pod.namespace, name=name) for kind, name in dict.fromkeys(made))
    return ()


def scalers(applied: Iterable[Applied], workload: Applied) -> tuple[Applied, ...]:
    """The autoscalers of the same cluster and namespace that set the workload's replica count."""
    id_ = workload.object.id
    names = {each.name for each in workload.object.ids}
    return tuple(
        each
        for each in applied
        if each.object.id.group == _SCALERS.get(each.object.id.kind)
        and (each.cluster, each.object.id.namespace) == (workload.cluster, id_.namespace)
        and (target := mapping(each.object.data, "spec", "scaleTargetRef"))
        and text(target, "name") in names
        and text(target, "kind") in (id_.kind, "")
    )


def _owns(applied: Applied, pod: Pod, owners: Sequence[Owner]) -> bool:
    id_ = applied.object.id
    if not is_workload(f"{id_.group}/{id_.version}".lstrip("/"), id_.kind):
        return False
    if owners:
        return all(owner.is_created_by(id_.kind, id_.name) for owner in owners)
    return owns(id_.kind, id_.name, pod.name)


def _distinct(applied: list[Applied]) -> list[Applied]:
    """One of those that are the same object of the same cluster from the same declaration."""
    return list({(each.identity, each.object.source): each for each in applied}.values())
