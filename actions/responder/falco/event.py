"""What Falco saw, as the rest of the action reads it: from a run's payload or a pasted text to Events.

An attacker wrote most of an event. What comes out of here has the right types and, where it names a pod, a name that
Kubernetes would take; the text in it is as it came.
"""

import difflib
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache
from importlib import resources
from typing import Any, NoReturn, Self

import jsonschema

from ..errors import BadEvent, BadInput, BadName
from ..escape import one_line
from ..kubernetes.pod_names import Owner, Pod

LIMIT = 1024 * 1024  # characters of a pasted text; a dispatch carries at most 65,535
_SOURCE = "https://falco.org"
# How Falco and Falcosidekick write a field that has no value.
_MISSING: tuple[object, ...] = (None, "", "<NA>", "N/A", "<no value>", [])
_PODS = (("k8s.ns.name", "k8s.pod.name"), ("k8smeta.ns.name", "k8smeta.pod.name"))
_OWNERS = {
    "k8smeta.deployment.name": "Deployment",
    "k8s.deployment.name": "Deployment",
    "k8smeta.rs.name": "ReplicaSet",
    "k8s.rs.name": "ReplicaSet",
    "k8smeta.rc.name": "ReplicationController",
}
# https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
_POD_SUBRESOURCES = ("attach", "ephemeralcontainers", "exec", "portforward")
_TYPES = {"object": "an object", "array": "an array", "string": "text", "integer": "a whole number", "null": "null"}
_TOLD = 3  # problems of one event that a message lists


