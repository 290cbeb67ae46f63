"""When Flux is told, and that a mistake in how it is told keeps nobody from being contained."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from responder.commands import exit_codes
from tests.actions.conftest import NewRemote, Remote
from tests.actions.runs import ALPINE, Responder, shell
from tests.receiver import FluxReceiver


@pytest.fixture
def remote(new_remote: NewRemote) -> Remote:
    return new_remote({"alpine.yaml": ALPINE})


@pytest.fixture
def responder(remote: Remote, tmp_path: Path) -> Responder:
    return Responder(remote, tmp_path)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        pytest.param({"receiver_url": "flux.example/hook"}, "receiver-url is not an http", id="no scheme"),
        pytest.param({"receiver_url": "{prod: 1}"}, "receiver-url is neither", id="a map of numbers"),
        pytest.param({"receiver_url": "https://x", "receiver_type": "gitlab"}, "receiver-type", id="another type"),
        pytest.param({"receiver_url": "https://x"}, "needs receiver-token", id="no token"),
    ],
)
def test_a_mistake_in_the_receiver_prevents_no_containment_and_fails_the_run(
    remote: Remote, responder: Responder, inputs: dict[str, str], message: str
) -> None:
    result = responder.dispatch(shell(), **inputs)
    assert result.code == exit_codes.BAD_INPUT
    assert message in result.log
    assert result.responses[0]["verdict"] == "contained"
    assert b"replicas: 0" in remote.show("main:alpine.yaml")
    assert result.outputs["commit"] == remote.log("%H")[0]


@pytest.fixture
def receiver() -> Iterator[FluxReceiver]:
    with FluxReceiver.start(type="generic", token="t") as running:
        yield running


def event_at(moment: datetime, **fields: str) -> dict[str, Any]:
    """Return the event of a shell in the stopped workload at a time."""
    event = shell(**fields)
    return {**event, "data": {**event["data"], "time": f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"}}


@pytest.mark.parametrize(
    ("seconds", "verdict", "code", "calls"),
    [
        pytest.param(-600, "in place", exit_codes.SUCCESS, 1, id="before the stop"),
        pytest.param(30, "in place", exit_codes.SUCCESS, 1, id="while the pod ends"),
        pytest.param(600, "still running", exit_codes.FAILED, 2, id="long after the stop"),
    ],
)
def test_an_event_after_the_stop_is_drift_and_flux_is_told_again(
    responder: Responder, receiver: FluxReceiver, seconds: int, verdict: str, code: int, calls: int
) -> None:
    inputs = {"receiver_url": receiver.url, "receiver_type": "generic"}
    assert responder.dispatch(shell(), **inputs).code == 0
    result = responder.dispatch(event_at(datetime.now(UTC) + timedelta(seconds=seconds)), **inputs)
    assert (result.responses[0]["verdict"], result.code) == (verdict, code)
    assert len(receiver.calls) == calls
    assert ("still running although stopped in Git since 20" in result.log) is (code == exit_codes.FAILED)


def test_a_pod_of_a_workload_that_a_person_stopped_long_ago_is_drift_too(
    remote: Remote, responder: Responder, receiver: FluxReceiver
) -> None:
    remote.commit({"alpine.yaml": ALPINE.replace(b"replicas: 2", b"replicas: 0")})
    later = event_at(datetime.now(UTC) + timedelta(hours=1))
    result = responder.dispatch(later, receiver_url=receiver.url, receiver_type="generic")
    assert result.responses[0]["verdict"] == "still running"
    assert "since an older commit" in result.responses[0]["reason"]
    assert [json.loads(call.body)["commit"] for call in receiver.calls] == [remote.log("%H")[0]]


def test_a_pod_of_a_workload_that_a_person_has_just_stopped_is_no_drift(remote: Remote, responder: Responder) -> None:
    remote.commit({"alpine.yaml": ALPINE.replace(b"replicas: 2", b"replicas: 0")})
    assert responder.dispatch(event_at(datetime.now(UTC))).responses[0]["verdict"] == "in place"


def test_a_dry_run_tells_flux_nothing(responder: Responder, receiver: FluxReceiver) -> None:
    inputs = {"receiver_url": receiver.url, "receiver_type": "generic"}
    responder.dispatch(shell(), **inputs)
    responder.dispatch(event_at(datetime.now(UTC) + timedelta(hours=1)), mode="dry-run", **inputs)
    assert len(receiver.calls) == 1


def test_an_event_of_the_batch_that_stops_the_workload_is_no_drift(responder: Responder) -> None:
    later = {**event_at(datetime.now(UTC) + timedelta(hours=1)), "id": "later"}
    result = responder.dispatch(shell(), later)
    assert [response["verdict"] for response in result.responses] == ["contained", "in place"]


def test_an_event_without_a_time_is_in_place(responder: Responder) -> None:
    responder.dispatch(shell())
    event = shell()
    data = {key: value for key, value in event["data"].items() if key != "time"}
    timeless = {**{key: value for key, value in event.items() if key != "time"}, "data": {**data, "time": "never"}}
    assert responder.dispatch(timeless).responses[0]["verdict"] in ("in place", "invalid")


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [pytest.param(-5, "in place", id="before the stop"), pytest.param(600, "still running", id="long after the stop")],
)
def test_an_event_of_a_workload_that_a_stop_took_out_is_no_riddle(
    remote: Remote, responder: Responder, seconds: int, verdict: str
) -> None:
    pod = b"apiVersion: v1\nkind: Pod\nmetadata: {name: bare, namespace: shop}\nspec: {containers: []}\n"
    remote.commit({"pod.yaml": pod})
    fields = {"k8s.ns.name": "shop", "k8s.pod.name": "bare"}
    assert responder.dispatch(shell(**fields)).responses[0]["verdict"] == "contained"
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    (response,) = responder.dispatch(event_at(moment, **fields)).responses
    assert response["verdict"] == verdict
    assert "Pod shop/bare" in response["reason"]
    stranger = event_at(moment, **{**fields, "k8s.pod.name": "stranger"})
    assert responder.dispatch(stranger).responses[0]["verdict"] == "refused"


def test_a_label_is_no_stop_so_its_pods_may_run_on(remote: Remote, responder: Responder) -> None:
    rules = b"version: 1\nrules: [{name: a, match: {rules: ['*']}, respond: [label: {set: {quarantine: 'true'}}]}]\n"
    remote.commit({".github/falco-response.yaml": rules})
    responder.dispatch(shell())
    later = event_at(datetime.now(UTC) + timedelta(hours=1))
    assert responder.dispatch(later).responses[0]["verdict"] == "in place"
