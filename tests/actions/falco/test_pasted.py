"""Pasted texts, whole and broken, as single documents."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.errors import BadEvent, BadInput
from responder.falco import cloudevent, pasted, run_event
from responder.falco.event import Event
from tests import sidekick

FALCO = sidekick.falco_events()
E02 = FALCO["E02"]
SENT = sidekick.cloudevent(E02, event_id="1")


def test_a_text_of_the_limit_is_read() -> None:
    assert pasted.documents("7".ljust(pasted.LIMIT)) == [7]


def test_a_text_beyond_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadInput, match=r"1,048,577 characters; the limit is 1,048,576"):
        run_event.documents({}, "[" * (pasted.LIMIT + 1))


@pytest.mark.parametrize(
    "pasted",
    [
        pytest.param(json.dumps([SENT, {**SENT, "type": "other"}, SENT]), id="wrong type in an array"),
        pytest.param(f"{json.dumps(SENT)}\ngarbage\n{json.dumps(SENT)}", id="garbage between lines"),
        pytest.param(json.dumps([SENT, None, SENT]), id="null in an array"),
        pytest.param(json.dumps([SENT, "{", SENT]), id="broken text in an array"),
    ],
)
def test_a_bad_event_loses_none_of_the_others(pasted: str) -> None:
    parsed = cloudevent.parse_all(run_event.documents({}, pasted))
    assert [type(event) for event in parsed] == [Event, BadEvent, Event]


def test_a_broken_text_is_one_bad_event_and_not_one_a_line() -> None:
    parsed = cloudevent.parse_all(run_event.documents({}, json.dumps(E02, indent=2)[:-3]))
    assert [type(event) for event in parsed] == [BadEvent]
    assert "at line 17, column" in str(parsed[0])


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parsed = cloudevent.parse_all(run_event.documents({}, text))
    except BadInput:
        stripped = text.strip("\ufeff \t\r\n")
        assert not stripped or json.loads(stripped) == []
    else:
        assert parsed
