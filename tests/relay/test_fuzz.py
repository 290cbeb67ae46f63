"""Whatever is sent: a clear answer, never a 500, and no event in GitHub that was not in a request.

The application is called as a server calls it; `make soak` tries fifty times as much.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from starlette.types import Message

from relay.server.app import create_app
from relay.settings import Settings
from tests import sidekick
from tests.relay.serving import TOKEN, RecordingGitHub
from tests.soak import examples

E02 = sidekick.falco_events()["E02"]
BATCH = b"application/cloudevents-batch+json"
AUTHORIZATION = (b"authorization", f"Bearer {TOKEN}".encode())

Headers = list[tuple[bytes, bytes]]
Sent = tuple[Headers, bytes]


class Fuzzed:
    """The application, and what GitHub has heard from it."""

    def __init__(self, portal: BlockingPortal, app: Callable[..., Any], state: Any, hub: RecordingGitHub) -> None:
        self._portal = portal
        self._app = app
        self._state = state
        self._hub = hub

    def ask(self, headers: Headers, *parts: bytes) -> tuple[int, dict[str, Any]]:
        """The answer to a request whose body comes in these parts."""
        messages: list[Message] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
        messages += [{"type": "http.request", "body": b"", "more_body": False}]
        answer: list[Message] = []

        async def receive() -> Message:
            return messages.pop(0)

        async def send(message: Message) -> None:
            answer.append(message)

        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/",
            "raw_path": b"/",
            "root_path": "",
            "query_string": b"",
            "headers": headers,
            "state": dict(self._state),
            "client": None,
        }
        self._portal.call(self._app, scope, receive, send)
        return answer[0]["status"], json.loads(answer[1]["body"])

    def dispatched(self, count: int) -> list[Any]:
        """The data of the events that GitHub has heard of since this was asked last, once they are so many."""
        deadline = time.monotonic() + 20
        while len(self._hub.events) < count:
            if time.monotonic() > deadline:
                raise TimeoutError("what was accepted is not dispatched")
            time.sleep(0.001)
        new = self._hub.events
        self._hub.requests.clear()
        return [event["data"] for event in new]


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    folder = tmp_path_factory.mktemp("fuzzed")
    (folder / "tokens.yaml").write_text(f"prod: {TOKEN}\n")
    hub = RecordingGitHub()
    chosen = Settings(
        repository="acme/desired-state",
        github_token="t",
        tokens_file=Path(folder / "tokens.yaml"),
        outbox=f"sqlite:{folder}/relay.db",
        coalesce_seconds=0.0,
        min_interval_seconds=0.0,
    )
    app = create_app(chosen, transport=hub.transport)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(app.router.lifespan_context(app)) as state,
    ):
        yield Fuzzed(portal, app, state, hub)


def binary(event_id: str) -> Sent:
    headers = [(name.lower(), value) for name, value in sidekick.headers(E02, event_id=event_id)]
    return [AUTHORIZATION, *headers], sidekick.body(E02)


def structured(event_id: str) -> Sent:
    document = sidekick.cloudevent(E02, event_id=event_id)
    return [AUTHORIZATION, (b"content-type", b"application/cloudevents+json")], json.dumps(document).encode()


def batch(event_id: str) -> Sent:
    documents = [sidekick.cloudevent(E02, event_id=f"{event_id}-{number}") for number in range(3)]
    return [AUTHORIZATION, (b"content-type", BATCH)], json.dumps(documents).encode()


def bare(event_id: str) -> Sent:
    return [AUTHORIZATION, (b"content-type", b"application/json")], sidekick.body({**E02, "uuid": event_id})


SENT = st.builds(lambda make, number: make(number.hex), st.sampled_from([binary, structured, batch, bare]), st.uuids())
NAMES = st.sampled_from(
    [
        b"ce-id",
        b"ce-source",
        b"ce-type",
        b"ce-time",
        b"ce-specversion",
        b"ce-x",
        b"ce-",
        b"ce-data",
        b"ce-cluster",
        b"content-type",
        b"content-length",
        b"content-encoding",
        b"authorization",
        b"host",
    ]
) | st.binary(min_size=1, max_size=20).map(lambda name: b"ce-" + name)
VALUES = st.binary(max_size=60) | st.sampled_from(
    [b"", b"1.0", b"%", b"%00", b"%ff", b'"', b'"\\', b"null", b"application/json", BATCH]
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(list(E02)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@st.composite
def headers_spoiled(draw: st.DrawFn, sent: Headers) -> Headers:
    """Some dropped, some said twice, some with another value, some new."""
    spoiled = list(sent)
    for name in draw(st.lists(NAMES, max_size=3)):
        spoiled.insert(draw(st.integers(0, len(spoiled))), (name, draw(VALUES)))
    for parent in draw(st.lists(st.integers(0, len(spoiled) - 1), max_size=2)):
        spoiled[parent] = (spoiled[parent][0], draw(VALUES))
    for parent in draw(st.lists(st.integers(1, len(spoiled) - 1), max_size=2)):
        del spoiled[min(parent, len(spoiled) - 1)]
    return spoiled


@st.composite
def bytes_spoiled(draw: st.DrawFn, body: bytes) -> bytes:
    """A piece of the body replaced by another."""
    start = draw(st.integers(0, len(body)))
    end = draw(st.integers(start, min(len(body), start + 40)) | st.just(len(body)))
    return body[:start] + draw(st.binary(max_size=20) | JSON.map(lambda value: json.dumps(value).encode())) + body[end:]


@st.composite
def values_spoiled(draw: st.DrawFn, body: bytes) -> bytes:
    """Values of the document replaced by others, anywhere in it."""
    document = json.loads(body)
    for _ in range(draw(st.integers(1, 3))):
        parent = document
        while isinstance(parent, dict | list) and parent:
            key = draw(st.sampled_from(sorted(parent) if isinstance(parent, dict) else range(len(parent))))
            if draw(st.booleans()) or not isinstance(parent[key], dict | list):
                parent[key] = draw(JSON)
                break
            parent = parent[key]
    return json.dumps(document).encode()


@st.composite
def anything(draw: st.DrawFn) -> Sent:
    """A good request, with its headers or its body spoiled, or both, or neither."""
    headers, body = draw(SENT)
    bodies = st.just(body) | bytes_spoiled(body) | values_spoiled(body)
    return draw(headers_spoiled(headers) | st.just(headers)), draw(bodies)


def falco_events_in(body: bytes) -> list[Any]:
    """Every object of a document that might be the data of an event, by the standard library's reading of it."""
    document = json.loads(body)
    documents = document if isinstance(document, list) else [document]
    return [part.get("data", part) if isinstance(part, dict) else part for part in documents] + documents


