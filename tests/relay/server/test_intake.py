"""What the relay answers over a real socket, and what GitHub then gets."""

import base64
import dataclasses
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from relay.settings import Settings
from tests import sidekick
from tests.relay.serving import TOKEN, RecordingGitHub, ServedRelay, serving

pytestmark = pytest.mark.anyio

EVENTS = sidekick.falco_events()
E02 = EVENTS["E02"]
TIMES = dict.fromkeys(("relayaccepted", "relaydispatched"), "2020-01-01T00:00:00Z")
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


def encoded(document: object) -> bytes:
    return json.dumps(document).encode()


def without_times(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event without the times of the relay."""
    return {name: value for name, value in event.items() if name not in TIMES}


async def test_an_event_of_falcosidekick_reaches_github_unchanged_with_its_cluster(
    relay: ServedRelay, hub: RecordingGitHub
) -> None:
    answer = await relay.falcosidekick(E02, event_id="1b4e28ba")
    assert answer == (202, {"accepted": 1, "coalesced": 0, "ignored": 0})
    assert without_times(*await hub.heard()) == {
        **sidekick.cloudevent(E02, event_id="1b4e28ba", priority=E02["priority"], rule=E02["rule"]),
        "cluster": "prod",
    }
    [request] = hub.requests
    assert request.url.path == "/repos/acme/desired-state/dispatches"
    assert request.headers["authorization"] == "Bearer the-token-for-github"
    assert json.loads(request.content)["event_type"] == "falco.rule.output.v1"


async def test_times_and_numbers_keep_every_digit(relay: ServedRelay, hub: RecordingGitHub) -> None:
    await relay.falcosidekick(E02, event_id="1")
    [event] = await hub.heard()
    assert event["time"] == "2021-06-13T19:35:58.532086161Z"
    assert event["data"]["output_fields"]["evt.time"] == 1623612958532086161


@pytest.mark.parametrize("name", EVENTS)
async def test_every_recorded_event_is_dispatched_or_ignored_for_a_reason(
    relay: ServedRelay, hub: RecordingGitHub, name: str
) -> None:
    ignored = name in ("E13", "D19")
    status, counts = await relay.falcosidekick(EVENTS[name], event_id=name)
    assert (status, counts["accepted"], counts["ignored"]) == (202, not ignored, ignored)
    if not ignored:
        [event] = await hub.heard()
        assert event["data"] == EVENTS[name]


async def test_a_rule_name_cannot_break_anything(relay: ServedRelay, hub: RecordingGitHub) -> None:
    rule = "a\n::set-output name=x::`id`$(id)\r\n{{ }} \u2028 \U0001f600"
    event = {**E02, "rule": rule}
    answer = await relay.post(sidekick.body(event), content_type="application/json")
    assert answer.status_code == 202
    [dispatched] = await hub.heard()
    assert dispatched["data"]["rule"] == rule


async def test_a_structured_event_is_taken(relay: ServedRelay, hub: RecordingGitHub) -> None:
    document = sidekick.cloudevent(E02, event_id="s1", eventsource="syscall")
    answer = await relay.post(encoded(document), content_type=f"{STRUCTURED}; charset=utf-8")
    assert answer.status_code == 202
    [event] = await hub.heard()
    assert without_times(event) == {**document, "cluster": "prod"}
    accepted, dispatched = (datetime.fromisoformat(event[name]) for name in TIMES)
    assert accepted <= dispatched <= datetime.now(UTC)


async def test_a_batch_goes_out_in_one_dispatch_in_its_order(relay: ServedRelay, hub: RecordingGitHub) -> None:
    documents = [sidekick.cloudevent(E02, event_id=str(number)) for number in range(5)]
    answer = await relay.post(encoded(documents), content_type=BATCH)
    assert answer.json() == {"accepted": 5, "coalesced": 0, "ignored": 0}
    await hub.heard(5)
    [dispatch] = hub.dispatches
    assert [event["id"] for event in dispatch] == ["0", "1", "2", "3", "4"]


async def test_a_batch_with_one_bad_event_is_refused_whole(relay: ServedRelay, hub: RecordingGitHub) -> None:
    documents: list[dict[str, Any]] = [sidekick.cloudevent(E02, event_id=str(number)) for number in range(3)]
    del documents[1]["id"]
    answer = await relay.post(encoded(documents), content_type=BATCH)
    assert answer.status_code == 400
    assert (await relay.falcosidekick(E02, event_id="good"))[0] == 202
    assert [event["id"] for event in await hub.heard()] == ["good"]


async def test_an_empty_batch_is_fine(relay: ServedRelay) -> None:
    assert (await relay.post(b"[]", content_type=BATCH)).json() == {"accepted": 0, "coalesced": 0, "ignored": 0}


async def test_bare_falco_json_becomes_a_cloudevent(relay: ServedRelay, hub: RecordingGitHub) -> None:
    event = {"uuid": "0f0e0d0c-0000-4000-8000-000000000000", **E02}
    await relay.post(sidekick.body(event), content_type="application/json", user_agent="Falcosidekick")
    assert list(map(without_times, await hub.heard())) == [
        {**sidekick.cloudevent(event, event_id="0f0e0d0c-0000-4000-8000-000000000000"), "cluster": "prod"}
    ]


async def test_bare_falco_json_without_uuid_is_the_same_event_when_it_is_sent_again(
    relay: ServedRelay, hub: RecordingGitHub
) -> None:
    answers = [await relay.post(sidekick.body(E02), content_type="application/json") for _ in range(2)]
    assert [answer.json()["accepted"] for answer in answers] == [1, 0]
    other = await relay.post(sidekick.body(EVENTS["E03"]), content_type="application/json")
    assert other.json()["accepted"] == 1
    assert len({event["id"] for event in await hub.heard(2)}) == 2


async def test_a_repeat_is_answered_202_and_dispatched_once(relay: ServedRelay, hub: RecordingGitHub) -> None:
    first = await relay.falcosidekick(E02, event_id="same")
    again = await relay.falcosidekick(E02, event_id="same")
    assert first == (202, {"accepted": 1, "coalesced": 0, "ignored": 0})
    assert again == (202, {"accepted": 0, "coalesced": 1, "ignored": 0})
    await relay.falcosidekick(E02, event_id="other")
    assert [event["id"] for event in await hub.heard(2)] == ["same", "other"]


async def test_the_same_id_from_another_cluster_is_another_event(relay: ServedRelay, hub: RecordingGitHub) -> None:
    content, headers = sidekick.body(E02), {"content_type": "application/json", "ce_id": "1", "ce_specversion": "1.0"}
    headers |= {"ce_source": "https://falco.org", "ce_type": sidekick.TYPE}
    await relay.post(content, **headers)
    answer = await relay.post(content, token="another-long-token", **headers)
    assert answer.json()["accepted"] == 1
    assert sorted(event["cluster"] for event in await hub.heard(2)) == ["prod", "staging"]


@pytest.mark.parametrize("claim", ["staging", "prod ", ""])
async def test_the_cluster_is_the_callers_whatever_the_event_claims(
    relay: ServedRelay, hub: RecordingGitHub, claim: str
) -> None:
    document = sidekick.cloudevent(E02, event_id="1", cluster=claim, coalesced=10**6, **TIMES)  # type: ignore[arg-type]  # as an attacker would
    await relay.post(encoded(document), content_type=STRUCTURED)
    [event] = await hub.heard()
    assert event["cluster"] == "prod"
    assert "coalesced" not in event
    assert not {event[name] for name in TIMES} & set(TIMES.values())


async def test_anonymous_callers_may_say_their_cluster(tmp_path: Any, hub: RecordingGitHub) -> None:
    settings = Settings(repository="a/b", github_token="t", allow_anonymous=True, outbox=f"sqlite:{tmp_path}/relay.db")
    async with serving(settings, hub) as relay:
        await relay.post(
            encoded(sidekick.cloudevent(E02, event_id="1", cluster="lab")), token=None, content_type=STRUCTURED
        )
        [event] = await hub.heard()
    assert event["cluster"] == "lab"


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        pytest.param({"authorization": f"Bearer {TOKEN}"}, "/", id="bearer"),
        pytest.param({"authorization": f"bearer  {TOKEN}"}, "/", id="bearer, other case"),
        pytest.param(
            {"authorization": "Basic " + base64.b64encode(f"x:{TOKEN}".encode()).decode()}, "/", id="basic password"
        ),
        pytest.param({}, f"/?access_token={TOKEN}", id="access_token"),
    ],
)
async def test_a_token_may_come_in_three_ways(relay: ServedRelay, headers: dict[str, str], path: str) -> None:
    answer = await relay.post(sidekick.body(E02), path=path, token=None, content_type="application/json", **headers)
    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        pytest.param({}, "/", id="none"),
        pytest.param({"authorization": "Bearer wrong"}, "/", id="wrong"),
        pytest.param({"authorization": f"Bearer {TOKEN}x"}, "/", id="longer"),
        pytest.param({"authorization": "Bearer"}, "/", id="empty"),
        pytest.param({"authorization": "Bearer wrong"}, f"/?access_token={TOKEN}", id="the header counts"),
        pytest.param({"authorization": "Basic %%%"}, "/", id="no base64"),
        pytest.param({"authorization": "Basic " + base64.b64encode(TOKEN.encode()).decode()}, "/", id="no password"),
        pytest.param({}, f"/?access_token={TOKEN}&access_token={TOKEN}", id="twice"),
        pytest.param({"ce_token": TOKEN}, "/", id="another header"),
    ],
)
async def test_nobody_else_is_heard(
    relay: ServedRelay, hub: RecordingGitHub, headers: dict[str, str], path: str
) -> None:
    answer = await relay.post(sidekick.body(E02), path=path, token=None, content_type="application/json", **headers)
    assert answer.status_code == 401
    assert answer.json()["error"] == "unknown caller"
    assert "Bearer" in answer.headers["www-authenticate"]
    assert TOKEN not in answer.text
    assert hub.requests == []


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        pytest.param(b"{", {"content_type": "application/json"}, 400, id="bad JSON"),
        pytest.param(b'{"a": NaN}', {"content_type": "application/json"}, 400, id="NaN"),
        pytest.param(b"\xff", {"content_type": "application/json"}, 400, id="not UTF-8"),
        pytest.param(b"[" * 100_000, {"content_type": "application/json"}, 400, id="nested too deep"),
        pytest.param(b"9" * 10_000, {"content_type": "application/json"}, 400, id="a number too long"),
        pytest.param(b'{"rule": "r"}', {"content_type": "application/json"}, 400, id="not a Falco event"),
        pytest.param(b"", {"content_type": "application/json"}, 400, id="empty"),
        pytest.param(
            sidekick.body(E02),
            {
                name.decode().lower(): value.decode()
                for name, value in sidekick.headers(E02, event_id="")
                if name != b"Ce-Id"
            },
            400,
            id="a CloudEvent without id",
        ),
        pytest.param(sidekick.body(E02), {}, 415, id="no content type"),
        pytest.param(sidekick.body(E02), {"content_type": "text/plain"}, 415, id="text"),
        pytest.param(sidekick.body(E02), {"content_type": "application/cloudevents+xml"}, 415, id="another format"),
        pytest.param(sidekick.body(E02), {"content_type": "application/json; charset=latin-1"}, 415, id="charset"),
        pytest.param(
            sidekick.body(E02), {"content_type": "application/json", "content_encoding": "gzip"}, 415, id="encoding"
        ),
        pytest.param(
            sidekick.body(E02) + b" " * 2 * 1024 * 1024, {"content_type": "application/json"}, 413, id="2 MiB"
        ),
    ],
)
async def test_a_bad_request_gets_a_clear_answer_and_leaves_nothing(
    relay: ServedRelay, hub: RecordingGitHub, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = await relay.post(content, **headers)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "detail"}
    assert (await relay.falcosidekick(E02, event_id="good"))[0] == 202
    assert [event["id"] for event in await hub.heard()] == ["good"]


async def test_a_body_without_a_length_is_counted_while_it_comes(relay: ServedRelay) -> None:
    async def endless() -> Any:
        for _ in range(64):
            yield b" " * 65536

    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    async with httpx.AsyncClient() as client:
        answer = await client.post(relay.address, content=endless(), headers=headers)
    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["//", "/events", "/healthz/", "/readyz/", "/.//", "/?"])
async def test_it_never_redirects(relay: ServedRelay, path: str) -> None:
    answer = await relay.post(sidekick.body(E02), path=path, content_type="application/json")
    assert answer.status_code == (202 if path == "/?" else 404)
    assert not answer.is_redirect


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 405), ("PUT", "/", 405), ("POST", "/healthz", 405), ("GET", "/nowhere", 404)],
)
async def test_other_methods_and_paths_are_refused_as_json(
    relay: ServedRelay, method: str, path: str, status: int
) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.request(method, relay.address.rstrip("/") + path)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "detail"}


async def test_probes_answer_without_a_token(relay: ServedRelay) -> None:
    assert (await relay.get("/healthz")).status_code == 200
    ready = await relay.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "waiting": 0, "dead": 0}


async def test_low_priorities_are_ignored_when_the_operator_says_so(settings: Settings, hub: RecordingGitHub) -> None:
    async with serving(dataclasses.replace(settings, min_priority="Warning"), hub) as relay:
        assert (await relay.falcosidekick(E02, event_id="notice"))[1]["ignored"] == 1
        assert (await relay.falcosidekick(EVENTS["E05"], event_id="error"))[1]["accepted"] == 1
        assert [event["id"] for event in await hub.heard()] == ["error"]