class Priority(IntEnum):
    """Falco's priorities, so that the graver is the greater."""

    DEBUG = 0
    INFORMATIONAL = 1
    NOTICE = 2
    WARNING = 3
    ERROR = 4
    CRITICAL = 5
    ALERT = 6
    EMERGENCY = 7

    @property
    def word(self) -> str:
        """As Falco writes it."""
        return self.name.capitalize()

    @classmethod
    def parse(cls, word: str) -> Self:
        """The priority of that name, in any case; `INFO` is Informational, as in Falco's rules. Raises ValueError."""
        name = word.strip().upper()
        name = "INFORMATIONAL" if name == "INFO" else name
        if name not in cls.__members__:
            words = [priority.word for priority in cls][::-1]
            near = difflib.get_close_matches(name.capitalize(), words, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it can be {', '.join(words)}"
            raise ValueError(f"'{one_line(word, limit=80)}' is not a priority; {hint}")
        return cls[name]


@dataclass(frozen=True, kw_only=True)
class Event:
    """One Falco event; `time` as it was sent, `coalesced` the number of events that it stands for besides itself."""

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

    def field(self, name: str) -> Any:
        """The value of an output field, or None where it is absent or Falco had nothing to put there."""
        value = self.fields.get(name)
        return None if value in _MISSING else value

    @property
    def pod(self) -> tuple[str, str] | None:
        """Namespace and name of the pod, or None. Raises BadEvent on names that Kubernetes would not take."""
        namespace, name = self._pod()
        if namespace is None or name is None:
            return None
        try:
            pod = Pod(namespace=str(namespace), name=str(name))
        except BadName as error:
            raise BadEvent(
                f"{error.what} '{one_line(error.name, limit=80)}' is no name that Kubernetes takes"
            ) from error
        return pod.namespace, pod.name

    @property
    def owner_hints(self) -> tuple[Owner, ...]:
        """The controllers that the event itself names as the pod's, the most certain first."""
        named = {
            Owner(kind=kind, name=str(self.field(name))): None for name, kind in _OWNERS.items() if self.field(name)
        }
        return tuple(named)

    @property
    def is_host(self) -> bool:
        """Whether it happened on the node itself, outside any container."""
        return bool(self.field("container.id") == "host")

    @property
    def is_internal(self) -> bool:
        """Whether Falco or Falcosidekick talks about itself."""
        return self.falco_source == "internal"

    def _pod(self) -> tuple[Any, Any]:
        for namespace, name in _PODS:
            if self.field(namespace) is not None and self.field(name) is not None:
                return self.field(namespace), self.field(name)
        if self._is_audited_pod:
            return self.field("ka.target.namespace"), self.field("ka.target.name") or self.field("ka.resp.name")
        return None, None

    @property
    def _is_audited_pod(self) -> bool:
        """Whether an event of the Kubernetes audit log is about a pod; older rules do not print the resource."""
        resource = self.field("ka.target.resource")
        if resource is not None:
            return bool(resource == "pods")
        has_pod = any(name.startswith("ka.req.pod.") and self.field(name) is not None for name in self.fields)
        return has_pod or self.field("ka.target.subresource") in _POD_SUBRESOURCES


def read(run_event: Mapping[str, Any], pasted: str | None = None) -> list[object]:
    """The documents that a run was started for, still unchecked: JSON values, and as text what is not JSON.

    From `client_payload.events`; where that is absent from `inputs.event`, then from the action's own input.
    Raises BadInput where there is none at all.
    """
    for place, key in (("client_payload", "events"), ("inputs", "event")):
        parent = run_event.get(place)
        if isinstance(parent, Mapping) and (found := _documents(parent.get(key))):
            return found
    if found := _documents(pasted):
        return found
    raise BadInput(
        "the run has no Falco event: neither client_payload.events (repository_dispatch) nor the input `event` "
        "(workflow_dispatch) is there; paste a CloudEvent or Falco's JSON as `event`"
    )


def parse_all(documents: Iterable[object]) -> list[Event | BadEvent]:
    """Parse each document; those that cannot be used become errors in their places and do not lose the others."""
    return [_parsed(document) for document in documents]


def parse(document: Any) -> Event:
    """The event in a structured CloudEvent or in Falco's own JSON, decoded or as text.

    Raises BadEvent, whose message says which fields are wrong and what was expected.
    """
    if isinstance(document, str):
        document = _decode(document)
    if problems := dict.fromkeys(map(_explain, _validator().iter_errors(document))):
        raise BadEvent("; ".join(list(problems)[:_TOLD]), id=_id(document))
    attributes, falco = _parts(document)
    try:
        priority = Priority.parse(falco["priority"])
    except ValueError as error:
        raise BadEvent(f"priority {error}", id=_id(document)) from error
    return Event(
        id=attributes.get("id") or falco.get("uuid") or _derived_id(falco), source=attributes.get("source", _SOURCE),
        cluster=attributes.get("cluster"), coalesced=int(attributes.get("coalesced", 0)),
        time=falco.get("time") or attributes.get("time"), rule=falco["rule"], priority=priority,
        falco_source=falco.get("source") or None, tags=tuple(falco.get("tags") or ()),
        hostname=falco.get("hostname") or None, output=falco.get("output", ""), fields=falco["output_fields"] or {},
    )  # fmt: skip


def _parsed(document: object) -> Event | BadEvent:
    try:
        return parse(document)
    except BadEvent as error:
        return error


def _documents(value: object) -> list[object]:
    """The single documents in a value or text; a text may also hold one JSON object a line."""
    if not isinstance(value, str):
        return _listed(value) if value else []
    if len(value) > LIMIT:
        raise BadInput(f"the event is a text of {len(value):,} characters; the limit is {LIMIT:,}")
    text = value.strip("\ufeff \t\r\n")
    if not text:
        return []
    try:
        return _listed(_decode(text))
    except BadEvent:
        lines = [line for line in text.split("\n") if line.strip()]
        return [*lines] if any(map(_is_object, lines)) else [text]


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _is_object(line: str) -> bool:
    try:
        return isinstance(_decode(line), dict)
    except BadEvent:
        return False


def _decode(text: str) -> object:
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BadEvent(f"not JSON: {error.msg} at {where}; it begins with '{one_line(text, limit=60)}'") from error
    except (ValueError, RecursionError) as error:
        raise BadEvent(f"not JSON that can be read: {one_line(error, limit=80)}") from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON value")


def _parts(document: Any) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The attributes of the CloudEvent, none if it is bare, and what Falco wrote."""
    return (document, document["data"]) if "specversion" in document else ({}, document)


def _id(document: object) -> str | None:
    known = [document.get(key) for key in ("id", "uuid")] if isinstance(document, dict) else []
    return next((name for name in known if name and isinstance(name, str)), None)


def _derived_id(falco: Mapping[str, Any]) -> str:
    """The same for the same event, whatever the order of its keys."""
    body = json.dumps(falco, sort_keys=True, separators=(",", ":"))
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{_SOURCE}/{body}"))


@cache
def _validator() -> jsonschema.protocols.Validator:
    schema = json.loads(resources.files("responder").joinpath("schema/payload.json").read_bytes())
    return jsonschema.Draft202012Validator({"$defs": schema["$defs"], "$ref": "#/$defs/event"})


def _explain(error: jsonschema.ValidationError) -> str:
    """Which field is wrong and what was expected there, with what came bounded and escaped."""
    wanted: Any = error.validator_value
    found: Any = error.instance
    place = one_line(".".join(map(str, error.absolute_path)) or "the event", limit=80)
    if error.validator == "required":
        missing = [f"`{name}`" for name in wanted if name not in found]
        return f"{place} has no {', '.join(missing)}"
    return f"{place} is {one_line(json.dumps(found), limit=80)}; expected {_expected(error)}"


def _expected(error: jsonschema.ValidationError) -> str:
    wanted: Any = error.validator_value
    match error.validator:
        case "type":
            kinds = [wanted] if isinstance(wanted, str) else wanted
            return " or ".join(_TYPES[kind] for kind in kinds)
        case "const":
            return json.dumps(wanted)
        case "minLength":
            return "text"
        case "maxLength":
            return f"at most {wanted:,} characters"
        case "maxProperties":
            return f"at most {wanted:,} fields"
        case _:
            return "a whole number from 0 to 999999999"