@settings(max_examples=examples(200), suppress_health_check=list(HealthCheck))
@given(sent=anything(), cut=st.integers(0, 3000))
def test_any_request_gets_a_clear_answer_and_nothing_is_accepted_that_was_not_there(
    fuzzed: Fuzzed, sent: Sent, cut: int
) -> None:
    headers, body = sent
    status, answer_body = fuzzed.ask(headers, body[:cut], body[cut:])
    event(f"answered {status}")
    if status != 202:
        assert status in (400, 401, 413, 415)
        assert set(answer_body) == {"error", "detail"}
        assert fuzzed.dispatched(0) == []
        return
    candidates = falco_events_in(body)
    assert answer_body["accepted"] + answer_body["coalesced"] + answer_body["ignored"] <= len(candidates)
    dispatched = fuzzed.dispatched(answer_body["accepted"])
    assert len(dispatched) == answer_body["accepted"]
    assert all(data in candidates for data in dispatched)


@settings(max_examples=examples(200))
@given(headers=st.lists(st.tuples(NAMES, VALUES), max_size=8), body=st.binary(max_size=200))
def test_noise_is_refused(fuzzed: Fuzzed, headers: Headers, body: bytes) -> None:
    status, answer_body = fuzzed.ask([AUTHORIZATION, *headers], body)
    assert status in (400, 401, 413, 415) or answer_body == {"accepted": 0, "coalesced": 0, "ignored": 0}
