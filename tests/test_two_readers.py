"""The relay and the action read the same events: what one takes the other answers for."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay import events
from relay.errors import BadEvent as RefusedAtTheDoor
from relay.errors import Refusal
from relay.github.dispatch import Dispatch, RepositoryDispatch, WorkflowDispatch
from relay.server.intake import letter
from responder.errors import BadEvent
from responder.falco import cloudevent, run_event
from responder.falco.cloudevent import ParsedEvent
from responder.falco.event import Event
from responder.report import timeline
from tests import events_agree
from tests.events_agree import rows
from tests.soak import examples

STRUCTURED = [(b"content-type", b"application/cloudevents+json")]
BATCHED = [(b"content-type", b"application/cloudevents-batch+json")]
BARE = [(b"content-type", b"application/json")]
DISPATCHES: list[Dispatch] = [RepositoryDispatch("acme/state"), WorkflowDispatch("acme/state", "respond.yml", "main")]
ALL = [pytest.param(row, id=row["name"]) for row in rows()]
ACCEPTED_ROWS = [pytest.param(row, id=row["name"]) for row in rows() if "meaning" in row]


def structured(row: dict[str, Any]) -> list[events.Event]:
    return events.read(STRUCTURED, json.dumps(events_agree.cloudevent(row)).encode(), cluster=None)


def batched(row: dict[str, Any]) -> list[events.Event]:
    return events.read(BATCHED, json.dumps([events_agree.cloudevent(row)]).encode(), cluster=None)


def encoded(row: dict[str, Any]) -> list[events.Event]:
    document = events_agree.cloudevent(row)
    document["data_base64"] = base64.b64encode(json.dumps(document.pop("data")).encode()).decode()
    return events.read(STRUCTURED, json.dumps(document).encode(), cluster=None)


def binary(row: dict[str, Any]) -> list[events.Event]:
    document = events_agree.cloudevent(row)
    body = json.dumps(document.pop("data")).encode()
    headers = [(f"ce-{name}".encode(), str(value).encode()) for name, value in document.items()]
    return events.read([*headers, *BARE], body, cluster=None)


def bare(row: dict[str, Any]) -> list[events.Event]:
    return events.read(BARE, json.dumps(row["falco"]).encode(), cluster=None)


def modes(row: dict[str, Any]) -> list[Any]:
    """Return the ways to send a row: one without envelope has no attributes, one in headers has only texts."""
    attributes = row.get("attributes", {})
    ways: list[Any] = [structured, batched, encoded]
    if not attributes:
        ways.append(bare)
    if all(isinstance(value, str) for value in attributes.values()):
        ways.append(binary)
    return ways


def answered(event: events.Event, dispatch: Dispatch) -> ParsedEvent:
    """Return what the action reads in the dispatch of an event."""
    body = json.loads(dispatch.body([letter(event, dispatch).document]))
    [parsed] = cloudevent.parse_all(run_event.documents(body))
    return parsed


def meaning(event: Event) -> dict[str, Any]:
    try:
        pod = list(event.pod) if event.pod else None
    except BadEvent:
        pod = "refused"  # type: ignore[assignment]  # a third answer
    return {
        "id": event.id,
        "rule": event.rule,
        "priority": event.priority.word,
        "tags": list(event.tags),
        "time": event.time,
        "falco_source": event.falco_source,
        "pod": pod,
    }


@pytest.mark.parametrize("row", ALL)
def test_what_the_relay_refuses_it_refuses_in_every_mode_by_the_name_of_the_field(row: dict[str, Any]) -> None:
    for read in modes(row):
        if "refused" not in row:
            assert len(read(row)) == 1
            continue
        with pytest.raises(RefusedAtTheDoor, match=row["refused"]) as caught:
            read(row)
        assert len(str(caught.value)) < 300


@pytest.mark.parametrize("dispatch", DISPATCHES, ids=["repository_dispatch", "workflow_dispatch"])
@pytest.mark.parametrize("row", ACCEPTED_ROWS)
def test_what_the_relay_takes_means_the_same_to_the_action(row: dict[str, Any], dispatch: Dispatch) -> None:
    for read in modes(row):
        [event] = read(row)
        parsed = answered(event, dispatch)
        assert isinstance(parsed, Event)
        assert meaning(parsed) | row["meaning"] == meaning(parsed)


@pytest.mark.parametrize("row", ALL)
def test_what_comes_another_way_means_the_same_or_is_a_bad_event(row: dict[str, Any]) -> None:
    document = events_agree.cloudevent(row) if "attributes" in row else row["falco"]
    [parsed] = cloudevent.parse_all(run_event.documents({}, json.dumps(document)))
    if "meaning" in row:
        assert isinstance(parsed, Event)
        assert meaning(parsed) | row["meaning"] == meaning(parsed)
    elif row.get("harmless"):
        assert isinstance(parsed, Event)
        assert timeline.markdown(timeline.moments_of_event(parsed))
    else:
        assert isinstance(parsed, BadEvent) or row["refused"] in ("subject", "extension", "time")


def test_the_marks_of_a_relay_do_not_count_if_a_sender_makes_them() -> None:
    marks = ("shortened", "coalesced", "relayaccepted", "relaydispatched")
    row = {"attributes": dict.fromkeys(marks, "x"), "falco": rows()[0]["falco"]}
    for read in modes(row):
        [event] = read(row)
        assert not set(marks) & set(event.attributes)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = ["uuid", "rule", "priority", "time", "source", "tags", "hostname", "output", "output_fields"]
ATTRIBUTES = ["id", "source", "type", "specversion", "time", "subject", "cluster", "coalesced", "datacontenttype", "x"]


@settings(max_examples=examples(300))
@given(
    change=st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), json_values, max_size=3),
    attributes=st.dictionaries(st.sampled_from(ATTRIBUTES), json_values, max_size=2),
    dispatch=st.sampled_from(DISPATCHES),
)
def test_whatever_the_relay_takes_is_an_event_to_the_action(
    change: dict[str, Any], attributes: dict[str, Any], dispatch: Dispatch
) -> None:
    row = {"attributes": attributes, "falco": {**rows()[0]["falco"], **change}}
    try:
        [event] = structured(row)
    except Refusal:
        return
    parsed = answered(event, dispatch)
    assert isinstance(parsed, Event)
    meaning(parsed)
