"""CloudEvents and Falco's own JSON as events."""

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.errors import BadEvent
from responder.falco import cloudevent, run_event
from responder.falco.event import Event
from tests import sidekick

FALCO = sidekick.falco_events()
E02 = FALCO["E02"]
SENT = sidekick.cloudevent(E02, event_id="1")


@pytest.mark.parametrize("short", FALCO)
def test_every_recorded_event_is_read_alike_bare_and_as_a_cloudevent(short: str) -> None:
    bare = cloudevent.parse(FALCO[short])
    sent = cloudevent.parse(sidekick.cloudevent(FALCO[short], event_id="1", cluster="prod", coalesced="12"))
    assert (sent.id, sent.source, sent.cluster, sent.coalesced) == ("1", "https://falco.org", "prod", 12)
    assert (bare.source, bare.cluster, bare.coalesced) == ("https://falco.org", None, 0)
    for name in ("rule", "priority", "time", "tags", "falco_source", "hostname", "output", "fields", "pod"):
        assert getattr(bare, name) == getattr(sent, name)


@pytest.mark.parametrize(
    ("value", "is_trace"),
    [
        pytest.param("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", True, id="a trace"),
        pytest.param("00-00000000000000000000000000000000-00f067aa0ba902b7-01", False, id="no trace"),
        pytest.param("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", False, id="no span"),
        pytest.param("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\nCloses #1", False, id="more lines"),
        pytest.param("@team", False, id="another text"),
        pytest.param(7, False, id="a number"),
    ],
)
def test_only_a_text_that_names_a_trace_is_one(value: object, is_trace: bool) -> None:
    event = cloudevent.parse({**SENT, "traceparent": value})
    assert event.traceparent == (value if is_trace else None)


def test_integers_beyond_a_double_stay_exact() -> None:
    text = json.dumps([E02])
    [event] = cloudevent.parse_all(run_event.documents({}, text))
    assert isinstance(event, Event)
    assert event.field("evt.time") == 1623612958532086161


def test_a_bare_event_has_its_uuid_as_id_or_one_that_follows_from_its_content() -> None:
    turned = dict(reversed(list(E02.items())))
    assert cloudevent.parse({**E02, "uuid": "u-1"}).id == "u-1"
    assert cloudevent.parse(E02).id == cloudevent.parse(turned).id == "72fd66b4-94e6-52f0-83af-0b2c7901a4bd"
    assert cloudevent.parse({**E02, "time": "2021-06-13T19:35:58.532086162Z"}).id != cloudevent.parse(E02).id


def test_a_pasted_event_cannot_claim_a_cluster_without_being_a_cloudevent() -> None:
    assert cloudevent.parse({**E02, "cluster": "prod", "coalesced": {}}).cluster is None


def test_the_schema_is_one_and_takes_what_the_relay_dispatches() -> None:
    schema = json.loads((sidekick.EVENTS.parents[2] / "actions/responder/schema/payload.json").read_bytes())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid({"events": [sidekick.cloudevent(document, event_id="1") for document in FALCO.values()]})
    assert not validator.is_valid({"events": [E02]})
    assert not validator.is_valid({"events": []})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(sorted([*E02, *SENT])), inner),
    max_leaves=8,
)


@given(
    json_values
    | st.builds(lambda change: {**E02, **change}, st.dictionaries(st.sampled_from(sorted(E02)), json_values))
)
def test_any_json_is_an_event_or_a_bad_event(document: object) -> None:
    [event] = cloudevent.parse_all([document])
    assert isinstance(event, (Event, BadEvent))
