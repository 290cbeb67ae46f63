"""A clock that is set, back or forth, while the relay runs."""

import dataclasses
from typing import Any

import pytest

from relay.outbox.dedup import RecentLetters
from relay.settings import Settings
from tests import sidekick
from tests.relay.letters import Clock
from tests.relay.serving import RecordingGitHub, serving

pytestmark = pytest.mark.anyio

E02 = sidekick.falco_events()["E02"]
DAY = 86_400.0


def letter_about(pod: str) -> dict[str, Any]:
    return {**E02, "output_fields": {**E02["output_fields"], "k8s.pod.name": pod}}


@pytest.mark.parametrize("jump", [-DAY, -30.0, DAY])
async def test_every_workload_is_still_told_and_repeats_are_still_known(
    settings: Settings, hub: RecordingGitHub, jump: float
) -> None:
    clock = Clock()
    async with serving(dataclasses.replace(settings, coalesce_seconds=60.0), hub, now=clock) as relay:
        await relay.falcosidekick(letter_about("a"), event_id="1")
        await hub.heard(1)
        clock.time += jump
        assert (await relay.falcosidekick(letter_about("a"), event_id="1"))[1]["coalesced"] == 1
        assert (await relay.falcosidekick(letter_about("a"), event_id="2"))[1]["accepted"] == 1
        assert (await relay.falcosidekick(letter_about("a"), event_id="3"))[1]["coalesced"] == 1
        assert (await relay.falcosidekick(letter_about("b"), event_id="4"))[1]["accepted"] == 1
        assert [event["id"] for event in await hub.heard(3)] == ["1", "2", "4"]
        assert (await relay.get("/readyz")).json()["waiting"] == 0
        clock.time -= jump
        assert (await relay.falcosidekick(letter_about("c"), event_id="5"))[1]["accepted"] == 1
        assert (await hub.heard(4))[-1]["id"] == "5"


def test_workloads_of_a_future_that_was_none_are_forgotten() -> None:
    memory, now = RecentLetters(coalesce_seconds=60.0), 1_000_000.0
    for number in range(100):
        memory.add(b"f%d" % number, b"f%d" % number, now + DAY)
    for number in range(10_000):
        memory.add(b"%d" % number, b"%d" % number, now + number)
    assert len(memory._since) < 200
