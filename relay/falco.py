"""Knows what a Falco event is: its required fields, the pod that it is about, and which events ask for no response.

All fields are untrusted: whoever sent the event wrote them. This module does no I/O.
"""

from collections.abc import Mapping
from typing import Any

from relay.errors import BadEvent

# https://falco.org/docs/concepts/rules/basic-elements/#priority, the most urgent first
PRIORITIES = ("Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug")
_URGENCY = {priority.lower(): rank for rank, priority in enumerate(PRIORITIES)}
# What Falco and the templates of Falcosidekick write for a field that has no value.
MISSING: tuple[object, ...] = (None, "", "<NA>", "N/A", "<no value>", [])
_PODS = (("k8s.ns.name", "k8s.pod.name"), ("k8smeta.ns.name", "k8smeta.pod.name"))
# https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
_POD_SUBRESOURCES = ("attach", "ephemeralcontainers", "exec", "portforward")

FalcoEvent = Mapping[str, Any]


def validate(data: object) -> FalcoEvent:
    """Return the data as a Falco event. Raise BadEvent if it is not one."""
    if not isinstance(data, dict):
        raise BadEvent("the event's data is not a JSON object")
    for name in ("rule", "priority"):
        if not isinstance(data.get(name), str) or not data[name]:
            raise BadEvent(f"not a Falco event: {name} is missing or not a text")
    if not isinstance(data.get("output_fields"), dict):
        raise BadEvent("not a Falco event: output_fields is missing or not an object")
    return data


def reason_to_ignore(event: FalcoEvent, *, min_priority: str | None) -> str | None:
    """Return why the event asks for no response, or None. An unknown priority is never too low."""
    if event["rule"] == "Test rule":
        return "test"
    if event.get("source") == "internal":
        return "internal"
    if min_priority is not None and _URGENCY.get(event["priority"].lower(), 0) > _URGENCY[min_priority.lower()]:
        return "priority"
    return None


def pod(event: FalcoEvent) -> tuple[str, str] | None:
    """Return namespace and name of the pod that the event is about, or None.

    tests/data/event-pods.json keeps this equal to what the action reads.
    """
    fields = event["output_fields"]
    for namespace, name in _PODS:
        if (pair := _pair(fields, namespace, name)) is not None:
            return pair
    if _is_audited_pod(fields):
        name = "ka.target.name" if _has_value(fields, "ka.target.name") else "ka.resp.name"
        return _pair(fields, "ka.target.namespace", name)
    return None


def _pair(fields: Mapping[str, Any], namespace: str, name: str) -> tuple[str, str] | None:
    if _has_value(fields, namespace) and _has_value(fields, name):
        return str(fields[namespace]), str(fields[name])
    return None


def _is_audited_pod(fields: Mapping[str, Any]) -> bool:
    """Return whether an event of the Kubernetes audit log is about a pod; older rules do not print the resource."""
    if _has_value(fields, "ka.target.resource"):
        return bool(fields["ka.target.resource"] == "pods")
    has_pod = any(name.startswith("ka.req.pod.") and _has_value(fields, name) for name in fields)
    return has_pod or fields.get("ka.target.subresource") in _POD_SUBRESOURCES


def _has_value(fields: Mapping[str, Any], name: str) -> bool:
    return fields.get(name) not in MISSING
