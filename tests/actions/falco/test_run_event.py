"""Where the events of a run come from."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from responder.errors import BadInput
from responder.falco import cloudevent, run_event
from responder.falco.event import Event
from tests import sidekick

FALCO = sidekick.falco_events()
E02 = FALCO["E02"]
SENT = sidekick.cloudevent(E02, event_id="1")


@pytest.mark.parametrize(
    ("payload", "pasted", "events"),
    [
        pytest.param({"client_payload": {"events": [SENT, SENT]}}, "", 2, id="repository_dispatch"),
        pytest.param({"inputs": {"event": json.dumps([SENT])}}, "", 1, id="workflow_dispatch"),
        pytest.param({"client_payload": {"events": [SENT, SENT]}}, json.dumps(E02), 2, id="the run's own comes first"),
        pytest.param({"inputs": {"event": json.dumps([SENT] * 3)}}, json.dumps(E02), 3, id="so does the run's input"),
        pytest.param(
            {"inputs": {"event": json.dumps([SENT])}, "client_payload": {"events": [SENT, SENT]}},
            "",
            2,
            id="the payload comes before the input",
        ),
        pytest.param({"client_payload": {}, "inputs": {"event": ""}}, json.dumps(E02), 1, id="empty is absent"),
        pytest.param(
            {"client_payload": None, "inputs": "x"}, json.dumps(E02), 1, id="other events have other payloads"
        ),
        pytest.param({}, f"\ufeff\r\n {json.dumps(E02, indent=2)} \n", 1, id="pretty, with a mark and white space"),
        pytest.param({}, json.dumps([E02, SENT]), 2, id="array of both forms"),
        pytest.param({}, f"{json.dumps(E02)}\r\n\n{json.dumps(SENT)}\n", 2, id="one a line"),
        pytest.param({}, json.dumps([json.dumps(E02)]), 1, id="text in an array"),
    ],
)
def test_where_events_are_read_from(payload: Mapping[str, Any], pasted: str, events: int) -> None:
    parsed = cloudevent.parse_all(run_event.documents(payload, pasted))
    assert [event.rule for event in parsed if isinstance(event, Event)] == ["Terminal shell in container"] * events


@pytest.mark.parametrize("pasted", [None, "", " \n", "[]", "\ufeff"])
def test_a_run_without_any_event_is_told_so(pasted: str | None) -> None:
    with pytest.raises(BadInput, match="no Falco event"):
        run_event.documents({"client_payload": {"events": []}}, pasted)
