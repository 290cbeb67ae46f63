"""What each response edits in the objects of the desired state. Does not decide where an edit is written.

A HelmRelease has no manifest of the workload: the edit becomes a post-renderer, which works for every chart.
https://fluxcd.io/flux/components/helm/helmreleases/#post-renderers
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from ..errors import Unsupported
from ..gitops.fields import find, set_in, text
from ..gitops.flux.desired_state import ClusterObject
from ..gitops.placement.desired_edit import DesiredEdit, JsonPatch, RemoveResource, changed_paths, is_fulfilled
from ..gitops.workloads import helm
from ..gitops.workloads.chart_workloads import ChartWorkload
from ..gitops.workloads.target import Target
from ..kubernetes.pod_names import Workload
from ..rules.actions import Action, Annotate, Label, PatchManifest, Remove, Scale, Stop
from ..yamledit import json_patch
from ..yamledit.edit import AppendItem, SetValue
from ..yamledit.values import YamlPath
from . import operator_effects, pod_template
from .immutable_fields import require_mutable_paths
from .outcome import ReplicaChange

Fields = Sequence[tuple[tuple[str, ...], Any]]

_REPLICAS = ("spec", "replicas")
_TEMPLATE = ("spec", "template")
# No node has this label, so no pod of the DaemonSet finds one.
_NOWHERE = (*_TEMPLATE, "spec", "nodeSelector", "falco-dispatch.dev/stopped")

# The field that brings a workload of a kind to a stop.
# https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/
STOP: Mapping[str, tuple[tuple[str, ...], bool | int | str]] = {
    "Deployment": (_REPLICAS, 0),
    "StatefulSet": (_REPLICAS, 0),
    "ReplicaSet": (_REPLICAS, 0),
    "ReplicationController": (_REPLICAS, 0),
    "Rollout": (_REPLICAS, 0),
    "CronJob": (("spec", "suspend"), True),
    "Job": (("spec", "suspend"), True),
    "DaemonSet": (_NOWHERE, "true"),
}
_API_VERSIONS = {
    "ReplicationController": "v1",
    "Rollout": "argoproj.io/v1alpha1",
    "CronJob": "batch/v1",
    "Job": "batch/v1",
}


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One object and how it is edited."""

    object: ClusterObject
    edit: DesiredEdit


def effects_of(action: Action, target: Target) -> list[Effect]:
    """Return all that a action edits for a workload. Raise Unsupported where the workload's kind does not have it."""
    if isinstance(action, Stop) and target.workload.kind == "Pod":
        action = Remove()
    if isinstance(action, Remove):
        return [Effect(object=target.object, edit=RemoveResource())]
    if isinstance(action, PatchManifest) and any(not operation["path"] for operation in action.operations):
        raise Unsupported("a whole manifest is not changed by a patch: name the field that it changes")
    if helm.is_release(target.object.resource.id):
        return [_post_renderer(action, target)]
    if isinstance(action, PatchManifest):
        return [_patch(action, target.object)]
    fields = _fields_of_target(action, target)
    effects = [Effect(object=target.object, edit=SetValue(path=path, value=value)) for path, value in fields]
    if any(path == _REPLICAS for path, _ in fields):
        effects += _scaler_effects(target.autoscalers)
    return effects


def replica_change(actions: Sequence[Action], target: Target) -> ReplicaChange | None:
    """Return how the actions change the replicas of a workload, or None if they do not."""
    if STOP.get(target.workload.kind, ((),))[0] != _REPLICAS:
        return None
    previous = find(target.object.resource.data, _REPLICAS)
    numbers = [
        action.replicas if isinstance(action, Scale) else 0 for action in actions if isinstance(action, Stop | Scale)
    ]
    return (
        ReplicaChange(previous=previous if isinstance(previous, int) else None, current=numbers[-1])
        if numbers
        else None
    )


def _fields_of_target(action: Action, target: Target) -> Fields:
    data = target.object.resource.data
    return operator_effects.fields_of(action, target.operator_kind, data, target) or _fields(action, target.workload)


def warnings_about(action: Action, target: Target) -> list[str]:
    """Return what a person should know before the response is applied."""
    policy = find(target.object.resource.data, ("spec", "persistentVolumeClaimRetentionPolicy", "whenScaled"))
    if isinstance(action, Stop) and policy == "Delete":
        return [f"{target.workload} deletes its volumes when it is scaled down, and evidence with them"]
    if helm.is_release(target.object.resource.id):
        return [
            warning
            for workload in target.chart_workloads
            for warning in pod_template.warnings_about(workload.kind, _paths(action, workload))
        ]
    warnings = [*pod_template.warnings_about(target.workload.kind, _paths(action, target.workload))]
    if isinstance(action, PatchManifest):
        warnings += _repetition_warnings(dict(target.object.resource.data), action)
    return warnings


def _paths(action: Action, workload: Workload | ChartWorkload) -> list[YamlPath]:
    """Return the fields of a workload that an action changes, none if its kind does not have the response."""
    if isinstance(action, PatchManifest):
        return list(changed_paths(JsonPatch(operations=action.operations)))
    try:
        return [path for path, _ in _fields(action, workload)]
    except Unsupported:
        return []


