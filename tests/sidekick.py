"""What Falcosidekick puts on the wire for a Falco event, byte for byte.

Falcosidekick marshals a Go struct with encoding/json (fixed field order, sorted map keys, `<`, `>` and `&` escaped)
and sends it with the CloudEvents Go SDK in binary mode; header values are raw UTF-8, never percent-encoded.
"""

import base64
import http.client
import json
import re
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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
    """What the `cloudevents` output of Falcosidekick 2.30 and later says of the event, in Go's order."""
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
    return [*wire, (b"Content-Type", b"application/json")]


def request(event: Mapping[str, Any], *, address: str, event_id: str, **extensions: str) -> bytes:
    """The whole HTTP request for an output address like http://x:TOKEN@127.0.0.1:8080/."""
    url = urlsplit(address)
    content = body(event)
    lines = [
        (b"Host", f"{url.hostname}:{url.port}".encode()),
        (b"User-Agent", b"Go-http-client/1.1"),
        (b"Content-Length", str(len(content)).encode()),
    ]
    if url.password is not None:
        basic = base64.b64encode(f"{url.username}:{url.password}".encode())
        lines.append((b"Authorization", b"Basic " + basic))
    lines += [*headers(event, event_id=event_id, **extensions), (b"Accept-Encoding", b"gzip")]
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    head = [f"POST {path} HTTP/1.1".encode(), *(name + b": " + value for name, value in lines), b"", b""]
    return b"\r\n".join(head) + content


def post(event: Mapping[str, Any], *, address: str, event_id: str, **extensions: str) -> tuple[int, bytes]:
    """Send that request over a socket of its own. Returns the status and the body of the answer."""
    url = urlsplit(address)
    with socket.create_connection((url.hostname or "", url.port or 80), timeout=10) as connection:
        connection.sendall(request(event, address=address, event_id=event_id, **extensions))
        answer = http.client.HTTPResponse(connection, method="POST")
        answer.begin()
        return answer.status, answer.read()


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
