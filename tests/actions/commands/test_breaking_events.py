"""Events that Python cannot handle cost themselves and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from responder.falco import cloudevent
from responder.rules import matching
from tests.actions.conftest import NewRemote, Remote
from tests.actions.runs import ALPINE, STOPPED, Responder, shell

BREAKING = {
    "a lone surrogate": r'"\ud800"',
    "an integer of 100,000 digits": "1" * 100_000,
    "a negative one": "-" + "1" * 100_000,
    "a number beyond all": "1e999999",
    "deep arrays": "[" * 20_000 + "]" * 20_000,
    "deep objects": '{"a":' * 20_000 + "1" + "}" * 20_000,
}
TIMES = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2021-06-13T19:35:58Z\ud800", "0000-00-00T00:00:00Z"]
with_breaking_value = pytest.mark.parametrize("value", [pytest.param(text, id=name) for name, text in BREAKING.items()])


@pytest.fixture
def remote(new_remote: NewRemote) -> Remote:
    return new_remote({"alpine.yaml": ALPINE, "web.yaml": ALPINE.replace(b"alpine", b"web")})


@pytest.fixture
def responder(remote: Remote, tmp_path: Path) -> Responder:
    return Responder(remote, tmp_path)


def events(value: str) -> str:
    """Return a batch: an event of the workload web with this value in its fields, and one of the workload alpine."""
    marked = json.dumps([shell(**{"k8s.pod.name": "web-deployment-77789455d6-m7flp", "x": "VALUE"}), shell()])
    return marked.replace('"VALUE"', value)


@with_breaking_value
@pytest.mark.parametrize("by_input", [False, True], ids=["repository_dispatch", "workflow_dispatch"])
def test_a_value_that_python_refuses_loses_no_event(
    remote: Remote, responder: Responder, value: str, by_input: bool
) -> None:
    batch = events(value)
    inputs = f'{{"inputs":{{"event":{json.dumps(batch)}}}}}'
    result = responder.run(inputs if by_input else f'{{"client_payload":{{"events":{batch}}}}}')
    assert [response["verdict"] for response in result.responses] == ["contained", "contained"]
    assert result.code == 0
    assert remote.show("main:alpine.yaml") == STOPPED


def test_what_is_no_json_in_a_run_event_becomes_text(responder: Responder) -> None:
    result = responder.run(f'{{"client_payload":{{"events":{events("NaN")}}}}}')
    assert [response["verdict"] for response in result.responses] == ["contained", "contained"]


@pytest.mark.parametrize("time", TIMES)
def test_a_time_outside_of_the_calendar_is_not_shown(remote: Remote, responder: Responder, time: str) -> None:
    event = shell()
    event["data"]["time"] = event["time"] = time
    result = responder.dispatch(event)
    assert (result.code, remote.show("main:alpine.yaml")) == (0, STOPPED)
    assert time[:10] not in remote.log("%B")[2]


@pytest.mark.parametrize("field", ["id", "source", "cluster"])
def test_lone_surrogates_in_the_attributes_of_a_pull_request_are_no_failure(responder: Responder, field: str) -> None:
    assert responder.dispatch({**shell(), field: "\ud800"}, mode="dry-run").code == 0


def test_an_exception_that_nobody_thought_of_costs_its_event(
    remote: Remote, responder: Responder, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide = matching.decide

    def failing(event: Any, rules: Any) -> Any:
        if event.id == "broken":
            raise ZeroDivisionError("::error::of @everyone")
        return decide(event, rules)

    monkeypatch.setattr(matching, "decide", failing)
    result = responder.dispatch({**shell(), "id": "broken"}, shell())
    assert [response["verdict"] for response in result.responses] == ["refused", "contained"]
    assert (result.code, remote.show("main:alpine.yaml")) == (1, STOPPED)
    assert "ZeroDivisionError" in result.summary
    assert "Traceback" not in result.summary
    quoted = result.log.partition("::stop-commands::m4rker\n")[2].partition("::m4rker::")[0]
    assert "Traceback" in quoted
    assert "in failing" in quoted
    assert "ZeroDivisionError: :%3Aerror::of %40everyone" in quoted


def test_an_exception_while_an_event_is_read_costs_its_event(
    responder: Responder, monkeypatch: pytest.MonkeyPatch
) -> None:
    parse = cloudevent.parse

    def failing(document: Any) -> Any:
        if document["id"] == "broken":
            raise RecursionError
        return parse(document)

    monkeypatch.setattr(cloudevent, "parse", failing)
    result = responder.dispatch({**shell(), "id": "broken"}, shell())
    assert [response["verdict"] for response in result.responses] == ["invalid", "contained"]
    assert result.code == 2
    assert "Traceback" in result.log


def test_an_action_that_fails_as_a_whole_says_so_without_a_command_in_its_log(
    responder: Responder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise ZeroDivisionError("x\n::set-output name=changed::true")

    monkeypatch.setattr("responder.commands.respond.push.push", failing)
    result = responder.dispatch(shell())
    assert result.code == 1
    assert result.log.splitlines()[-1] == "::error::the action failed unexpectedly (ZeroDivisionError)"
    before_end = result.log.partition("::m4rker::")[0]
    assert "::set-output" in before_end
