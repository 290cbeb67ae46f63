"""What is read back from commits, and what is not believed."""

from pathlib import PurePosixPath

import pytest

from responder.errors import BadHistory
from responder.plan import trailers
from responder.plan.undo_record import PreviousValue
from responder.rules.model import Limits, LimitUnit
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
    assert trailers.count([COMMIT, COMMIT + "".join(second)], Limits()) == {("", ""): 3}


def test_a_response_may_come_first_or_the_rule_as_in_older_commits() -> None:
    head, _, record = COMMIT.partition("Falco-Rule")
    response = "Response: stop Deployment default/alpine-deployment\n"
    moved = f"{response}Falco-Rule{record.replace(response, '')}"
    (first, second) = trailers.responses(f"{head}{moved}{moved.replace('5b2e', '6c3f')}")
    assert [first] == trailers.responses(COMMIT)
    assert (second.event_id, second.response) == ("6c3f", first.response)


def test_a_short_id_is_of_one_id_alone() -> None:
    long = ["a" * 300 + ending for ending in "bc"]
    assert trailers.short_id("5b2e-4a") == "5b2e-4a"
    assert len({trailers.short_id(event_id) for event_id in long}) == 2
    assert all(len(trailers.encode(trailers.short_id(event_id))) == 39 for event_id in long)


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
    assert trailers.count([message], Limits()) == {}


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


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("Terminal shell in container", "Terminal shell in container", id="plain"),
        pytest.param("https://falco.org", "https://falco.org", id="an address"),
        pytest.param("5b2e-4a", "5b2e-4a", id="an id"),
        pytest.param(" ", '" "', id="blank"),
        pytest.param("", '""', id="empty"),
        pytest.param("a ", '"a "', id="a space at the end"),
        pytest.param("a\nB: c", '"a\\nB\\u003a c"', id="two lines"),
        pytest.param('"a"', '"\\"a\\""', id="quoted"),
        pytest.param("\u2028", '"\\u2028"', id="a separator of lines"),
        pytest.param("\U0001f600", '"\\ud83d\\ude00"', id="beyond 16 bits"),
        pytest.param("\ud800", '"\\ud800"', id="half a character"),
        pytest.param("a" * 301, f'"{"a" * 301}"', id="long"),
        pytest.param("@team", '"\\u0040team"', id="a mention"),
        pytest.param("Closes #1", '"Closes \\u00231"', id="a reference"),
        pytest.param("Closes GH-1", '"Closes GH\\u002d1"', id="a reference by GH"),
        pytest.param("Fixes https://x/y", '"Fixes https\\u003a//x/y"', id="a reference by an address"),
        pytest.param("[skip ci]", '"\\u005bskip ci\\u005d"', id="a directive"),
    ],
)
def test_a_value_that_git_or_github_could_change_is_written_as_json(value: str, text: str) -> None:
    assert trailers.encode(value) == text
    assert trailers.decode(text) == value
    assert trailers.read(f"Stop it\n\n{trailers.write([('Falco-Rule', value), ('A', 'b')])}\n") == [
        ("Falco-Rule", value),
        ("A", "b"),
    ]


@pytest.mark.parametrize("text", ['"', '"a', '"a"b', '"\\q"', '5b2e "x"', ' "a"'])
def test_a_value_of_an_older_commit_is_read_as_it_is(text: str) -> None:
    assert trailers.decode(text) == text


def test_a_trailer_whose_value_git_has_stripped_is_read_as_empty() -> None:
    (response,) = trailers.responses(COMMIT.replace("CloudEvent-Id: 5b2e", "CloudEvent-Id:"))
    assert response.event_id == ""
    assert response.response == "stop Deployment default/alpine-deployment"


def test_responses_are_counted_by_cluster_and_by_namespace() -> None:
    staging = COMMIT + "Cluster: staging\n"
    assert trailers.count([COMMIT, staging], Limits()) == {("", ""): 1, ("staging", ""): 1}
    by_namespace = Limits(per=LimitUnit.NAMESPACE)
    assert trailers.count([COMMIT, staging], by_namespace) == {("", "default"): 1, ("staging", "default"): 1}
