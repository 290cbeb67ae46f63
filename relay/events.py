"""Reads the CloudEvents of an HTTP request: binary, structured, batched, and bare Falco JSON wrapped into one.

Strict where the SDK is lenient: it invents an id and a time for an event without them, takes any value for an
extension, and cuts `time` to microseconds. So the values are checked here, and the SDK judges what an event is made of.
"""

import base64
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import msgspec
from cloudevents.core.exceptions import BaseCloudEventException
from cloudevents.core.v1.event import CloudEvent

from relay import falco
from relay.errors import BadEvent, UnsupportedContent

TYPE = "falco.rule.output.v1"
FALCO = "https://falco.org"
# Extensions that are the relay's own to set. A sender's word for them is dropped.
CLUSTER, COALESCED = "cluster", "coalesced"

RawHeaders = Sequence[tuple[bytes, bytes]]

_STRUCTURED = "application/cloudevents+json"
_BATCHED = "application/cloudevents-batch+json"
_REQUIRED = ("id", "source", "type", "specversion")
_TEXTS = frozenset({*_REQUIRED, "datacontenttype", "dataschema", "subject", "time"})
# https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#type-system (String)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
# https://www.rfc-editor.org/rfc/rfc3339#section-5.6
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
# Strict JSON: no NaN, no number out of range, no half of a surrogate pair. Integers stay exact at any length.
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Event(msgspec.Struct, frozen=True):
    """One CloudEvent with a Falco event as its data; `attributes` are as they came, `time` to the last digit."""

    attributes: Mapping[str, Any]
    data: falco.FalcoEvent


def read(headers: RawHeaders, body: bytes, *, cluster: str | None) -> list[Event]:
    """All events of a request; raises BadEvent or UnsupportedContent, then none of them counts.

    `cluster` is the caller's; it replaces what an event claims. None (anonymous callers) keeps the claim.
    """
    by_name = dict(headers)
    if by_name.get(b"content-encoding", b"identity") != b"identity":
        raise UnsupportedContent("send the body without a content encoding")
    content_type = by_name.get(b"content-type", b"").decode("latin-1")
    media_type = _media_type(content_type)
    document = _parse(body)
    if media_type == _STRUCTURED:
        return [_structured(document, cluster)]
    if media_type == _BATCHED:
        if not isinstance(document, list):
            raise BadEvent("a batch must be a JSON array")
        return [_structured(part, cluster) for part in document]
    attributes = _attributes([header for header in headers if header[0][:3] == b"ce-"])
    if not attributes:
        return [_event(_wrap(document, body), document, cluster)]
    attributes["datacontenttype"] = content_type
    return [_event(attributes, document, cluster)]


def encode(event: Event) -> bytes:
    """The event as structured CloudEvents JSON in one line."""
    return _encode({**event.attributes, "data": event.data})


def _structured(document: object, cluster: str | None) -> Event:
    """https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md"""
    if not isinstance(document, dict):
        raise BadEvent("a CloudEvent must be a JSON object")
    attributes = {name: value for name, value in document.items() if value is not None}
    data = attributes.pop("data", None)
    encoded = attributes.pop("data_base64", None)
    if _media_type(str(attributes.get("datacontenttype", "application/json"))) in (_STRUCTURED, _BATCHED):
        raise UnsupportedContent("a CloudEvent within a CloudEvent is not taken")
    if encoded is not None:
        if data is not None or not isinstance(encoded, str):
            raise BadEvent("data_base64 must be a text, and not come with data")
        try:
            decoded = base64.b64decode(encoded, validate=True)
        except ValueError:  # of characters that are not ASCII too
            raise BadEvent("data_base64 is not base64") from None
        data = _parse(decoded)
    return _event(attributes, data, cluster)


def _event(attributes: dict[str, Any], data: object, cluster: str | None) -> Event:
    for name in _REQUIRED:
        if name not in attributes:
            raise BadEvent(f"not a CloudEvent: {name} is missing")
    _check_values(attributes)
    _judge(tuple(attributes))
    if attributes["specversion"] != "1.0":
        raise BadEvent("not a CloudEvent: only specversion 1.0 is taken")
    if attributes["type"] != TYPE:
        raise BadEvent(f"events of this type are not taken, only {TYPE}")
    if "time" in attributes:
        _check_time(attributes["time"])
    attributes.pop(COALESCED, None)
    if cluster is not None:
        attributes[CLUSTER] = cluster
    return Event(attributes, falco.check(data))


