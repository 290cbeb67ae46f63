"""What each response wants of the objects of the desired state. Pure; where the edits belong is for `desired.home`.

A HelmRelease has no manifest of the workload: what is wanted becomes a post-renderer, which works for every chart.
https://fluxcd.io/flux/components/helm/helmreleases/#post-renderers
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from ..errors import Unsupported
from ..gitops.fields import find
from ..gitops.flux.reconcile import Applied
from ..gitops.placement.placement import Wanted
from ..gitops.workloads import helm
from ..gitops.workloads.locate import Target
from ..kubernetes.pod_names import Workload
from ..rules.actions import Action, Annotate, Label, PatchManifest, Remove, Scale, Stop
from ..yamledit import json_patch

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
class Aim:
    """One object and what is wanted of it."""

    applied: Applied
    wanted: Wanted


def aims(action: Action, target: Target) -> list[Aim]:
    """All that an action wants for a workload. Raises Unsupported where the workload's kind does not have it."""
    if isinstance(action, Stop) and target.workload.kind == "Pod":
        action = Remove()
    if isinstance(action, Remove):
        return [Aim(applied=target.applied, wanted=Wanted())]
    if helm.is_release(target.applied.object.id):
        return [_post_renderer(action, target)]
    if isinstance(action, PatchManifest):
        wanted = Wanted(operations=tuple(each for each in action.operations if each["op"] != "test"))
        if not wanted.holds(target.applied.object):
            json_patch.edits(dict(target.applied.object.data), action.operations)
        return [Aim(applied=target.applied, wanted=wanted)]
    fields = _fields(action, target.workload)
    own = [Aim(applied=target.applied, wanted=Wanted(keys=keys, value=value)) for keys, value in fields]
    return own + [aim for keys, _ in fields if keys == _REPLICAS for aim in _held_off(target.scalers)]


def warnings(action: Action, target: Target) -> list[str]:
    """What a person should know before the response is made."""
    policy = find(target.applied.object.data, ("spec", "persistentVolumeClaimRetentionPolicy", "whenScaled"))
    if isinstance(action, Stop) and policy == "Delete":
        return [f"{target.workload} deletes its volumes when it is scaled down, and evidence with them"]
    return []


def _fields(action: Action, workload: Workload) -> Fields:
    match action:
        case Stop() if workload.kind in STOP:
            return [STOP[workload.kind]]
        case Scale(replicas=replicas) if STOP.get(workload.kind, ((),))[0] == _REPLICAS:
            return [(_REPLICAS, replicas)]
        case Label(set=values, on_pods=on_pods):
            return [((*_meta(workload, on_pods=on_pods), "labels", key), value) for key, value in values.items()]
        case Annotate(set=values, on_pods=on_pods):
            return [((*_meta(workload, on_pods=on_pods), "annotations", key), value) for key, value in values.items()]
    raise Unsupported(f"a {workload.kind} has no response `{action.name}`")


def _meta(workload: Workload, *, on_pods: bool) -> tuple[str, ...]:
    if not on_pods:
        return ("metadata",)
    if workload.kind == "Pod":
        raise Unsupported("a Pod has no pod template")
    job = ("spec", "jobTemplate") if workload.kind == "CronJob" else ()
    return (*job, *_TEMPLATE, "metadata")


def _held_off(scalers: Sequence[Applied]) -> list[Aim]:
    """What keeps autoscalers from undoing a replica count.

    A HorizontalPodAutoscaler leaves a workload at 0 alone, unless its own least count is 0: then it wakes it up again.
    """
    found = []
    for scaler in scalers:
        if scaler.object.id.kind == "ScaledObject":
            key = ("metadata", "annotations", "autoscaling.keda.sh/paused-replicas")
            found.append(Aim(applied=scaler, wanted=Wanted(keys=key, value="0")))
        elif find(scaler.object.data, ("spec", "minReplicas")) == 0:
            found.append(Aim(applied=scaler, wanted=Wanted(keys=("spec", "minReplicas"), value=1)))
    return found


def _post_renderer(action: Action, target: Target) -> Aim:
    """The post-renderer that does to what the chart makes what would be done to a manifest.

    Of all kinds that would name the pod so, those that the chart does not make are patched in vain, which is no error.
    """
    patches = []
    for made in target.made:
        content: Any = list(action.operations) if isinstance(action, PatchManifest) else _merged(action, made)
        text = yaml.safe_dump(content, sort_keys=False, default_flow_style=False, width=1000)
        patches.append({"target": {"kind": made.kind, "name": made.name}, "patch": text})
    value = {"kustomize": {"patches": patches}}
    return Aim(applied=target.applied, wanted=Wanted(keys=("spec", "postRenderers"), value=value, append=True))


def _merged(action: Action, made: Workload) -> dict[str, Any]:
    """The strategic merge patch that does to a workload what is demanded."""
    patch: dict[str, Any] = {}
    for keys, value in _fields(action, made):
        _set(patch, keys, value)
    head = {"apiVersion": _API_VERSIONS.get(made.kind, "apps/v1"), "kind": made.kind}
    return {**head, "metadata": {"name": made.name, **patch.pop("metadata", {})}, **patch}


def _set(mapping: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    for key in keys[:-1]:
        mapping = mapping.setdefault(key, {})
    mapping[keys[-1]] = value
