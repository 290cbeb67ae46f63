"""Knows what a Falco event is: its required fields, the pod that it is about, and which events ask for no response.

All fields are untrusted: whoever sent the event wrote them. This module does no I/O.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from relay.attributes import LONGEST_ID, LONGEST_TEXT, is_blank, validate_time
from relay.errors import BadEvent

# https://falco.org/docs/concepts/rules/basic-elements/#priority, the most urgent first
PRIORITIES = ("Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug")
_URGENCY = {priority.lower(): rank for rank, priority in enumerate(PRIORITIES)} | {"info": 6}
# What Falco and the templates of Falcosidekick write for a field that has no value.
MISSING: tuple[object, ...] = (None, "", "<NA>", "N/A", "<no value>", [])
_PODS = (("k8s.ns.name", "k8s.pod.name"), ("k8smeta.ns.name", "k8smeta.pod.name"))
# https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
_POD_SUBRESOURCES = ("attach", "ephemeralcontainers", "exec", "portforward")

# In characters. `hostname` and `output`, which an attacker can make long, are shortened (shorten.py).
_LIMITS = {"uuid": LONGEST_ID, "rule": LONGEST_TEXT, "priority": LONGEST_TEXT, "source": LONGEST_TEXT}
_OPTIONAL_TEXTS = ("uuid", "source", "time", "hostname", "output")

FalcoEvent = Mapping[str, Any]


def validate(data: object) -> FalcoEvent:
    """Return the data as a Falco event. Raise BadEvent if the action would not read it as one.

    Falcosidekick sends `output_fields: null` if Falco leaves the fields out: then the event has no field.
    tests/data/events-agree.json keeps this equal to what the action reads.
    """
    if not isinstance(data, dict):
        raise BadEvent("the event's data is not a JSON object")
    for name in ("rule", "priority"):
        if not isinstance(data.get(name), str) or not data[name]:
            raise BadEvent(f"not a Falco event: {name} is missing or not a text")
    for name in _OPTIONAL_TEXTS:
        if not isinstance(data.get(name, ""), str) and data[name] is not None:
            raise BadEvent(f"not a Falco event: {name} is not a text")
    _validate_rule(data["rule"], data["priority"], data.get("source"))
    _validate_text("uuid", data.get("uuid"))
    if data.get("time"):
        validate_time(data["time"])
    tags = data.get("tags")
    if not (tags is None or isinstance(tags, str)) and not _is_list_of_texts(tags):
        raise BadEvent("not a Falco event: tags is not a list of texts")
    if data.get("output_fields", ()) is None:
        return {**data, "output_fields": {}}
    if not isinstance(data.get("output_fields"), dict):
        raise BadEvent("not a Falco event: output_fields is missing or not an object")
    return data


@lru_cache(maxsize=256)  # few rules are violated at a time
def _validate_rule(rule: str, priority: str, source: str | None) -> None:
    for name, value in (("rule", rule), ("priority", priority), ("source", source)):
        _validate_text(name, value)
    if _rank(priority) is None:
        raise BadEvent(f"not a Falco event: priority is none of {', '.join(PRIORITIES)}")


def _validate_text(name: str, value: str | None) -> None:
    """Raise BadEvent if a text is too long or blank. It may be absent, null or empty."""
    if not value:
        return
    if len(value) > (limit := _LIMITS[name]):
        raise BadEvent(f"not a Falco event: {name} has over {limit} characters")
    if is_blank(value):
        raise BadEvent(f"not a Falco event: {name} is blank")


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and set(map(type, value)) <= {str}


def reason_to_ignore(event: FalcoEvent, *, min_priority: str | None) -> str | None:
    """Return why the event asks for no response, or None. An unknown priority is never too low."""
    if event["rule"] == "Test rule":
        return "test"
    if event.get("source") == "internal":
        return "internal"
    if min_priority is not None and (_urgency(event) or 0) > _URGENCY[min_priority.lower()]:
        return "priority"
    return None


def is_grave(event: FalcoEvent) -> bool:
    """Return whether the priority is Critical or above."""
    urgency = _urgency(event)
    return urgency is not None and urgency <= _URGENCY["critical"]


def _urgency(event: FalcoEvent) -> int | None:
    """Return the rank of the priority; None if it is not one of Falco's."""
    return _rank(event["priority"])


def _rank(priority: str) -> int | None:
    """Return the place of a priority among Falco's, in any case and with Falco's older `INFO`; None if it is none."""
    return _URGENCY.get(priority.strip().lower())


def gravity(event: FalcoEvent) -> int:
    """Return the rank of the priority: 0 for the gravest."""
    return _urgency(event) or 0


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
