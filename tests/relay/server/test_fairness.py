"""One cluster floods the relay, another one posts now and then: over real sockets, with both outboxes."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from relay.settings import Settings
from tests import sidekick
from tests.relay.serving import TOKEN, RecordingGitHub, ServedRelay, serving, until

pytestmark = pytest.mark.anyio

STAGING = "another-long-token"
D16 = sidekick.falco_events()["D16"]
BATCH = "application/cloudevents-batch+json"
TROUBLE = httpx.Response(502)


@pytest.fixture(params=["sqlite", "jetstream"])
def settings(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Settings:
    """A backlog of which each of the two clusters has a half."""
    settings = dataclasses.replace(settings, max_backlog=40, repository=f"acme/{tmp_path.name}")
    if request.param == "sqlite":
        return settings
    return dataclasses.replace(settings, outbox=request.getfixturevalue("nats").address)


def event_of(pod: str, *, number: int = 0, priority: str = "Notice") -> dict[str, Any]:
    fields = {**D16["output_fields"], "k8s.pod.name": pod, "proc.cmdline": f"sh -c {number}"}
    return {**D16, "priority": priority, "output_fields": fields}


async def post(relay: ServedRelay, events: list[dict[str, Any]], *, name: str, token: str = TOKEN) -> httpx.Response:
    batch = [sidekick.cloudevent(event, event_id=f"{name}-{number}") for number, event in enumerate(events)]
    return await relay.post(json.dumps(batch).encode(), token=token, content_type=BATCH)


async def test_a_cluster_over_its_share_is_told_to_come_later_and_no_other(
    settings: Settings, hub: RecordingGitHub
) -> None:
    hub.answers += [TROUBLE] * 100
    async with serving(settings, hub) as relay:
        assert (await post(relay, [event_of(f"a-{n}") for n in range(20)], name="flood")).status_code == 202
        refused = await post(relay, [event_of("b")], name="more")
        assert (refused.status_code, refused.json()["error"]) == (429, "backlog full")
        assert "share" in refused.json()["detail"]
        assert int(refused.headers["retry-after"]) > 0
        answer = await post(relay, [event_of(f"c-{n}") for n in range(20)], name="quiet", token=STAGING)
        assert answer.json() == {"accepted": 20, "coalesced": 0, "ignored": 0}
        assert (await relay.get("/readyz")).json()["waiting"] == 40


async def test_an_event_of_a_quiet_cluster_is_the_first_of_the_next_dispatch(
    settings: Settings, hub: RecordingGitHub
) -> None:
    settings = dataclasses.replace(settings, max_backlog=1000, min_interval_seconds=1.0)
    async with serving(settings, hub) as relay:
        await post(relay, [event_of(f"a-{n}") for n in range(300)], name="flood")
        await until(lambda: hub.requests)
        await post(relay, [event_of("b")], name="quiet", token=STAGING)
        await until(lambda: len(hub.requests) == 2)
    first, second = hub.dispatches[:2]
    assert len(first) > 20
    assert second[0]["id"] == "quiet-0"


async def test_a_graver_event_of_a_pod_overtakes_its_storm(settings: Settings, hub: RecordingGitHub) -> None:
    settings = dataclasses.replace(settings, max_backlog=1000, min_interval_seconds=1.0)
    async with serving(settings, hub) as relay:
        await post(relay, [event_of("a", number=n) for n in range(300)], name="storm")
        await until(lambda: hub.requests)
        await post(relay, [event_of("a", priority="Critical")], name="grave")
        await until(lambda: len(hub.requests) == 2)
    assert hub.dispatches[1][0]["id"] == "grave-0"


@pytest.mark.slow
async def test_a_storm_of_different_events_of_one_pod_costs_few_dispatches_and_hides_no_graver_event(
    settings: Settings, hub: RecordingGitHub
) -> None:
    settings = dataclasses.replace(settings, max_backlog=100_000, coalesce_seconds=60.0)
    statuses: dict[int, int] = {}
    async with serving(settings, hub) as relay:
        for block in range(60):
            events = [event_of("a", number=100 * block + number) for number in range(100)]
            status = (await post(relay, events, name=f"storm-{block}")).status_code
            statuses[status] = statuses.get(status, 0) + 1
        for priority in ("Critical", "Emergency"):
            await post(relay, [event_of("a", priority=priority)], name=priority)
        await post(relay, [event_of("b")], name="other")
        await until(lambda: {"Critical-0", "Emergency-0", "other-0"} <= {event["id"] for event in hub.events})
        await anyio.sleep(1)
        waiting = (await relay.get("/readyz")).json()["waiting"]
    assert statuses[202] <= 8
    assert statuses.keys() == {202, 429}
    assert len(hub.requests) <= 50
    assert len(hub.events) == 203
    assert waiting == 100 * statuses[202] - 200
