"""What /metrics says after events have come and gone."""

import dataclasses
import re

import httpx
import pytest

from relay.github.outcome import Rejected
from relay.metrics import Metrics
from relay.settings import Settings
from tests import sidekick
from tests.relay.serving import RecordingGitHub, ServedRelay, serving, until

pytestmark = pytest.mark.anyio
EVENTS = sidekick.falco_events()


async def scraped(relay: ServedRelay) -> dict[str, float]:
    answer = await relay.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    samples = re.findall(r"^(relay_\S+) (\S+)$", answer.text, re.MULTILINE)
    return {name: float(value) for name, value in samples}


async def test_every_event_is_counted_where_it_went(settings: Settings, hub: RecordingGitHub) -> None:
    rejected = httpx.Response(422, json={"message": "client_payload is too large"})
    hub.answers += [httpx.Response(204), httpx.Response(502), rejected]
    async with serving(dataclasses.replace(settings, coalesce_seconds=60.0, min_priority="Notice"), hub) as relay:
        await relay.falcosidekick(EVENTS["E05"], event_id="0")
        await until(lambda: len(hub.requests) == 1)
        await relay.falcosidekick(EVENTS["E02"], event_id="1")
        await relay.falcosidekick(EVENTS["E02"], event_id="2")
        await relay.falcosidekick(EVENTS["D19"], event_id="3")
        await relay.falcosidekick(EVENTS["E13"], event_id="4")
        await relay.falcosidekick(EVENTS["E11"], event_id="5")
        await relay.post(b"{", content_type="application/json")
        await relay.post(b"{", token=None, content_type="application/json")
        await until(lambda: len(hub.requests) == 3)
        await relay.falcosidekick(EVENTS["E03"], event_id="6")
        await until(lambda: len(hub.requests) == 4)
        metrics = await scraped(relay)
    expected = {
        "relay_events_received_total": 7,
        "relay_events_accepted_total": 3,
        "relay_events_coalesced_total": 1,
        'relay_events_ignored_total{reason="test"}': 1,
        'relay_events_ignored_total{reason="internal"}': 1,
        'relay_events_ignored_total{reason="priority"}': 1,
        'relay_requests_refused_total{status="400"}': 1,
        'relay_requests_refused_total{status="401"}': 1,
        "relay_events_dead_total": 1,
        'relay_dispatch_attempts_total{outcome="retry"}': 1,
        'relay_dispatch_attempts_total{outcome="rejected"}': 1,
        "relay_dead_letters": 1,
        "relay_dispatch_seconds_count": 4,
    }
    assert {name: metrics.get(name) for name in expected} == expected
    assert metrics["relay_commit_seconds_count"] >= 3


async def test_trouble_is_shown_by_its_cause_until_it_is_over(settings: Settings, hub: RecordingGitHub) -> None:
    hub.answers += [httpx.Response(401, json={"message": "Bad credentials"})]
    async with serving(settings, hub) as relay:
        await relay.falcosidekick(EVENTS["E02"], event_id="1")
        await until(lambda: len(hub.requests) == 1)
        metrics = await scraped(relay)
        assert metrics['relay_delivery_trouble{cause="credential"}'] == 1
        assert metrics['relay_delivery_trouble{cause="server"}'] == 0
        assert metrics["relay_backlog_events"] == 1
        assert metrics["relay_backlog_oldest_seconds"] > 0
        await until(lambda: len(hub.requests) == 2)
        metrics = await scraped(relay)
    assert metrics['relay_delivery_trouble{cause="credential"}'] == 0
    assert metrics["relay_backlog_events"] == 0


async def test_no_label_takes_a_value_from_an_event(relay: ServedRelay, hub: RecordingGitHub) -> None:
    event = {**EVENTS["E02"], "rule": "attacker-rule", "tags": ["attacker-tag"], "source": "attacker-source"}
    await relay.falcosidekick(event, event_id="attacker-id", attacker="attacker-extension")
    refused = {**EVENTS["E02"], "priority": "attacker-priority"}
    assert (await relay.falcosidekick(refused, event_id="attacker-id-2"))[0] == 400
    await relay.get("/attacker-path")
    await hub.heard()
    assert "attacker" not in (await relay.get("/metrics")).text


def test_only_a_burial_counts_as_dead() -> None:
    metrics = Metrics()
    metrics.count_attempt(Rejected("422"), events=1, seconds=0.1)
    assert b"relay_events_dead_total 0.0" in metrics.exposition(None, now=0.0)
    metrics.count_burial()
    assert b"relay_events_dead_total 1.0" in metrics.exposition(None, now=0.0)


async def test_settings_that_make_github_reject_everything_are_shown_and_bury_nothing(
    settings: Settings, hub: RecordingGitHub
) -> None:
    hub.answers += [httpx.Response(422, json={"message": "Invalid request."})] * 3
    async with serving(settings, hub) as relay:
        await relay.falcosidekick(EVENTS["E02"], event_id="1")
        await until(lambda: len(hub.requests) == 1)
        metrics = await scraped(relay)
        assert metrics['relay_delivery_trouble{cause="configuration"}'] == 1
        assert (metrics["relay_backlog_events"], metrics["relay_dead_letters"]) == (1, 0)
        await until(lambda: len(hub.requests) == 4)
        metrics = await scraped(relay)
    assert metrics['relay_delivery_trouble{cause="configuration"}'] == 0
    assert (metrics["relay_backlog_events"], metrics["relay_dead_letters"]) == (0, 0)
