"""What is posted to a GitHub that is older than the relay expects, and how long the relay waits for one."""

import json
import socket

import anyio
import httpx
import pytest

from relay.github import client as github_client
from relay.github.client import GitHub, http_client
from relay.github.credentials import StaticToken
from relay.github.dispatch import Dispatch, RepositoryDispatch, WorkflowDispatch
from relay.github.outcome import Cause, Delivered, Rejected, Retry
from tests.relay.serving import RecordingGitHub

pytestmark = pytest.mark.anyio
# As GitHub Enterprise Server 3.19 answers.
REFUSED = 'Invalid request.\n\n"return_run_details" is not a permitted key.'
WORKFLOW = WorkflowDispatch("acme/state", "respond.yml", "main")


def github(client: httpx.AsyncClient, dispatch: Dispatch) -> GitHub:
    return GitHub(client, credential=StaticToken("a-token"), dispatch=dispatch, now=lambda: 0.0)


async def test_a_github_that_cannot_tell_the_run_is_not_asked_again(hub: RecordingGitHub) -> None:
    hub.answers.append(httpx.Response(422, json={"message": REFUSED}))
    async with http_client("https://github.example/api/v3", transport=hub.transport) as client:
        sender = github(client, WORKFLOW)
        assert [await sender.send([b'{"id":"1"}']), await sender.send([b'{"id":"2"}'])] == [Delivered(), Delivered()]
    bodies = [json.loads(request.content) for request in hub.requests]
    assert [(body["inputs"]["event"], "return_run_details" in body) for body in bodies] == [
        ('[{"id":"1"}]', True),
        ('[{"id":"1"}]', False),
        ('[{"id":"2"}]', False),
    ]


@pytest.mark.parametrize("dispatch", [WORKFLOW, RepositoryDispatch("acme/state")])
async def test_any_other_rejection_is_one(hub: RecordingGitHub, dispatch: Dispatch) -> None:
    hub.answers.append(httpx.Response(422, json={"message": "inputs is too large."}))
    async with http_client("https://github.example/api/v3", transport=hub.transport) as client:
        assert await github(client, dispatch).send([b"{}"]) == Rejected("422 inputs is too large.")
    assert len(hub.requests) == 1


async def test_a_github_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github_client, "_REQUEST_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with http_client(f"http://127.0.0.1:{silent.getsockname()[1]}") as client:
            with anyio.fail_after(20):
                answer = await github(client, WORKFLOW).send([b"{}"])
    assert answer == Retry(Cause.NETWORK, "GitHub was not reached: ReadTimeout")


async def test_an_attempt_as_a_whole_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then would satisfy the limit of each wait."""
    monkeypatch.setattr(github_client, "_ATTEMPT_SECONDS", 0.1)

    async def dripping(_: httpx.Request) -> httpx.Response:
        await anyio.sleep(20)
        return httpx.Response(204)

    async with http_client("https://github.example", transport=httpx.MockTransport(dripping)) as client:
        with anyio.fail_after(10):
            answer = await github(client, WORKFLOW).send([b"{}"])
    assert answer == Retry(Cause.NETWORK, "GitHub was not reached: TimeoutError")


def test_no_attempt_holds_up_events_for_longer_than_half_a_minute() -> None:
    assert 10 <= github_client._REQUEST_SECONDS < github_client._ATTEMPT_SECONDS <= 30
