"""The NetworkPolicy that cuts a workload's pods off the network, and the file it belongs in.

Does not add the file: apply.py does.
https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import yaml

from ..errors import NoHome, Unsupported
from ..gitops.fields import find, mapping
from ..gitops.placement.placement import Placement, PlacementKind
from ..gitops.placement.readers import Readers
from ..gitops.workloads import helm
from ..gitops.workloads.chart_workloads import ChartWorkload
from ..gitops.workloads.target import Target
from ..kubernetes.pod_names import Workload
from ..rules.actions import Isolate
from ..yamledit.edit import AppendItem

# The label that every namespace has: https://kubernetes.io/docs/reference/labels-annotations-taints/
_NAMESPACE = "kubernetes.io/metadata.name"
_DNS_PORTS = [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]
# What makes Kustomize add labels to the selector of a policy:
# https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/labels/
_SELECTOR_LABELS = re.compile(rb"commonLabels|includeSelectors")
_FILE_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
# Where the kinds keep the labels of their pods; a selector is better, for it cannot change.
_LABELS: tuple[tuple[str, ...], ...] = (
    ("spec", "selector", "matchLabels"),
    ("spec", "template", "metadata", "labels"),
    ("spec", "jobTemplate", "spec", "template", "metadata", "labels"),
)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A NetworkPolicy and its file; `listing` is the edit that makes a kustomization read the file.

    `listing` is None where Flux reads the whole folder.
    """

    file: PurePosixPath
    content: Mapping[str, Any]
    listing: Placement | None

    @property
    def data(self) -> bytes:
        """Return the content of the file."""
        plain = json.loads(json.dumps(self.content))  # a value that is used twice would get an anchor
        return yaml.safe_dump(plain, sort_keys=False, default_flow_style=False, width=1000).encode()


def policy_for(action: Isolate, target: Target) -> Policy:
    """Return the policy for a workload.

    Raise Unsupported where its pods cannot be selected, NoHome where no folder is read for this cluster alone.
    """
    labels = _pod_labels(target)
    resource = target.object.resource
    steps = Readers(target.desired_state, target.object).exclusive_steps
    if resource.steps and not steps:
        raise NoHome(
            f"no kustomization reads {target.workload} for this cluster alone, so that a policy could be added"
        )
    step = steps[0] if steps else None
    id_ = step.input_id if step else resource.ids[0]
    name = f"isolate-{target.chart_workloads[0].name if target.is_rendered else id_.name}"
    if not _FILE_NAME.fullmatch(name):
        raise Unsupported(f"{name} is no name for a file")
    if step and step.tree:
        raise NoHome(f"{target.workload} comes from an artifact, to which no file can be added")
    folder = posixpath.dirname(step.file or f"{step.folder}/-") if step else posixpath.dirname(resource.file)
    meta = {"name": name, **({"namespace": id_.namespace} if id_.namespace else {})}
    content = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": meta,
        "spec": {"podSelector": {"matchLabels": labels}, "policyTypes": ["Ingress", "Egress"], **_allowed(action)},
    }
    listing = _listing(step.file, f"{name}.yaml") if step and step.file else None
    return Policy(file=PurePosixPath(folder, f"{name}.yaml"), content=content, listing=listing)


def _listing(file: str, name: str) -> Placement:
    """Return the edit that lists a file in a kustomization."""
    edit = AppendItem(path=("resources",), value=name)
    return Placement(file=PurePosixPath(file), document=0, edit=edit, kind=PlacementKind.RESOURCES)


def _allowed(action: Isolate) -> dict[str, Any]:
    """Return the rules of a policy for the traffic that stays allowed."""
    peers = [{"namespaceSelector": {"matchLabels": {_NAMESPACE: name}}} for name in action.namespaces]
    dns = {"to": [{"namespaceSelector": {"matchLabels": {_NAMESPACE: "kube-system"}}}], "ports": _DNS_PORTS}
    egress = [*([{"to": peers}] if peers else []), *([dns] if action.dns else [])]
    return {**({"ingress": [{"from": peers}]} if peers else {}), **({"egress": egress} if egress else {})}


def _pod_labels(target: Target) -> dict[str, str]:
    """Return labels that all pods of a workload have."""
    workload: Workload | ChartWorkload = target.workload
    data, operator_kind = target.object.resource.data, target.operator_kind
    if helm.is_release(target.object.resource.id):
        workload = _chart_workload(target)
        data, operator_kind = workload.content, workload.operator_kind
    if operator_kind and operator_kind.labels:
        return dict(operator_kind.pod_labels(workload.name))
    if workload.kind == "Pod":
        paths: tuple[tuple[str, ...], ...] = (("metadata", "labels"),)
    elif workload.kind == "ReplicationController":
        paths = (("spec", "selector"), _LABELS[1])
    else:
        paths = _LABELS
    for path in paths:
        if isinstance(find(data, path), dict) and (labels := mapping(data, *path)):
            return {key: str(value) for key, value in labels.items()}
    raise Unsupported(f"{workload} has no pod labels that a NetworkPolicy could select")


def _chart_workload(target: Target) -> ChartWorkload:
    """Return the workload that a chart makes. Raise Unsupported where no policy can select its pods."""
    resource = target.object.resource
    if not target.is_rendered:
        raise Unsupported(f"{target.workload} is a chart's: the labels of its pods are not known here")
    if helm.namespace(resource) != resource.id.namespace:
        raise Unsupported(f"{target.workload} makes its pods in another namespace than that of a policy beside it")
    files = [step.file for step in resource.steps if step.file]
    for file in files:
        if _SELECTOR_LABELS.search(target.desired_state.checkout.read(file) or b""):
            raise Unsupported(f"{file} adds labels to selectors, which the pods of a chart do not have")
    (workload,) = target.chart_workloads
    return workload
