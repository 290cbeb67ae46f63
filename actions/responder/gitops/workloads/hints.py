"""What a refusal tells a person: which workloads come near, and what to write into the rules to name one."""

import json
import re
from collections.abc import Sequence

from ...kubernetes.operator_kinds import OperatorKind
from ...kubernetes.pod_names import Owner, Pod, Subject
from ..flux.desired_state import ClusterObject, DesiredState
from ..kustomize.skipped_reference import NO_FOLDER, OTHER_SOURCE, UNREADABLE
from . import prefilter
from .owners import owners_in_any_namespace

_RESOURCE_SET = re.compile(rb"^\s*[\"']?kind[\"']?\s*:\s*[\"']?ResourceSet\b", re.MULTILINE)
_EXTERNAL_INPUTS = re.compile(rb"^\s*[\"']?inputsFrom[\"']?\s*:", re.MULTILINE)
_LIMIT = 5  # candidates that a message lists at most
UNNAMED_CLUSTER = (
    "the event names no cluster, and the rules name several: let the relay stamp it, by a token for each cluster in "
    "RELAY_TOKENS_FILE, or write it into the event as `cluster`"
)
BUILT_TWICE = "Flux builds no folder that has an object twice: take it out of one of the files"
DECLARED_TWICE = "the cluster gets it from more than one file, and other clusters read these too: take it out of one"


def barren_charts(releases: Sequence[ClusterObject]) -> str:
    """Return that the charts of some releases make no owner, empty if there are none."""
    names = first_few([describe(release) for release in releases])
    return f"the charts of {names} were rendered, and make no workload with such a pod" if names else ""


def first_few(names: Sequence[str]) -> str:
    """Return the first of the names, and the number of those that are left out."""
    extra = len(names) - _LIMIT
    return ", ".join(names[:_LIMIT]) + (f" and {extra} more" if extra > 0 else "")


def reason_why_none(desired_state: DesiredState) -> str:
    """Return what may keep the workload from being found, the likeliest reason alone; empty if nothing does."""
    return (
        _ignored_files(desired_state)
        or _other_sources(desired_state)
        or _resource_sets(desired_state)
        or _missing_folders(desired_state)
        or _unreadable_files(desired_state)
    )


def _other_sources(desired_state: DesiredState) -> str:
    """Return the Flux Kustomizations that apply another repository, empty if none does."""
    skipped = sorted(skipped for skipped in desired_state.skipped if OTHER_SOURCE in skipped.reason)
    descriptions = [f"{item.reference} ({item.file}): {item.reason}" for item in skipped]
    return f"{first_few(descriptions)}; if it is declared there, run the action there" if descriptions else ""


def _resource_sets(desired_state: DesiredState) -> str:
    """Return the files with a ResourceSet of the Flux Operator, empty if there is none."""
    contents = desired_state.checkout.manifests.items()
    files = {file: data for file, data in contents if _RESOURCE_SET.search(data)}
    external = sorted(file for file, data in files.items() if _EXTERNAL_INPUTS.search(data))
    inputs = f"; the inputs of {first_few(external)} come from a ResourceSetInputProvider" if external else ""
    return f"ResourceSets are not followed, and one in {first_few(sorted(files))} may make it{inputs}" if files else ""


def _missing_folders(desired_state: DesiredState) -> str:
    """Return what keeps much of the repository from being followed, empty if nothing does."""
    missing = [skipped for skipped in desired_state.skipped if skipped.reason.startswith(NO_FOLDER)]
    replacing = sorted(skipped.file for skipped in desired_state.skipped if skipped.reference == "replacements")
    if missing and replacing:
        files = first_few(replacing)
        return f"replacements in {files} may set the folders of Flux Kustomizations to values that are not known"
    if missing:
        return "Flux Kustomizations name folders that are not here (does the input `directory` name what Flux reads?)"
    return ""


