"""Messages about documents that are not events: which field is wrong, and what was expected."""

import pytest

from responder.errors import BadEvent
from responder.falco import cloudevent
from tests import sidekick

E02 = sidekick.falco_events()["E02"]
SENT = sidekick.cloudevent(E02, event_id="1")


def message_for(document: object) -> str:
    with pytest.raises(BadEvent) as caught:
        cloudevent.parse(document)
    return str(caught.value)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        pytest.param({}, "the event has no `rule`, `priority`, `output_fields`", id="nothing"),
        pytest.param({**E02, "rule": 7}, "rule is 7; expected text", id="number for text"),
        pytest.param({**E02, "rule": ""}, 'rule is ""; expected text', id="empty text"),
        pytest.param({**E02, "rule": "x" * 1025}, "; expected at most 1,024 characters", id="too long"),
        pytest.param(
            {**E02, "tags": {"a": 1}}, 'tags is {"a": 1}; expected an array or text or null', id="object for an array"
        ),
        pytest.param({**E02, "tags": ["a", 1]}, "tags.1 is 1; expected text", id="number among tags"),
        pytest.param({**E02, "output_fields": []}, "output_fields is []; expected an object or null", id="fields"),
        pytest.param({**E02, "priority": "Notise"}, "'Notise' is not a priority; did you mean Notice?", id="priority"),
        pytest.param({**E02, "priority": "P1"}, "'P1' is not a priority; use one of Emergency, Alert", id="unknown"),
        pytest.param({**SENT, "specversion": "0.3"}, 'specversion is "0.3"; expected "1.0"', id="old CloudEvents"),
        pytest.param({**SENT, "type": "x"}, 'type is "x"; expected "falco.rule.output.v1"', id="other type"),
        pytest.param({**SENT, "data": "{}"}, 'data is "{}"; expected an object', id="data as text"),
        pytest.param({**SENT, "data": {**E02, "rule": None}}, "data.rule is null; expected text", id="place in data"),
        pytest.param({**SENT, "coalesced": "-1"}, "expected a whole number from 0", id="negative"),
        pytest.param({**SENT, "coalesced": 1e300}, "expected a whole number from 0", id="huge"),
        pytest.param([SENT], "the event is [", id="array in place of an event"),
        pytest.param("{", "not JSON: ", id="broken JSON"),
        pytest.param('{"rule": NaN}', "NaN is not a JSON value", id="not a number"),
        pytest.param("[" * 100_000, "not JSON that can be read", id="deep nesting"),
        pytest.param("1" * 5000, "expected an object", id="huge number"),
    ],
)
def test_a_message_names_the_field_and_what_was_expected(document: object, problem: str) -> None:
    assert problem in message_for(document)


def test_a_message_lists_at_most_three_problems() -> None:
    message = message_for({**SENT, "cluster": 1, "time": 2, "source": 3, "type": 4, "coalesced": []})
    assert message.count("expected") == 3


def test_a_bad_event_keeps_its_id_if_it_has_one() -> None:
    with pytest.raises(BadEvent) as caught:
        cloudevent.parse({**SENT, "type": "x"})
    assert caught.value.id == "1"


def test_attacker_text_is_bounded_and_escaped_in_messages() -> None:
    hostile = "\x1b[31m\n::error::\u202e" * 10_000
    for document in ({**E02, "rule": [hostile]}, {**E02, "priority": hostile}, hostile, {**SENT, "type": hostile}):
        message = message_for(document)
        assert message.isprintable()
        assert len(message) < 500
