"""Makes an Event from a structured CloudEvent, or from Falco's own JSON without an envelope.

Where the document comes from is decided in `run_event`.
"""

import functools
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import BadEvent
from ..surprise import Surprise, guarded
from . import payload_schema
from .event import Event
from .event_time import parse_time
from .json_text import decode
from .priority import Priority

_SOURCE = "https://falco.org"
# https://www.w3.org/TR/trace-context/#traceparent-header
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)
_LISTED_PROBLEMS = 3  # of one event, in a message

ParsedEvent = Event | BadEvent | Surprise


def parse_all(documents: Iterable[object]) -> list[ParsedEvent]:
    """Parse each document. A document that is not an event becomes an error at its index; the others are kept."""
    return [guarded(functools.partial(_parse_or_error, document)) for document in documents]


def parse(document: Any) -> Event:
    """Return the event in a document, which is JSON, decoded or as text.

    Raises BadEvent, with a message that says which fields are wrong and what was expected.
    """
    if isinstance(document, str):
        document = decode(document)
    if problems := payload_schema.problems(document):
        raise BadEvent("; ".join(problems[:_LISTED_PROBLEMS]), id=_id_or_none(document))
    attributes, falco = _split(document)
    try:
        priority = Priority.parse(falco["priority"])
    except ValueError as error:
        raise BadEvent(f"priority {error}", id=_id_or_none(document)) from error
    return Event(
        id=attributes.get("id") or falco.get("uuid") or _derived_id(falco),
        source=attributes.get("source", _SOURCE),
        cluster=attributes.get("cluster"),
        coalesced=int(attributes.get("coalesced", 0)),
        accepted=attributes.get("relayaccepted"),
        dispatched=attributes.get("relaydispatched"),
        traceparent=_trace(attributes.get("traceparent")),
        time=next((text for text in (falco.get("time"), attributes.get("time")) if parse_time(text)), None),
        rule=falco["rule"],
        priority=priority,
        falco_source=falco.get("source") or None,
        tags=_tags(falco.get("tags")),
        hostname=falco.get("hostname") or None,
        output=falco.get("output") or "",
        fields=falco["output_fields"] or {},
    )


def _parse_or_error(document: object) -> Event | BadEvent:
    try:
        return parse(document)
    except BadEvent as error:
        return error


def _split(document: Any) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the attributes of the CloudEvent, empty if there is no envelope, and Falco's JSON."""
    return (document, document["data"]) if "specversion" in document else ({}, document)


def _trace(value: object) -> str | None:
    """Return the value if it names a trace; an event that claims another text has none."""
    return value if isinstance(value, str) and _TRACEPARENT.fullmatch(value) else None


def _tags(tags: str | list[str] | None) -> tuple[str, ...]:
    """Return the tags. Some log collectors make a text with commas of Falco's list."""
    if isinstance(tags, str):
        tags = [tag.strip() for tag in tags.split(",")]
    return tuple(tag for tag in tags or () if tag)


def _id_or_none(document: object) -> str | None:
    candidates = [document.get(key) for key in ("id", "uuid")] if isinstance(document, dict) else []
    return next((candidate for candidate in candidates if candidate and isinstance(candidate, str)), None)


def _derived_id(falco: Mapping[str, Any]) -> str:
    """Return an id that depends on the content of the event, but not on the order of its keys."""
    body = json.dumps(falco, sort_keys=True, separators=(",", ":"))
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{_SOURCE}/{body}"))
