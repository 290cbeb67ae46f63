"""Who is told of a run by webhooks that the rules name, and that a notice that fails costs nothing but a warning."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.actions.conftest import NewRemote, Remote
from tests.actions.http_server import Answer, HttpServer
from tests.actions.runs import ALPINE, HOSTILE, STOPPED, Responder, shell

RULES = (
    b"version: 1\nnotify: {security: {type: generic}}\nrules: [{name: all, match: {rules: [Term*]}, respond: [stop]}]\n"
)
UNKNOWN = {"k8s.pod.name": "unknown-77789455d6-m7flp"}


@pytest.fixture
def remote(new_remote: NewRemote) -> Remote:
    return new_remote({"alpine.yaml": ALPINE, ".github/falco-response.yaml": RULES})


@pytest.fixture
def responder(remote: Remote, tmp_path: Path) -> Responder:
    responder = Responder(remote, tmp_path)
    responder.environ = {"GITHUB_RUN_ID": "7"}
    return responder


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer.start() as server:
        yield server


def urls(server: HttpServer) -> str:
    return json.dumps({"security": server.url})


def bodies(server: HttpServer) -> list[dict[str, Any]]:
    return [json.loads(request.body) for request in server.requests]


def test_a_response_and_a_refusal_are_told_in_one_message(responder: Responder, server: HttpServer) -> None:
    events = [shell(), {**shell(**UNKNOWN), "id": "6c3f"}]
    result = responder.dispatch(*events, notify_urls=urls(server))
    assert result.code == 1
    (body,) = bodies(server)
    assert (body["repository"], body["commit"]) == ("acme/desired-state", result.outputs["commit"])
    assert body["run"] == "https://github.example/acme/desired-state/actions/runs/7"
    contained, refused = body["outcomes"]
    assert contained.pop("reason")
    assert contained == {
        "verdict": "contained",
        "workload": "Deployment default/alpine-deployment",
        "response": "stop",
        "cluster": "prod",
        "falco-rule": "Terminal shell in container",
        "priority": "Notice",
        "event": "5b2e",
        "pull-request": None,
    }
    assert (refused["verdict"], refused["event"]) == ("refused", "6c3f")
    assert "no declared workload owns pod" in refused["reason"]


def test_what_changes_nothing_is_not_told(responder: Responder, server: HttpServer) -> None:
    responder.dispatch(shell(), mode="dry-run", notify_urls=urls(server))
    responder.dispatch({**shell(), "data": {**shell()["data"], "rule": "Another rule"}}, notify_urls=urls(server))
    assert server.requests == []
    responder.dispatch(shell(), notify_urls=urls(server))
    responder.dispatch({**shell(), "id": "6c3f"}, notify_urls=urls(server))
    assert len(server.requests) == 1


def test_a_restore_is_told(responder: Responder, server: HttpServer) -> None:
    responder.dispatch(shell())
    result = responder.restore(event="5b2e", notify_urls=urls(server))
    responder.restore(event="5b2e", notify_urls=urls(server))
    (body,) = bodies(server)
    assert body["restored"] == ["stop Deployment default/alpine-deployment"]
    assert body["commit"] == result.outputs["commit"]


def test_without_the_key_in_the_rules_nobody_is_told(remote: Remote, responder: Responder, server: HttpServer) -> None:
    remote.commit({".github/falco-response.yaml": RULES.replace(b"notify: {security: {type: generic}}\n", b"")})
    assert responder.dispatch(shell(), notify_urls=urls(server)).code == 0
    assert server.requests == []


@pytest.mark.parametrize(
    ("notify_urls", "problem"),
    [
        pytest.param("", "input notify-urls has no address for security", id="no addresses"),
        pytest.param("{other: https://hooks.example/}", "has no address for security", id="another name"),
        pytest.param("{security: [x]}", "input notify-urls is neither one value nor a map", id="no map of texts"),
        pytest.param("{security: 'hooks.example/secret'}", "has no http or https address", id="no address"),
    ],
)
def test_a_webhook_without_an_address_is_a_warning(
    remote: Remote, responder: Responder, notify_urls: str, problem: str
) -> None:
    result = responder.dispatch(shell(), notify_urls=notify_urls)
    assert (result.code, remote.show("main:alpine.yaml")) == (0, STOPPED)
    (warning,) = [line for line in result.log.splitlines() if "was not told" in line]
    assert warning.startswith("::warning::security was not told: ")
    assert problem in warning
    assert "secret" not in result.log


def test_a_webhook_that_refuses_is_a_warning_without_its_address_or_its_words(
    remote: Remote, responder: Responder
) -> None:
    with HttpServer.start(Answer(status=403, body=b"::error::owned")) as server:
        result = responder.dispatch(shell(), notify_urls=urls(server))
    assert (result.code, remote.show("main:alpine.yaml")) == (0, STOPPED)
    assert "::warning::security was not told: answer 403\n" in result.log
    assert "owned" not in result.log
    assert server.url not in result.log


@pytest.mark.parametrize("kind", ["slack", "teams", "generic"])
def test_text_of_an_event_arrives_as_text(remote: Remote, responder: Responder, server: HttpServer, kind: str) -> None:
    rules = RULES.replace(b"generic", kind.encode()) + b"# another one\n"
    remote.commit({".github/falco-response.yaml": rules})
    event = {**shell(), "cluster": HOSTILE, "id": HOSTILE}
    assert responder.dispatch(event, notify_urls=urls(server)).code == 0
    text = server.requests[0].body.decode()
    assert "\n" not in text
    if kind != "generic":
        assert "<script" not in text
        assert "@everyone" not in text
