"""What Falcosidekick puts on the wire for a Falco event, byte for byte.

Falcosidekick marshals a Go struct with encoding/json (fixed field order, sorted map keys, `<`, `>` and `&` escaped)
and sends it with the CloudEvents Go SDK in binary mode; header values are raw UTF-8, never percent-encoded.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).parent / "data" / "falco-events.json"
TYPE = "falco.rule.output.v1"
_FIELDS = ("uuid", "output", "priority", "rule", "time", "output_fields", "source", "tags", "hostname")
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}

Headers = list[tuple[bytes, bytes]]


def falco_events(*, complete: bool = True) -> dict[str, dict[str, Any]]:
    """The recorded Falco events by the short form of their id ("E02", "D16")."""
    entries = json.loads(EVENTS.read_bytes())
    return {entry["id"].split("-")[0]: entry["event"] for entry in entries if entry["complete"] or not complete}


def body(event: Mapping[str, Any]) -> bytes:
    """The request body: compact JSON as Go writes it."""
    ordered = {field: event[field] for field in _FIELDS if field in event}
    ordered["output_fields"] = dict(sorted(event["output_fields"].items()))
    text = json.dumps(ordered, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[<>&\u2028\u2029]", lambda match: _ESCAPES[match[0]], text).encode()


def headers(event: Mapping[str, Any], *, event_id: str, **extensions: str) -> Headers:
    """The headers of the `cloudevents` output of Falcosidekick 2.30 and later, `Host` and length left to the client."""
    attributes = {
        "Ce-Id": event_id,
        "Ce-Priority": event["priority"],
        "Ce-Rule": event["rule"],
        "Ce-Source": "https://falco.org",
        "Ce-Specversion": "1.0",
        "Ce-Time": _utc(event["time"]),
        "Ce-Type": TYPE,
        **{f"Ce-{name.capitalize()}": value for name, value in extensions.items()},
    }
    if "source" in event:
        attributes["Ce-Eventsource"] = event["source"]
    if "hostname" in event:
        attributes["Ce-Hostname"] = event["hostname"]
    wire = [(name.encode(), value.encode()) for name, value in sorted(attributes.items())]
    return [(b"User-Agent", b"Go-http-client/1.1"), *wire, (b"Content-Type", b"application/json")]


def cloudevent(event: Mapping[str, Any], *, event_id: str, **extensions: str) -> dict[str, Any]:
    """The same event as structured CloudEvents JSON, which is what the relay dispatches."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "https://falco.org",
        "type": TYPE,
        "time": _utc(event["time"]),
        "datacontenttype": "application/json",
        **extensions,
        "data": dict(event),
    }


def _utc(time: str) -> str:
    """Go's RFC 3339 with nanoseconds, in UTC: an offset is moved into the time, the fraction kept as written."""
    match = re.fullmatch(r"([^.]*?)(\.\d+)?(Z|[+-]\d\d:\d\d)", time)
    if match is None:
        raise ValueError(f"not an RFC 3339 time: {time!r}")
    seconds, fraction, zone = match.groups()
    moved = datetime.fromisoformat(seconds + zone.replace("Z", "+00:00")).astimezone(UTC)
    return f"{moved:%Y-%m-%dT%H:%M:%S}{(fraction or '').rstrip('0').rstrip('.')}Z"
