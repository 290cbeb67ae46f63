"""Finds the one declared workload that owns a pod, or refuses and says between which.

Reads the desired state, writes nothing. Where an edit of the workload belongs is for `desired.home` to say.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ...errors import Ambiguous, NotFound
from ...kubernetes.pod_names import Owner, Pod, Workload
from ...rules.model import Assignment
from ..checkout import Checkout
from ..flux import clusters as roots
from ..flux.clusters import Desired
from ..flux.reconcile import NO_FOLDER, Applied
from ..flux.sources import Origin, Sources
from ..kustomize import reachability
from ..kustomize.build import Builder
from . import helm, prefilter
from . import owners as ownership

_NEAR = 5  # candidates that a message lists at most


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a workload is declared: `document` counts from 0 in the file, `item` is the place in a `kind: List`.

    `applied` is the object as its cluster gets it and `desired` the tree around it. For a HelmRelease, `made` are the
    workloads one of which it has to have made for the pod to be called so, and `scalers` is empty.
    """

    file: PurePosixPath
    document: int
    line: int
    api_version: str
    workload: Workload
    item: int | None = None
    applied: Applied = field(repr=False)
    desired: Desired = field(repr=False)
    made: tuple[Workload, ...] = ()
    scalers: tuple[Applied, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line} ({self.workload})"


def locate(
    checkout: Checkout,
    *,
    pod: Pod,
    owners: Sequence[Owner] = (),
    cluster: str | None = None,
    clusters: Mapping[str, PurePosixPath] | None = None,
    assignment: Assignment | None = None,
    origin: Origin | None = None,
) -> Target:
    """The declared workload that owns `pod`; `owners` are the controllers that the event itself names.

    `clusters` maps the clusters' names to the entry paths that Flux applies there; `cluster` is the event's. Without
    a map, the clusters that the repository shows are looked at, all of them. An `assignment` of the rules decides.
    Raises NotFound or Ambiguous.
    """
    entries = clusters or {}
    if entries and cluster is not None and cluster not in entries:
        raise NotFound(pod, reason=f"the rules name no cluster {cluster!r}, only {_few(sorted(entries))}")
    desired = read(checkout, pod=pod, owners=owners, clusters=entries, origin=origin)
    walks = [walk for walk in desired.clusters if cluster is None or not entries or walk.cluster == cluster]
    applied = [each for walk in walks for each in walk.applied if each.cluster == walk.cluster]
    if assignment:
        found = [each for each in applied if _means(assignment, each)]
    else:
        found = ownership.declared(applied, pod, owners) or ownership.releases(applied, pod, owners)
    if not found:
        said = f"the rules say {assignment.kind} {assignment.name} in {assignment.file}" if assignment else ""
        reason = f"{said}, which no cluster gets" if said else ""
        raise NotFound(pod, reason=reason or _missing(desired), near=_near(desired, applied, pod, owners))
    if len(found) > 1:
        raise Ambiguous(pod, [_said(each) for each in found], settle=_settling(found, pod, cluster))
    return _target(found[0], desired, pod, owners)


def read(
    checkout: Checkout, *, pod: Pod, owners: Sequence[Owner], clusters: Mapping[str, PurePosixPath],
    origin: Origin | None = None,
) -> Desired:  # fmt: skip
    """What the repository applies, of all that can matter for a pod."""
    wanted = prefilter.make([pod], owners, checkout.manifests.values())
    builder = Builder(wanted, reachability.find(checkout, wanted.matters))
    return roots.read(
        checkout, builder, Sources(checkout, origin or Origin()), {name: str(path) for name, path in clusters.items()}
    )


def _target(applied: Applied, desired: Desired, pod: Pod, owners: Sequence[Owner]) -> Target:
    declared = applied.object
    id_ = declared.id
    release = helm.is_release(id_)
    return Target(
        file=PurePosixPath(declared.file),
        document=declared.document,
        item=declared.item,
        line=declared.line,
        api_version=f"{id_.group}/{id_.version}".lstrip("/"),
        # A release stands for what it makes, which is in the pod's namespace.
        workload=Workload(kind=id_.kind, namespace=pod.namespace, name=id_.name),
        applied=applied,
        desired=desired,
        made=ownership.makers(pod, owners) if release else (),
        scalers=() if release else ownership.scalers(desired.applied, applied),
    )


def _few(names: Sequence[str]) -> str:
    rest = len(names) - _NEAR
    return ", ".join(names[:_NEAR]) + (f" and {rest} more" if rest > 0 else "")


def _missing(desired: Desired) -> str:
    """What keeps much of the repository from being followed, if something does."""
    if any(each.reason.startswith(NO_FOLDER) for each in desired.builder.skipped):
        return "Flux Kustomizations name folders that are not here (does the input `directory` name what Flux reads?)"
    return ""


def _near(desired: Desired, applied: list[Applied], pod: Pod, owners: Sequence[Owner]) -> list[str]:
    """What would own the pod if it were of another namespace or cluster."""
    found = ownership.anywhere([*applied, *desired.applied], pod, owners)
    return list(dict.fromkeys(_said(each) for each in found))[:_NEAR]


def _said(applied: Applied) -> str:
    return f"{applied.object} in cluster {applied.cluster}"


def _settling(found: Sequence[Applied], pod: Pod, cluster: str | None) -> list[str]:
    """What to write into the rules, of which one line would settle which of these is meant."""
    entries = sorted({each.cluster for each in found})
    if len({each.object.source for each in found}) < len(found) and len(entries) > 1:
        return [f"`clusters: {{{json.dumps(cluster or 'NAME')}: {{path: {json.dumps(entry)}}}}}`" for entry in entries]
    plain = [_line(each, pod, each.object.ids[0].name) for each in found]
    if len(set(plain)) == len(plain):
        return plain
    return [_line(each, pod, each.object.id.full_name, cluster) for each in found]


def _line(applied: Applied, pod: Pod, name: str, cluster: str | None = None) -> str:
    """The entry of `workloads:` in the rules that would make this the owner of the pod."""
    declared = applied.object
    stem = min(prefilter.candidates(pod.name), key=len)
    fields = {"pod": f"{stem}*", "namespace": pod.namespace} | ({"cluster": cluster} if cluster else {})
    pairs = {**fields, "file": declared.file, "kind": declared.id.kind, "name": name}
    said = ", ".join(f"{key}: {json.dumps(value)}" for key, value in pairs.items())
    return f"`workloads: [{{{said}}}]`"


def _means(assignment: Assignment, applied: Applied) -> bool:
    """Whether a line of the rules names this, by its name in the file, or in the cluster with or without namespace."""
    declared = applied.object
    names = (declared.ids[0].name, declared.id.name, declared.id.full_name)
    return (declared.file, declared.id.kind) == (str(assignment.file), assignment.kind) and assignment.name in names
