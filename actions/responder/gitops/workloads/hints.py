"""What a refusal tells a person: which workloads come near, and what to write into the rules to name one."""

import json
from collections.abc import Sequence

from ...kubernetes.pod_names import Owner, Pod
from ..flux.desired_state import ClusterObject, DesiredState
from ..kustomize.skipped_reference import NO_FOLDER
from . import prefilter
from .owners import owners_in_any_namespace

_LIMIT = 5  # candidates that a message lists at most


def first_few(names: Sequence[str]) -> str:
    """Return the first of the names, and the number of those that are left out."""
    extra = len(names) - _LIMIT
    return ", ".join(names[:_LIMIT]) + (f" and {extra} more" if extra > 0 else "")


def missing_folders(desired_state: DesiredState) -> str:
    """Return what keeps much of the repository from being followed, empty if nothing does."""
    if any(skipped.reason.startswith(NO_FOLDER) for skipped in desired_state.skipped):
        return "Flux Kustomizations name folders that are not here (does the input `directory` name what Flux reads?)"
    return ""


def ignored_files(desired_state: DesiredState) -> str:
    """Return the files that look as if they declared the workload but are in no source, empty if there are none."""
    if not desired_state.ignored_files:
        return ""
    files = first_few(sorted(desired_state.ignored_files))
    return f"Flux does not get {files}: .sourceignore or the source's spec.ignore leaves it out"


def near_misses(
    desired_state: DesiredState, objects: Sequence[ClusterObject], pod: Pod, owners: Sequence[Owner]
) -> list[str]:
    """Return what would own the pod if it were in another namespace or cluster; `objects` come first."""
    candidates = owners_in_any_namespace([*objects, *desired_state.objects], pod, owners)
    return list(dict.fromkeys(describe(candidate) for candidate in candidates))[:_LIMIT]


def describe(candidate: ClusterObject) -> str:
    """Return a workload and its cluster for a message."""
    return f"{candidate} in cluster {candidate.cluster}"


def rules_to_add(candidates: Sequence[ClusterObject], pod: Pod, cluster: str | None) -> list[str]:
    """Return what to write into the rules, one line for each candidate: it would make that one the owner."""
    entries = sorted({candidate.cluster for candidate in candidates})
    declarations = {candidate.resource.source for candidate in candidates}
    if len(declarations) < len(candidates) and len(entries) > 1:
        return [f"`clusters: {{{json.dumps(cluster or 'NAME')}: {{path: {json.dumps(entry)}}}}}`" for entry in entries]
    lines = [_assignment(candidate, pod, candidate.resource.ids[0].name) for candidate in candidates]
    if len(set(lines)) == len(lines):
        return lines
    return [_assignment(candidate, pod, candidate.resource.id.full_name, cluster) for candidate in candidates]


def _assignment(candidate: ClusterObject, pod: Pod, name: str, cluster: str | None = None) -> str:
    """Return the entry of `workloads:` in the rules that would make a candidate the owner of the pod."""
    resource = candidate.resource
    stem = min(prefilter.owner_names(pod.name), key=len)
    fields = {"pod": f"{stem}*", "namespace": pod.namespace} | ({"cluster": cluster} if cluster else {})
    fields |= {"file": resource.file, "kind": resource.id.kind, "name": name}
    pairs = ", ".join(f"{key}: {json.dumps(value)}" for key, value in fields.items())
    return f"`workloads: [{{{pairs}}}]`"
