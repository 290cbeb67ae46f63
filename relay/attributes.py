"""Decides which attributes a CloudEvent may have: their names, their values, and how headers encode them.

It does not decide which events the relay accepts (events.py). Does no I/O.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from relay.errors import BadEvent

RawHeaders = Sequence[tuple[bytes, bytes]]

_REQUIRED = ("id", "source", "type", "specversion")
# Attributes that must be text and not empty. All others are extensions.
_TEXTS = frozenset({*_REQUIRED, "datacontenttype", "dataschema", "subject", "time"})
# https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#naming-conventions; `data` is the event's data
_NAME = re.compile(r"(?!data\Z)[a-z0-9]+")
# https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#type-system (String)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
# https://www.rfc-editor.org/rfc/rfc3339#section-5.6
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def validate(attributes: Mapping[str, Any]) -> None:
    """Raise BadEvent unless these are the attributes of a CloudEvent 1.0.

    https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#context-attributes
    """
    for name in _REQUIRED:
        if name not in attributes:
            raise BadEvent(f"not a CloudEvent: {name} is missing")
    _validate_values(attributes)
    _validate_names(tuple(attributes))
    if attributes["specversion"] != "1.0":
        raise BadEvent("not a CloudEvent: only specversion 1.0 is accepted")
    if "time" in attributes:
        _validate_time(attributes["time"])


def from_headers(headers: RawHeaders) -> dict[str, Any]:
    """Return the attributes in `ce-` headers. Raise BadEvent.

    https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#3132-http-header-values
    """
    try:
        attributes = {name[3:].decode(): value.decode() for name, value in headers}
    except UnicodeDecodeError:
        raise BadEvent("a ce- header is not UTF-8") from None
    if len(attributes) != len(headers):
        raise BadEvent("a ce- header comes twice")
    text = "".join(attributes.values())
    if "%" in text or '"' in text:
        return {name: _unescape(value) for name, value in attributes.items()}
    return dict(attributes)


def _validate_values(attributes: Mapping[str, Any]) -> None:
    values = attributes.values()
    try:  # nearly all events have only printable texts, and this check is cheap
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
def _validate_names(names: tuple[str, ...]) -> None:
    for name in names:
        if not _NAME.fullmatch(name):
            raise BadEvent(f"not a CloudEvent: {name!a} is not an attribute name (lower-case letters and digits)")


def _validate_time(time: str) -> None:
    if not _TIME.fullmatch(time):
        raise BadEvent("not a CloudEvent: time is not RFC 3339")
    try:
        datetime.fromisoformat(time.upper())
    except ValueError:
        raise BadEvent("not a CloudEvent: time is not in the calendar") from None


def _unescape(value: str) -> str:
    """Return the decoded value of a header.

    The Go SDK, and so Falcosidekick, sends raw UTF-8 without encoding: a value that cannot be decoded stays as it is.
    """
    if value.startswith('"') and value.endswith('"') and len(value) > 1:
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        return value
