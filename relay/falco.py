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
_MISSING = (None, "", "<NA>", "N/A", "<no value>")

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
    """Namespace and name of the pod that the event is about, or None if it does not say."""
    fields = event["output_fields"]
    namespace, name = fields.get("k8s.ns.name"), fields.get("k8s.pod.name")
    if (namespace in _MISSING or name in _MISSING) and fields.get("ka.target.resource") == "pods":
        namespace, name = fields.get("ka.target.namespace"), fields.get("ka.target.name")
    if namespace in _MISSING or name in _MISSING:
        return None
    return str(namespace), str(name)
