"""Our reader of CloudEvents is equal to the SDK's over generated events, in all modes and both directions.

Where the two differ on purpose (what the SDK invents or cuts), test_events.py has the cases.
"""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.http import HTTPMessage, from_binary, from_structured, to_binary, to_structured
from cloudevents.core.exceptions import BaseCloudEventException
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from relay import events
from relay.errors import BadEvent

JSON = JSONFormat()
# The SDK also takes blank texts; the relay refuses them.
TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=19).map(lambda text: f"{text}x")
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC) | OFFSETS)  # noqa: DTZ001  # bounds are naive
EXTENSION_NAMES = st.from_regex(r"[a-z][a-z0-9]{2,8}", fullmatch=True).filter(
    lambda name: name not in {"data", "type", "time", "source", "subject", "specversion", "cluster", "coalesced"}
)
VALUES = TEXT | st.booleans() | st.integers(-(2**31), 2**31 - 1)
DATA = st.fixed_dictionaries(
    {
        "rule": TEXT,
        "priority": st.sampled_from(["Notice", "Critical"]),
        "output_fields": st.dictionaries(
            TEXT, st.none() | TEXT | st.integers() | st.lists(TEXT, max_size=2), max_size=3
        ),
    }
)


@st.composite
def cloudevents(draw: st.DrawFn, *, values: st.SearchStrategy[Any] = VALUES) -> CloudEvent:
    """An event that the SDK accepts, of the type that the relay accepts."""
    attributes: dict[str, Any] = {
        "id": draw(TEXT),
        "source": draw(TEXT),
        "type": events.TYPE,
        "specversion": "1.0",
        "time": draw(TIMES),
        "datacontenttype": draw(st.sampled_from(["application/json", "application/falco+json; charset=utf-8"])),
    }
    if draw(st.booleans()):
        attributes["subject"] = draw(TEXT)
    attributes |= draw(st.dictionaries(EXTENSION_NAMES, values, max_size=3))
    return CloudEvent(attributes, draw(DATA))


def read(message: HTTPMessage) -> list[events.Event]:
    headers = [(name.lower().encode(), value.encode()) for name, value in message.headers.items()]
    return events.read(headers, message.body, cluster=None)


def assert_equal(event: events.Event, expected: BaseCloudEvent) -> None:
    attributes = {**event.attributes, "time": datetime.fromisoformat(event.attributes["time"])}
    assert attributes == expected.get_attributes()
    assert event.data == expected.get_data()


@given(event=cloudevents(values=TEXT))
def test_binary_mode_is_read_as_the_sdk_reads_it(event: CloudEvent) -> None:
    message = to_binary(event, JSON)
    [result] = read(message)
    assert_equal(result, from_binary(message, JSON))


@given(event=cloudevents())
def test_structured_mode_is_read_as_the_sdk_reads_it(event: CloudEvent) -> None:
    message = to_structured(event, JSON)
    [result] = read(message)
    assert_equal(result, from_structured(message, JSON))


@given(batch=st.lists(cloudevents(), max_size=3))
def test_batched_mode_is_read_as_the_sdk_reads_each_event(batch: list[CloudEvent]) -> None:
    messages = [to_structured(event, JSON) for event in batch]
    body = b"[" + b",".join(message.body for message in messages) + b"]"
    results = read(HTTPMessage({"content-type": "application/cloudevents-batch+json"}, body))
    for result, message in zip(results, messages, strict=True):
        assert_equal(result, from_structured(message, JSON))


@given(event=cloudevents())
def test_what_the_relay_writes_is_read_by_the_sdk_as_the_same_event(event: CloudEvent) -> None:
    [result] = read(to_structured(event, JSON))
    assert_equal(result, from_structured(HTTPMessage({}, events.encode(result)), JSON))


@given(name=st.text("azAZ09_- .é\n", max_size=4) | st.just("data"))
def test_attribute_names_are_refused_as_the_sdk_refuses_them(name: str) -> None:
    """The SDK also accepts a name that ends in a line break, because of the `$` in its pattern."""
    attributes = {"id": "1", "source": "s", "type": events.TYPE, "specversion": "1.0", name: "text"}
    try:
        CloudEvent(dict(attributes))
        is_refused = name.endswith("\n")
    except BaseCloudEventException:
        is_refused = True
    headers = [(f"ce-{key}".encode(), value.encode()) for key, value in attributes.items()]
    headers.append((b"content-type", b"application/json"))
    body = json.dumps({"rule": "r", "priority": "Notice", "output_fields": {}}).encode()
    if is_refused:
        with pytest.raises(BadEvent):
            events.read(headers, body, cluster=None)
    else:
        [result] = events.read(headers, body, cluster=None)
        assert result.attributes[name] == "text"
