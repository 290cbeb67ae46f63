"""Defines a Falco event as the other packages read it: its pod, the owners that it names, its output fields.

An attacker wrote most of an event. An event has the right types, and a pod with names that Kubernetes accepts; its
texts are as they arrived. `cloudevent` makes events from JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import BadEvent, BadName
from ..escape import one_line
from ..kubernetes.pod_names import Owner, Pod, Subject, Workload
from .priority import Priority

# How Falco and Falcosidekick write a field without a value.
_MISSING: tuple[object, ...] = (None, "", "<NA>", "N/A", "<no value>", [])
_POD_FIELDS = (("k8s.ns.name", "k8s.pod.name"), ("k8smeta.ns.name", "k8smeta.pod.name"))
_OWNER_FIELDS = {
    "k8smeta.deployment.name": "Deployment",
    "k8s.deployment.name": "Deployment",
    "k8smeta.rs.name": "ReplicaSet",
    "k8s.rs.name": "ReplicaSet",
    "k8smeta.rc.name": "ReplicationController",
}
# The names by which the API server knows kinds of workload:
# https://kubernetes.io/docs/reference/using-api/api-concepts/#standard-api-terminology
_WORKLOAD_RESOURCES = {
    "deployments": "Deployment",
    "statefulsets": "StatefulSet",
    "daemonsets": "DaemonSet",
    "replicasets": "ReplicaSet",
    "replicationcontrollers": "ReplicationController",
    "cronjobs": "CronJob",
    "jobs": "Job",
    "rollouts": "Rollout",
    "deploymentconfigs": "DeploymentConfig",
}
# https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
_POD_SUBRESOURCES = ("attach", "ephemeralcontainers", "exec", "portforward")


@dataclass(frozen=True, kw_only=True)
class Event:
    """One Falco event. `time` is as it was sent, None for what is no time; `coalesced` counts further events.

    It stands for them: they differ from it in nothing that a rule could match. `accepted` and `dispatched` are times of
    the relay, as it wrote them. `traceparent` names the trace that the event belongs to, as W3C writes it, else None.
    """

    id: str
    source: str
    rule: str
    priority: Priority
    cluster: str | None = None
    time: str | None = None
    falco_source: str | None = None
    tags: tuple[str, ...] = ()
    hostname: str | None = None
    output: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    coalesced: int = 0
    accepted: str | None = None
    dispatched: str | None = None
    traceparent: str | None = None

    def field(self, name: str) -> Any:
        """Return the value of an output field, or None if it is absent or Falco had no value for it."""
        value = self.fields.get(name)
        return None if value in _MISSING else value

    @property
    def pod(self) -> tuple[str, str] | None:
        """Return the namespace and name of the pod, or None. Raises BadEvent if Kubernetes does not accept them."""
        pod = _checked(*self._pod_names())
        return (pod.namespace, pod.name) if pod else None

    @property
    def subject(self) -> Subject | None:
        """Return what the event is about: its pod, or the workload of an event of the Kubernetes audit log.

        Raises BadEvent if Kubernetes does not accept the names.
        """
        if pod := _checked(*self._pod_names()):
            return pod
        kind = _WORKLOAD_RESOURCES.get(str(self.field("ka.target.resource")))
        audited = _checked(self.field("ka.target.namespace"), self._audited_name) if kind else None
        return Workload(kind=kind, namespace=audited.namespace, name=audited.name) if kind and audited else None

    @property
    def claimed_pod(self) -> str | None:
        """Return the pod as the event names it, whether Kubernetes accepts the name or not, or None."""
        namespace, name = self._pod_names()
        return None if namespace is None or name is None else f"{namespace}/{name}"

    @property
    def owner_hints(self) -> tuple[Owner, ...]:
        """Return the controllers that the event names as owners of the pod, the most certain one first."""
        hints = (
            Owner(kind=kind, name=str(self.field(name))) for name, kind in _OWNER_FIELDS.items() if self.field(name)
        )
        return tuple(dict.fromkeys(hints))

    @property
    def is_host(self) -> bool:
        """Return whether it happened on the node itself, outside any container."""
        return bool(self.field("container.id") == "host")

    @property
    def is_internal(self) -> bool:
        """Return whether Falco or Falcosidekick reports about itself."""
        return self.falco_source == "internal"

    def _pod_names(self) -> tuple[Any, Any]:
        for namespace, name in _POD_FIELDS:
            if self.field(namespace) is not None and self.field(name) is not None:
                return self.field(namespace), self.field(name)
        if self._is_audited_pod:
            return self.field("ka.target.namespace"), self._audited_name
        return None, None

    @property
    def _audited_name(self) -> Any:
        """Return the name of what an event of the audit log is about; what is created may have it in the answer."""
        return self.field("ka.target.name") or self.field("ka.resp.name")

    @property
    def _is_audited_pod(self) -> bool:
        """Return whether an event of the Kubernetes audit log is about a pod. Older rules do not print the resource."""
        resource = self.field("ka.target.resource")
        if resource is not None:
            return bool(resource == "pods")
        has_pod = any(name.startswith("ka.req.pod.") and self.field(name) is not None for name in self.fields)
        return has_pod or self.field("ka.target.subresource") in _POD_SUBRESOURCES


def _checked(namespace: Any, name: Any) -> Pod | None:
    """Return names as those of a pod, None if one is missing. Raise BadEvent if Kubernetes does not accept them."""
    if namespace is None or name is None:
        return None
    try:
        return Pod(namespace=str(namespace), name=str(name))
    except BadName as error:
        quoted = one_line(error.name, limit=80)
        raise BadEvent(f"Kubernetes does not accept the {error.field} name '{quoted}'") from error
