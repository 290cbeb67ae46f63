"""The trace that an event belongs to, from the event or from the request that brought it."""

import json
from typing import Any

import pytest

from relay import acts, events
from tests import sidekick

E02 = sidekick.falco_events()["E02"]
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OTHER = "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-00"
STRUCTURED = (b"content-type", b"application/cloudevents+json")
BATCHED = (b"content-type", b"application/cloudevents-batch+json")
JSON = (b"content-type", b"application/json")
Headers = list[tuple[bytes, bytes]]


def traces(headers: Headers, body: bytes) -> list[tuple[Any, Any]]:
    """Return the parent and the state of each event of a request."""
    documents = [json.loads(events.encode(event)) for event in events.read(headers, body, cluster=None)]
    return [(document.get("traceparent"), document.get("tracestate")) for document in documents]


def cloudevent(**extensions: str) -> dict[str, Any]:
    return sidekick.cloudevent(E02, event_id="1", **extensions)


REQUEST: Headers = [(b"traceparent", PARENT.encode()), (b"tracestate", b"vendor=1")]


def test_bare_json_gets_the_trace_of_its_request() -> None:
    assert traces([JSON, *REQUEST], sidekick.body(E02)) == [(PARENT, "vendor=1")]


def test_a_cloudevent_in_headers_gets_the_trace_of_its_request() -> None:
    assert traces([*headers(), *REQUEST], sidekick.body(E02)) == [(PARENT, "vendor=1")]


def headers(**extensions: str) -> Headers:
    return [(name.lower(), value) for name, value in sidekick.headers(E02, event_id="1", **extensions)]


def test_an_event_that_names_a_trace_keeps_it() -> None:
    traced = cloudevent(traceparent=OTHER)
    assert traces([STRUCTURED, *REQUEST], json.dumps(traced).encode()) == [(OTHER, None)]
    assert traces([*headers(traceparent=OTHER), *REQUEST], sidekick.body(E02)) == [(OTHER, None)]


def test_each_event_of_a_batch_that_names_none_gets_the_trace_of_the_request() -> None:
    batch = [cloudevent(), cloudevent(traceparent=OTHER)]
    assert traces([BATCHED, *REQUEST], json.dumps(batch).encode()) == [(PARENT, "vendor=1"), (OTHER, None)]


def test_a_state_without_a_parent_gives_way_to_that_of_the_request() -> None:
    orphan = json.dumps(cloudevent(tracestate="stale=1")).encode()
    assert traces([STRUCTURED, REQUEST[0]], orphan) == [(PARENT, None)]
    assert traces([STRUCTURED], orphan) == [(None, "stale=1")]


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"00-0-0-00",
        b"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        b"00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        b"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        b"00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01",
        b"\xff",
    ],
)
def test_a_header_that_names_no_trace_is_left_out(value: bytes) -> None:
    assert traces([JSON, (b"traceparent", value), REQUEST[1]], sidekick.body(E02)) == [(None, None)]


@pytest.mark.parametrize("state", [b" ", b"x" * 513, b"a\x7f", b"\xe9"])
def test_a_state_that_is_none_is_left_out_and_the_event_is_accepted(state: bytes) -> None:
    assert traces([JSON, REQUEST[0], (b"tracestate", state)], sidekick.body(E02)) == [(PARENT, None)]


def test_events_of_different_traces_are_about_the_same_act() -> None:
    first, second = ([JSON, (b"traceparent", value.encode())] for value in (PARENT, OTHER))
    [earlier], [later] = (events.read(request, sidekick.body(E02), cluster="prod") for request in (first, second))
    assert acts.act(earlier) == acts.act(later)
