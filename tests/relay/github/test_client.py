"""What is posted to a GitHub that is older than what the relay asks for."""

import json

import httpx
import pytest

from relay.github.client import GitHub, http_client
from relay.github.credentials import StaticToken
from relay.github.dispatch import Dispatch, RepositoryDispatch, WorkflowDispatch
from relay.github.outcome import Delivered, Rejected
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
