"""A grave event during a wait for GitHub, over a real socket: the next try comes at once."""

from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from relay.settings import Settings
from tests import sidekick
from tests.relay.serving import RecordingGitHub, ServedRelay, serving, until

pytestmark = pytest.mark.anyio

E02 = sidekick.falco_events()["E02"]
SOON = 10.0
TROUBLE = httpx.Response(503, headers={"retry-after": "30"})


@pytest.fixture
async def relay(settings: Settings, hub: RecordingGitHub) -> AsyncIterator[ServedRelay]:
    """A relay that waits for half a minute because GitHub is in trouble."""
    hub.answers += [TROUBLE] * 3
    async with serving(settings, hub) as relay:
        await post(relay, "Notice", event_id="first")
        await until(lambda: hub.requests)
        await anyio.sleep(0.1)  # its answer is read
        yield relay


async def post(relay: ServedRelay, priority: str, *, event_id: str) -> None:
    status, answer = await relay.falcosidekick({**E02, "priority": priority}, event_id=event_id)
    assert (status, answer["accepted"]) == (202, 1)


async def tries(hub: RecordingGitHub, count: int) -> None:
    await until(lambda: len(hub.requests) >= count, seconds=SOON)
    await anyio.sleep(0.1)
    assert len(hub.requests) == count


@pytest.mark.parametrize("priority", ["Critical", "Alert", "Emergency"])
async def test_a_grave_event_ends_the_wait_once(relay: ServedRelay, hub: RecordingGitHub, priority: str) -> None:
    await post(relay, priority, event_id="grave")
    await tries(hub, 2)
    await post(relay, priority, event_id="another")
    await tries(hub, 2)


async def test_a_grave_event_that_reaches_github_takes_along_what_waits(
    relay: ServedRelay, hub: RecordingGitHub
) -> None:
    hub.answers.clear()
    await post(relay, "Critical", event_id="grave")
    await tries(hub, 2)
    assert sorted(event["id"] for event in hub.dispatches[1]) == ["first", "grave"]


async def test_an_event_that_is_not_grave_waits(relay: ServedRelay, hub: RecordingGitHub) -> None:
    await post(relay, "Error", event_id="second")
    await tries(hub, 1)


async def test_the_repeat_of_a_grave_event_waits_and_a_new_one_does_not(
    settings: Settings, hub: RecordingGitHub
) -> None:
    hub.answers += [TROUBLE] * 2
    async with serving(settings, hub) as relay:
        await post(relay, "Critical", event_id="grave")
        await tries(hub, 1)
        repeat = await relay.falcosidekick({**E02, "priority": "Critical"}, event_id="grave")
        assert repeat == (202, {"accepted": 0, "coalesced": 1, "ignored": 0})
        await tries(hub, 1)
        await post(relay, "Critical", event_id="new")
        await tries(hub, 2)
