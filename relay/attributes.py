"""Decides which attributes a CloudEvent may have: their names, their values, and how headers encode them.

It does not decide which events the relay accepts (events.py). Does no I/O.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from relay.errors import BadEvent

RawHeaders = Sequence[tuple[bytes, bytes]]

_REQUIRED = ("id", "source", "type", "specversion")
# Attributes that must be text and not empty. All others are extensions.
_TEXTS = frozenset({*_REQUIRED, "datacontenttype", "dataschema", "subject", "time", "cluster"})
# Characters of the id, which goes into commit messages, and of every other text. schema/payload.json has both, too.
LONGEST_ID = 300
LONGEST_TEXT = 1024
# https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#naming-conventions; `data` is the event's data
_NAME = re.compile(r"(?!data\Z)[a-z0-9]+")
# https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#type-system (String)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_INTEGERS = range(-(2**31), 2**31)
# A character that people can see: no control, no space of any alphabet, no filler and nothing of zero width. The same
# characters are in schema/payload.json.
# https://www.unicode.org/reports/tr44/#White_Space and #Default_Ignorable_Code_Point
_VISIBLE = re.compile(
    "[^\\s\x00-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    "\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# https://www.rfc-editor.org/rfc/rfc3339#section-5.6
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,40})?([Zz]|[+-]\d\d:[0-5]\d)", re.ASCII)
# Those of them that need no look into a calendar: nearly all.
_USUAL_TIME = re.compile(
    r"[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,40})?Z", re.ASCII
)


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
        validate_time(attributes["time"])


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


def is_blank(text: str) -> bool:
    """Return whether nobody could see the text. The empty text is blank."""
    return _VISIBLE.search(text) is None


def validate_time(time: str) -> None:
    """Raise BadEvent unless this is a time of RFC 3339 that every clock can show, also in UTC.

    Leap seconds are refused: Falco, written for clocks of Unix, never sends one, and few programs can read them.
    """
    if _USUAL_TIME.fullmatch(time):
        return
    if not _TIME.fullmatch(time):
        raise BadEvent("time is not RFC 3339")
    try:
        datetime.fromisoformat(time.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadEvent("time is not in the calendar, or not in UTC (leap seconds are not accepted)") from None


def _validate_values(attributes: Mapping[str, Any]) -> None:
    values = attributes.values()
    try:  # nearly all events have only short, printable texts, and this check is cheap
        text = "".join(values)
        if len(text) <= LONGEST_ID and text.isascii() and text.isprintable() and all(map(str.strip, values)):
            return
    except TypeError:
        pass
    for name, value in attributes.items():
        if isinstance(value, str):
            _validate_text(name, value)
        elif name in _TEXTS or not isinstance(value, int | float):
            raise BadEvent(f"not a CloudEvent: {name!a} has a value of the wrong type")
        elif isinstance(value, int) and value not in _INTEGERS:
            raise BadEvent(f"not a CloudEvent: {name!a} is not an integer of 32 bits")


def _validate_text(name: str, value: str) -> None:
    if not value and name not in _TEXTS:
        return
    if is_blank(value):
        raise BadEvent(f"not a CloudEvent: {name!a} is {'blank' if value else 'empty'}")
    if len(value) > (limit := LONGEST_ID if name == "id" else LONGEST_TEXT):
        raise BadEvent(f"not a CloudEvent: {name!a} has over {limit} characters")
    if _CONTROL.search(value):
        raise BadEvent(f"not a CloudEvent: {name!a} has control characters")


@lru_cache(maxsize=256)
def _validate_names(names: tuple[str, ...]) -> None:
    for name in names:
        if not _NAME.fullmatch(name):
            raise BadEvent(f"not a CloudEvent: {name!a} is not an attribute name (lower-case letters and digits)")


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
