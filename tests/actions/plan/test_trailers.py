"""What is read back from commits, and what is not believed."""

from pathlib import PurePosixPath

import pytest

from responder.errors import BadHistory
from responder.plan import trailers
from responder.plan.undo_record import PreviousValue
from responder.yamledit.values import ABSENT

PREVIOUS = '{"file":"alpine.yaml","document":0,"path":["spec","replicas"],"value":2}'
COMMIT = f"""\
Stop Deployment default/alpine-deployment

Falco's rule "Terminal shell in container" (Notice) fired in pod default/alpine-deployment-77789455d6-m7flp.

Falco-Rule: Terminal shell in container
Falco-Priority: Notice
CloudEvent-Id: 5b2e
CloudEvent-Source: https://falco.org
Response: stop Deployment default/alpine-deployment
Previous: {PREVIOUS}
"""


def test_a_response_is_read_back() -> None:
    (response,) = trailers.responses(COMMIT)
    assert (response.event_id, response.response) == ("5b2e", "stop Deployment default/alpine-deployment")
    assert response.records == (
        PreviousValue(file=PurePosixPath("alpine.yaml"), document=0, path=("spec", "replicas"), previous=2),
    )


def test_several_responses_of_a_commit_are_told_apart() -> None:
    second = COMMIT.partition("Falco-Rule")[1:]
    responses = trailers.responses(COMMIT + "".join(second).replace("5b2e", "6c3f"))
    assert [response.event_id for response in responses] == ["5b2e", "6c3f"]
    assert trailers.count([COMMIT, COMMIT + "".join(second)]) == 3


def test_a_field_that_was_not_there_has_no_value() -> None:
    (response,) = trailers.responses(COMMIT.replace(',"value":2', ""))
    (record,) = response.records
    assert isinstance(record, PreviousValue)
    assert record.previous is ABSENT


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("Change the port\n", id="a subject alone"),
        pytest.param("Change\n\nFalco-Rule: x\nis mentioned here\n", id="mentioned in a paragraph"),
        pytest.param(COMMIT + "\nSigned-off-by: Somebody <a@b>\n", id="another paragraph last"),
        pytest.param("", id="empty"),
    ],
)
def test_what_somebody_else_wrote_is_no_response(message: str) -> None:
    assert trailers.responses(message) == []
    assert trailers.count([message]) == 0


@pytest.mark.parametrize(
    "previous",
    [
        "{",
        "[]",
        "{}",
        '{"file":"../../etc/passwd","document":0,"path":[]}',
        '{"file":"/etc/x","document":0,"path":[]}',
        '{"file":"a","document":-1,"path":[]}',
        '{"file":"a","document":true,"path":[]}',
        '{"file":"a","document":0,"path":[{}]}',
        '{"file":1,"document":0,"path":[]}',
        '{"file":"a","document":0,"path":1}',
    ],
)
def test_a_previous_that_the_action_does_not_write_is_not_believed(previous: str) -> None:
    with pytest.raises(BadHistory):
        trailers.responses(COMMIT.replace(PREVIOUS, previous))


def test_a_response_without_its_event_is_not_believed() -> None:
    with pytest.raises(BadHistory, match="CloudEvent-Id"):
        trailers.responses(COMMIT.replace("CloudEvent-Id: 5b2e\n", ""))