def _check_values(attributes: Mapping[str, Any]) -> None:
    """https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#context-attributes"""
    values = attributes.values()
    try:  # nearly all events have nothing but printable texts, and that is one cheap question
        if "".join(values).isprintable() and all(values):
            return
    except TypeError:
        pass
    for name, value in attributes.items():
        if isinstance(value, str):
            if not value and name in _TEXTS:
                raise BadEvent(f"not a CloudEvent: {name} is empty")
            if _CONTROL.search(value):
                raise BadEvent(f"not a CloudEvent: {name!a} has control characters")
        elif name in _TEXTS or not isinstance(value, int | float):
            raise BadEvent(f"not a CloudEvent: {name!a} has a value of the wrong type")


@lru_cache(maxsize=256)
def _judge(names: tuple[str, ...]) -> None:
    """The SDK's verdict on attributes of these names. The values being checked, it depends on the names alone."""
    sample: dict[str, Any] = dict.fromkeys(names, "text")
    try:
        CloudEvent(sample | {"specversion": "1.0", "time": datetime.now(UTC)})
    except BaseCloudEventException as error:
        raise BadEvent(f"not a CloudEvent: {error}") from error
    if any(name.endswith("\n") for name in names):  # which the SDK's pattern lets pass
        raise BadEvent("not a CloudEvent: a name ends in a line break")


def _check_time(time: str) -> None:
    if not _TIME.fullmatch(time):
        raise BadEvent("not a CloudEvent: time is not RFC 3339")
    try:
        datetime.fromisoformat(time.upper())
    except ValueError:
        raise BadEvent("not a CloudEvent: time is in no calendar") from None


def _wrap(data: object, body: bytes) -> dict[str, Any]:
    """CloudEvents attributes for bare Falco JSON. The same event sent again has the same id."""
    event = falco.check(data)
    own = event.get("uuid")
    attributes = {
        "specversion": "1.0",
        "id": own if isinstance(own, str) and own else str(uuid.uuid5(uuid.NAMESPACE_URL, f"{FALCO}#{body.decode()}")),
        "source": FALCO,
        "type": TYPE,
        "datacontenttype": "application/json",
    }
    return attributes if event.get("time") is None else {**attributes, "time": event["time"]}


def _attributes(headers: RawHeaders) -> dict[str, Any]:
    """https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#3132-http-header-values"""
    try:
        attributes = {name[3:].decode(): value.decode() for name, value in headers}
    except UnicodeDecodeError:
        raise BadEvent("a ce- header is not UTF-8") from None
    if len(attributes) != len(headers):
        raise BadEvent("a ce- header comes twice")
    everything = "".join(attributes.values())
    if "%" in everything or '"' in everything:
        return {name: _unescape(value) for name, value in attributes.items()}
    return dict(attributes)


def _unescape(value: str) -> str:
    """The Go SDK, and so Falcosidekick, sends raw UTF-8 and encodes nothing: what does not decode stays as it came."""
    if value.startswith('"') and value.endswith('"') and len(value) > 1:
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        return value


@lru_cache(maxsize=64)
def _media_type(content_type: str) -> str:
    """The media type, one that holds JSON; raises UnsupportedContent for any other."""
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    for parameter in parameters:
        if parameter.startswith("charset=") and parameter[8:].strip('"') not in ("utf-8", "utf8", "us-ascii"):
            raise UnsupportedContent("send JSON in UTF-8")
    if media_type in (_STRUCTURED, _BATCHED, "application/json", "text/json"):
        return media_type
    if media_type.endswith("+json") and not media_type.startswith("application/cloudevents"):
        return media_type
    raise UnsupportedContent(f"send application/json, {_STRUCTURED} or {_BATCHED}")


def _parse(body: bytes) -> Any:
    try:
        return _decode(body)
    except (ValueError, RecursionError):
        raise BadEvent("the body is not JSON in UTF-8") from None
