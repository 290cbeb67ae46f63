"""Who may speak for a cluster: runs of the respond action that different accounts started."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.actions.conftest import NewRemote, Remote
from tests.actions.runs import ALPINE, SHELL, STOPPED, Responder, shell

STOP = "rules: [{name: a, match: {rules: ['*']}, respond: [stop]}]\n"
RULES = f"""\
version: 1
clusters:
  prod: {{path: clusters/prod, dispatched-by: ["relay-of-prod[bot]", alice]}}
  staging: {{path: clusters/staging}}
{STOP}"""
PROD = "clusters/prod/alpine.yaml"


@pytest.fixture
def remote(new_remote: NewRemote) -> Remote:
    files = {PROD: ALPINE, "clusters/staging/web.yaml": ALPINE.replace(b"alpine", b"web")}
    return new_remote({**files, ".github/falco-response.yaml": RULES.encode()})


@pytest.fixture
def responder(remote: Remote, tmp_path: Path) -> Responder:
    return Responder(remote, tmp_path)


def without_cluster(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "cluster"}


def test_the_relay_of_a_cluster_speaks_for_it(remote: Remote, responder: Responder) -> None:
    responder.sender = {"login": "relay-of-prod[bot]", "type": "Bot"}
    assert responder.dispatch(shell()).code == 0
    assert remote.show(f"main:{PROD}") == STOPPED


@pytest.mark.parametrize("event", [shell(), without_cluster(shell())], ids=["names the cluster", "names no cluster"])
@pytest.mark.parametrize("by_input", [False, True], ids=["repository_dispatch", "workflow_dispatch"])
def test_another_relay_does_not(remote: Remote, responder: Responder, event: dict[str, Any], by_input: bool) -> None:
    responder.sender = {"login": "relay-of-staging[bot]", "type": "Bot"}
    run_event = {"inputs": {"event": json.dumps([event])}} if by_input else {"client_payload": {"events": [event]}}
    result = responder.run(run_event)
    (response,) = result.responses
    assert (result.code, response["verdict"]) == (1, "refused")
    assert (
        "cluster prod is spoken for by relay-of-prod[bot], alice alone, and relay-of-staging[bot] started this run"
        in (response["reason"])
    )
    assert "clusters.prod.dispatched-by" in response["reason"]
    assert remote.show(f"main:{PROD}") == ALPINE


def test_another_relay_learns_nothing_of_the_cluster(responder: Responder) -> None:
    responder.sender = {"login": "relay-of-staging[bot]", "type": "Bot"}
    (response,) = responder.dispatch(shell(**{"k8s.pod.name": "unknown-77789455d6-m7flp"})).responses
    assert response["reason"].startswith("cluster prod is spoken for by")


def test_a_relay_that_may_not_loses_its_own_events_only(remote: Remote, responder: Responder) -> None:
    responder.sender = {"login": "relay-of-staging[bot]", "type": "Bot"}
    other = {**shell(**{"k8s.pod.name": "web-deployment-77789455d6-m7flp"}), "cluster": "staging", "id": "2"}
    result = responder.dispatch(shell(), other)
    assert [response["verdict"] for response in result.responses] == ["refused", "contained"]
    assert remote.show(f"main:{PROD}") == ALPINE


@pytest.mark.parametrize(("login", "code"), [("alice", 0), ("mallory", 1)])
def test_a_person_who_pastes_an_event_is_listed_too(responder: Responder, login: str, code: int) -> None:
    responder.sender = {"login": login, "type": "User"}
    assert responder.run({"inputs": {"event": json.dumps(SHELL)}}).code == code


def test_a_run_that_another_relay_starts_again_is_refused(responder: Responder) -> None:
    responder.sender = {"login": "relay-of-prod[bot]", "type": "Bot"}
    responder.environ = {"GITHUB_TRIGGERING_ACTOR": "relay-of-staging[bot]"}
    assert responder.dispatch(shell()).code == 1


def test_a_response_that_waits_for_a_review_is_refused_as_well(responder: Responder) -> None:
    responder.sender = {"login": "mallory", "type": "User"}
    result = responder.dispatch(shell(), mode="dry-run")
    assert [response["verdict"] for response in result.responses] == ["refused"]


def test_a_check_warns_of_clusters_that_anybody_may_speak_for(responder: Responder) -> None:
    result = responder.check()
    assert result.code == 0
    (warning,) = [line for line in result.log.splitlines() if line.startswith("::warning")]
    assert "can speak for staging, the relay of another cluster too" in warning
    assert "dispatched-by" in result.summary


@pytest.mark.parametrize(
    "clusters",
    [
        pytest.param("{prod: {path: clusters/prod}}", id="a single cluster"),
        pytest.param(
            "{a: {path: clusters/prod, dispatched-by: [x]}, b: {path: clusters/staging, dispatched-by: [y]}}", id="all"
        ),
    ],
)
def test_a_check_warns_of_nothing_where_no_other_relay_can_speak(
    remote: Remote, responder: Responder, clusters: str
) -> None:
    remote.commit({".github/falco-response.yaml": f"version: 1\nclusters: {clusters}\n{STOP}".encode()})
    assert "::warning" not in responder.check().log


def test_a_check_replays_its_samples_whoever_starts_it(responder: Responder) -> None:
    responder.sender = {"login": "mallory", "type": "User"}
    assert "spoken for" not in responder.check().outputs["plan"]
