"""Bodies of dispatches, and how much fits into one."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.github.dispatch import LIMIT, Dispatch, RepositoryDispatch, WorkflowDispatch, stamped

NOW = datetime(2026, 7, 1, 12, 20, 36, 250_000, tzinfo=UTC).timestamp()
BOTH = pytest.mark.parametrize(
    "dispatch",
    [RepositoryDispatch("acme/state"), WorkflowDispatch("acme/state", "respond.yml", "main")],
    ids=["repository_dispatch", "workflow_dispatch"],
)


def limited(dispatch: Dispatch, body: bytes) -> Any:
    """The part of a body that GitHub counts."""
    request = json.loads(body)
    return request["inputs" if isinstance(dispatch, WorkflowDispatch) else "client_payload"]


def test_a_repository_dispatch_carries_the_events_as_objects() -> None:
    dispatch = RepositoryDispatch("acme/state")
    assert dispatch.path == "/repos/acme/state/dispatches"
    assert json.loads(dispatch.body([b'{"id":"1"}', b'{"id":"2"}'])) == {
        "event_type": "falco.rule.output.v1",
        "client_payload": {"events": [{"id": "1"}, {"id": "2"}]},
    }


def test_a_workflow_dispatch_carries_the_events_as_a_text() -> None:
    dispatch = WorkflowDispatch("acme/state", "respond.yml", "main")
    assert dispatch.path == "/repos/acme/state/actions/workflows/respond.yml/dispatches"
    request = json.loads(dispatch.body([b'{"id":"1"}', '{"id":"é\\n"}'.encode()]))
    assert json.loads(request["inputs"].pop("event")) == [{"id": "1"}, {"id": "é\n"}]
    assert request == {"ref": "main", "inputs": {}, "return_run_details": True}


@BOTH
@given(
    texts=st.lists(st.text(min_size=0, max_size=200), min_size=1, max_size=50),
    coalesced=st.integers(min_value=0, max_value=10**9),
)
def test_what_fits_by_its_sizes_is_within_githubs_limit(dispatch: Dispatch, texts: list[str], coalesced: int) -> None:
    documents = [json.dumps({"id": text}, ensure_ascii=False).encode() for text in texts]
    room = dispatch.room - sum(map(dispatch.size, documents)) - dispatch.size(b'{"id": ""}')
    filler = json.dumps({"id": "x" * room}).encode()
    documents.append(filler)
    assert sum(map(dispatch.size, documents)) <= dispatch.room
    body = dispatch.body(
        [stamped(document, coalesced=coalesced, accepted=NOW, dispatched=NOW) for document in documents]
    )
    counted = limited(dispatch, body)
    assert len(json.dumps(counted, ensure_ascii=False, separators=(",", ":")).encode()) <= LIMIT


@BOTH
def test_the_room_is_nearly_all_of_the_limit(dispatch: Dispatch) -> None:
    assert dispatch.room > LIMIT - 100


def test_the_times_of_the_relay_and_the_count_of_folded_events_stand_at_the_end() -> None:
    document = stamped(b'{"id":"1","data":{}}', coalesced=3, accepted=NOW, dispatched=NOW + 0.5)
    times = {"relayaccepted": "2026-07-01T12:20:36.250Z", "relaydispatched": "2026-07-01T12:20:36.750Z"}
    assert json.loads(document) == {"id": "1", "data": {}, **times, "coalesced": 3}
    assert "coalesced" not in json.loads(stamped(b'{"id":"1"}', coalesced=0, accepted=NOW, dispatched=NOW))