def _unreadable_files(desired_state: DesiredState) -> str:
    """Return the files that could declare the workload but are not YAML, empty if there are none."""
    files = sorted({skipped.file for skipped in desired_state.skipped if skipped.reason.startswith(UNREADABLE)})
    return f"{first_few(files)} cannot be read as YAML, and may declare it" if files else ""


def _ignored_files(desired_state: DesiredState) -> str:
    """Return the files that look as if they declared the workload but are in no source, empty if there are none."""
    if not desired_state.ignored_files:
        return ""
    files = first_few(sorted(desired_state.ignored_files))
    return f"Flux does not get {files}: .sourceignore or the source's spec.ignore leaves it out"


def near_misses(
    desired_state: DesiredState,
    objects: Sequence[ClusterObject],
    subject: Subject,
    owners: Sequence[Owner],
    kinds: Sequence[OperatorKind],
) -> list[str]:
    """Return what would own the pod if it were in another namespace or cluster; `objects` come first."""
    candidates = owners_in_any_namespace([*objects, *desired_state.objects], subject, owners, kinds)
    return list(dict.fromkeys(describe(candidate) for candidate in candidates))[:_LIMIT]


def describe(candidate: ClusterObject) -> str:
    """Return a workload and its cluster for a message."""
    return f"{candidate} in cluster {candidate.cluster}"


def rules_to_add(
    desired_state: DesiredState, candidates: Sequence[ClusterObject], subject: Subject, cluster: str | None
) -> list[str]:
    """Return what to write into the rules, one line for each candidate: it would make that one the owner."""
    entries = sorted({candidate.cluster for candidate in candidates})
    declarations = {candidate.resource.source for candidate in candidates}
    if len(declarations) < len(candidates) and len(entries) > 1:
        return [f"`clusters: {{{json.dumps(cluster or 'NAME')}: {{path: {json.dumps(entry)}}}}}`" for entry in entries]
    candidates = [candidate for candidate in candidates if _can_be_edited(desired_state, candidates, candidate)]
    lines = [_assignment(candidate, subject, candidate.resource.ids[0].name) for candidate in candidates]
    if len(set(lines)) == len(lines):
        return lines
    return [_assignment(candidate, subject, candidate.resource.id.full_name, cluster) for candidate in candidates]


def _can_be_edited(desired_state: DesiredState, candidates: Sequence[ClusterObject], candidate: ClusterObject) -> bool:
    """Return whether an edit can reach one declaration of an object alone.

    A patch reaches all declarations of the object in its cluster, and a manifest may be read as other objects too.
    """
    if [other.identity for other in candidates].count(candidate.identity) == 1:
        return True
    if is_built_twice(candidates):
        return False
    source = candidate.resource.source
    return {item.identity for item in desired_state.objects if item.resource.source == source} == {candidate.identity}


def is_built_twice(candidates: Sequence[ClusterObject]) -> bool:
    """Return whether one kustomization has the same object of two candidates, so that it cannot be built."""
    builds = [
        (candidate.identity, build)
        for candidate in candidates
        for build in {
            (step.tree, step.folder) for step in candidate.resource.steps if step.file or candidate.applier is not None
        }
    ]
    return len(set(builds)) < len(builds)


def _assignment(candidate: ClusterObject, subject: Subject, name: str, cluster: str | None = None) -> str:
    """Return the entry of `workloads:` in the rules that would make a candidate the owner of the pod."""
    resource = candidate.resource
    stem = min(prefilter.owner_names(subject.name), key=len) if isinstance(subject, Pod) else subject.name
    fields = {"pod": f"{stem}*", "namespace": subject.namespace} | ({"cluster": cluster} if cluster else {})
    fields |= {"file": resource.file, "kind": resource.id.kind, "name": name}
    pairs = ", ".join(f"{key}: {json.dumps(value)}" for key, value in fields.items())
    return f"`workloads: [{{{pairs}}}]`"