def _repetition_warnings(manifest: dict[str, Any], action: PatchManifest) -> list[str]:
    """Return a warning about a patch that the next event of the same kind would apply once more."""
    if json_patch.is_in_place(json_patch.apply(manifest, action.operations), action.operations):
        return []
    return [
        "the next event would apply the patch once more, for it names list items by their index: "
        "add a `test` operation that names the item that it removes or moves"
    ]


def _patch(action: PatchManifest, item: ClusterObject) -> Effect:
    """Return the effect of a JSON patch. Raise Unsupported if it fails for the object as its cluster gets it."""
    edit = JsonPatch(operations=action.operations)
    if not is_fulfilled(edit, item.resource):
        json_patch.edits(dict(item.resource.data), action.operations)
    return Effect(object=item, edit=edit)


def _fields(action: Action, workload: Workload | ChartWorkload) -> Fields:
    """Return the fields that a action sets in the manifest of a workload. Raise Unsupported."""
    if isinstance(workload, ChartWorkload):
        fields = operator_effects.fields_of(action, workload.operator_kind, workload.content, workload)
        if fields:
            return fields
    match action:
        case Stop() if workload.kind in STOP:
            return [STOP[workload.kind]]
        case Scale(replicas=replicas) if STOP.get(workload.kind, ((),))[0] == _REPLICAS:
            return [(_REPLICAS, replicas)]
        case Label():
            return _metadata_fields(workload, "labels", action)
        case Annotate():
            return _metadata_fields(workload, "annotations", action)
    raise Unsupported(f"a {workload.kind} has no response `{action.name}`")


def _metadata_fields(workload: Workload | ChartWorkload, name: str, action: Label | Annotate) -> Fields:
    path = _metadata_path(workload, on_pods=action.on_pods)
    return [((*path, name, key), value) for key, value in action.set.items()]


def _metadata_path(workload: Workload | ChartWorkload, *, on_pods: bool) -> tuple[str, ...]:
    """Return the path of the metadata of a workload, or of its pods."""
    if not on_pods:
        return ("metadata",)
    if workload.kind == "Pod":
        raise Unsupported("a Pod has no pod template")
    job = ("spec", "jobTemplate") if workload.kind == "CronJob" else ()
    return (*job, *_TEMPLATE, "metadata")


def _scaler_effects(scalers: Sequence[ClusterObject]) -> list[Effect]:
    """Return what keeps autoscalers from undoing a replica count.

    A HorizontalPodAutoscaler leaves a workload at 0 alone, unless its own least count is 0: then it wakes it up again.
    """
    effects = []
    for scaler in scalers:
        if scaler.resource.id.kind == "ScaledObject":
            path = ("metadata", "annotations", "autoscaling.keda.sh/paused-replicas")
            effects.append(Effect(object=scaler, edit=SetValue(path=path, value="0")))
        elif find(scaler.resource.data, ("spec", "minReplicas")) == 0:
            effects.append(Effect(object=scaler, edit=SetValue(path=("spec", "minReplicas"), value=1)))
    return effects


def _post_renderer(action: Action, target: Target) -> Effect:
    """Return the post-renderer that does to the objects of a chart what the action does to a manifest.

    It patches every kind that would give the pod its name and that has the response. A patch for an object that the
    chart does not have is no error. Raise Unsupported if none of the kinds has the response.
    """
    patches = []
    for workload in _with_response(action, target.chart_workloads):
        content: Any = list(action.operations) if isinstance(action, PatchManifest) else _merge_patch(action, workload)
        text = yaml.safe_dump(content, sort_keys=False, default_flow_style=False, width=1000)
        patches.append({"target": {"kind": workload.kind, "name": workload.pattern}, "patch": text})
    item = {"kustomize": {"patches": patches}}
    return Effect(object=target.object, edit=AppendItem(path=("spec", "postRenderers"), value=item))


def _with_response(action: Action, workloads: Sequence[ChartWorkload]) -> list[ChartWorkload]:
    """Return the workloads whose kind has the response to an action. Raise Unsupported if there is none."""
    supported, errors = [], []
    for workload in workloads:
        try:
            if not isinstance(action, PatchManifest):
                _fields(action, workload)
            require_mutable_paths(workload.kind, _paths(action, workload))
            supported.append(workload)
        except Unsupported as error:
            errors.append(error)
    if errors and not supported:
        raise errors[0]
    return supported


def _merge_patch(action: Action, workload: ChartWorkload) -> dict[str, Any]:
    """Return the strategic merge patch that does to a workload what is demanded.

    A stop takes a CronJob out: Helm then deletes it, and so its Jobs and their pods, which a suspension would not end.
    """
    version = text(workload.content, "apiVersion") or _API_VERSIONS.get(workload.kind, "apps/v1")
    head = {"apiVersion": version, "kind": workload.kind}
    if isinstance(action, Stop) and workload.kind == "CronJob":
        return {"$patch": "delete", **head, "metadata": {"name": workload.name}}
    patch: dict[str, Any] = {}
    for path, value in _fields(action, workload):
        patch = set_in(patch, path, value)
    return {**head, "metadata": {"name": workload.name, **patch.pop("metadata", {})}, **patch}
