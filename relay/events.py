"""Reads the CloudEvents of an HTTP request: binary, structured, batched, and bare Falco JSON wrapped into one.

Strict where the SDK is lenient: it invents an id and a time for an event without them, accepts any type of
extension, and cuts `time` to microseconds. So what must be there is checked first, and the SDK judges the rest.
"""

import base64
import binascii
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from cloudevents.core.exceptions import BaseCloudEventException
from cloudevents.core.v1.event import CloudEvent

from relay import falco
from relay.errors import BadEvent, UnsupportedContent

TYPE = "falco.rule.output.v1"
FALCO = "https://falco.org"
# Extensions that are the relay's own to set. A sender's word for them is dropped.
CLUSTER, COALESCED = "cluster", "coalesced"

RawHeaders = Iterable[tuple[bytes, bytes]]

_REQUIRED = ("id", "source", "type", "specversion")
_STRUCTURED = "application/cloudevents+json"
_BATCHED = "application/cloudevents-batch+json"
# https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#type-system (String, and names of attributes)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_NAME = re.compile("[a-z0-9]+")
# https://www.rfc-editor.org/rfc/rfc3339#section-5.6
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Event:
    """One CloudEvent with a Falco event as its data; `attributes` are as they came, `time` to the last digit."""

    attributes: Mapping[str, Any]
    data: falco.FalcoEvent


def read(headers: RawHeaders, body: bytes, *, cluster: str | None) -> list[Event]:
    """All events of a request; raises BadEvent or UnsupportedContent, then none of them counts.

    `cluster` is the caller's; it replaces what an event claims. None (anonymous callers) keeps the claim.
    """
    attributes, content_type = _attributes(headers)
    media_type = _media_type(content_type)
    if media_type == _STRUCTURED:
        return [_structured(_parse(body), cluster)]
    if media_type == _BATCHED:
        documents = _parse(body)
        if not isinstance(documents, list):
            raise BadEvent("a batch must be a JSON array")
        return [_structured(document, cluster) for document in documents]
    if not _is_json(media_type):
        raise UnsupportedContent(f"send application/json, {_STRUCTURED} or {_BATCHED}")
    data = _parse(body)
    if not attributes:
        return [_event(_wrap(data, body), data, cluster)]
    return [_event({**attributes, "datacontenttype": content_type}, data, cluster)]


def encode(event: Event) -> str:
    """The event as structured CloudEvents JSON in one line; raises BadEvent for text that is not Unicode."""
    try:
        document = _encoder.encode({**event.attributes, "data": event.data})
        document.encode()
    except (UnicodeEncodeError, RecursionError):
        raise BadEvent("the JSON holds half of a surrogate pair, or is nested too deep") from None
    return document


def _structured(document: object, cluster: str | None) -> Event:
    """https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md"""
    if not isinstance(document, dict):
        raise BadEvent("a CloudEvent must be a JSON object")
    attributes = {name: value for name, value in document.items() if value is not None}
    data = attributes.pop("data", None)
    encoded = attributes.pop("data_base64", None)
    media_type = _media_type(str(attributes.get("datacontenttype", "application/json")))
    if not _is_json(media_type):
        raise UnsupportedContent("the event's datacontenttype is not JSON")
    if encoded is not None:
        if data is not None or not isinstance(encoded, str):
            raise BadEvent("data_base64 must be a text, and not come with data")
        try:
            data = _parse(base64.b64decode(encoded, validate=True))
        except binascii.Error:
            raise BadEvent("data_base64 is not base64") from None
    return _event(attributes, data, cluster)


def _event(attributes: dict[str, Any], data: object, cluster: str | None) -> Event:
    for name in _REQUIRED:
        if not isinstance(attributes.get(name), str) or not attributes[name]:
            raise BadEvent(f"not a CloudEvent: {name} is missing")
    for name, value in attributes.items():
        if not _NAME.fullmatch(name):
            raise BadEvent("not a CloudEvent: attribute names are lower-case letters and digits")
        if not isinstance(value, str | int | float) or (isinstance(value, str) and _CONTROL.search(value)):
            raise BadEvent(f"not a CloudEvent: {name} is not a plain value, or has control characters")
    try:
        # The SDK wants a datetime, and adds what is absent: it gets a copy.
        CloudEvent({**attributes, "time": _datetime(attributes.get("time"))})
    except BaseCloudEventException as error:
        raise BadEvent(f"not a CloudEvent: {error}") from error
    if attributes["type"] != TYPE:
        raise BadEvent(f"events of this type are not taken, only {TYPE}")
    attributes.pop(COALESCED, None)
    if cluster is not None:
        attributes[CLUSTER] = cluster
    return Event(attributes, falco.check(data))


def _datetime(time: object) -> datetime:
    if time is None:
        return datetime.now(UTC)
    if not isinstance(time, str) or not _TIME.fullmatch(time):
        raise BadEvent("not a CloudEvent: time is not RFC 3339")
    try:
        return datetime.fromisoformat(time.upper())
    except ValueError:
        raise BadEvent("not a CloudEvent: time is no time of any calendar") from None


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


def _attributes(headers: RawHeaders) -> tuple[dict[str, Any], str]:
    """What the headers say of the event, and the content type."""
    attributes: dict[str, Any] = {}
    content_type = ""
    for name, value in headers:
        if name.startswith(b"ce-"):
            attribute = name[3:].decode("latin-1")
            if attribute in attributes:
                raise BadEvent("a ce- header comes twice")
            attributes[attribute] = _header_value(value)
        elif name == b"content-type":
            content_type = value.decode("latin-1").strip()
        elif name == b"content-encoding" and value.lower() != b"identity":
            raise UnsupportedContent("send the body without a content encoding")
    return attributes, content_type


def _header_value(raw: bytes) -> str:
    """https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#3132-http-header-values

    The Go SDK, and so Falcosidekick, sends raw UTF-8 and encodes nothing: what does not decode is kept as it came.
    """
    if len(raw) > 1 and raw.startswith(b'"') and raw.endswith(b'"'):
        raw = re.sub(rb"\\(.)", rb"\1", raw[1:-1])
    if b"%" in raw:
        try:
            return unquote_to_bytes(raw).decode()
        except UnicodeDecodeError:
            pass
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise BadEvent("a ce- header is not UTF-8") from None


def _media_type(content_type: str) -> str:
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    for parameter in parameters:
        if parameter.startswith("charset=") and parameter[8:].strip('"') not in ("utf-8", "utf8", "us-ascii"):
            raise UnsupportedContent("send JSON in UTF-8")
    return media_type


def _is_json(media_type: str) -> bool:
    if media_type.startswith("application/cloudevents"):
        return False
    return media_type in ("application/json", "text/json") or media_type.endswith("+json")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return number


# Made once: json.loads builds a decoder for each call that has such arguments.
_decoder = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _parse(body: bytes) -> Any:
    """JSON as its standard has it: no NaN, no number that cannot be written again. Integers stay exact."""
    try:
        return _decoder.decode(body.decode())
    except (ValueError, RecursionError):
        raise BadEvent("the body is not JSON in UTF-8") from None
