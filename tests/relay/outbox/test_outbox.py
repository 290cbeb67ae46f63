"""What an outbox promises, held against each of them."""

import asyncio

import anyio
import pytest

from relay.errors import BacklogFull
from relay.outbox.protocol import Backlog, Receipt
from tests.relay.letters import ROOM, Clock, drained, letter, names
from tests.relay.outbox.conftest import Opened

pytestmark = pytest.mark.anyio


async def test_letters_are_claimed_in_the_order_in_which_they_came(opened: Opened) -> None:
    async with opened() as outbox:
        for name in "abc":
            await outbox.put([letter(name)])
        assert names(await outbox.claim(room=ROOM)) == ["a", "b", "c"]


async def test_a_claim_takes_what_fits_and_at_least_one(opened: Opened) -> None:
    async with opened() as outbox:
        await outbox.put([letter("a", size=60), letter("b", size=40), letter("c", size=1)])
        assert names(await outbox.claim(room=100)) == ["a", "b"]
        assert names(await outbox.claim(room=99)) == ["a"]
        assert names(await outbox.claim(room=5)) == ["a"]


async def test_what_is_settled_is_gone_and_what_is_released_comes_again(opened: Opened) -> None:
    async with opened() as outbox:
        await outbox.put([letter("a"), letter("b")])
        claims = await outbox.claim(room=ROOM)
        await outbox.settle(claims[:1])
        await outbox.release(claims[1:])
        assert names(await outbox.claim(room=ROOM)) == ["b"]


async def test_a_claim_tells_when_its_letter_was_received(opened: Opened) -> None:
    clock = Clock()
    async with opened(coalesce_seconds=60, now=clock) as outbox:
        await outbox.put([letter("a", act="w")])
        clock.time += 5
        await outbox.put([letter("b", act="w"), letter("c")])
        claims = await outbox.claim(room=ROOM)
    assert [claim.received - claims[0].received for claim in claims] == [0, 5]


async def test_a_claim_waits_for_a_letter(opened: Opened) -> None:
    async with opened() as outbox, anyio.create_task_group() as tasks:
        claimed: list[str] = []

        async def claim() -> None:
            claimed.extend(names(await outbox.claim(room=ROOM)))

        tasks.start_soon(claim)
        await anyio.wait_all_tasks_blocked()
        assert claimed == []
        await outbox.put([letter("a")])
    assert claimed == ["a"]


async def test_letters_outlive_a_restart(opened: Opened) -> None:
    async with opened() as outbox:
        await outbox.put([letter("a"), letter("b")])
        await outbox.settle((await outbox.claim(room=ROOM))[:1])
    async with opened() as outbox:
        assert names(await outbox.claim(room=ROOM)) == ["b"]


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("delivered", [False, True])
async def test_a_repeat_is_known_as_one(opened: Opened, restart: bool, delivered: bool) -> None:
    async with opened() as outbox:
        assert await outbox.put([letter("a")]) == Receipt(accepted=1, coalesced=0)
        if delivered:
            await drained(outbox)
        if not restart:
            assert await outbox.put([letter("a")]) == Receipt(accepted=0, coalesced=1)
    async with opened() as outbox:
        assert await outbox.put([letter("a")]) == Receipt(accepted=0, coalesced=1)
        assert len(await drained(outbox)) == (0 if delivered else 1)


async def test_repeats_within_one_request_and_among_concurrent_ones_are_known(opened: Opened) -> None:
    async with opened() as outbox:
        receipts = await asyncio.gather(*[outbox.put([letter("a"), letter("a")]) for _ in range(5)])
        assert sum(receipt.accepted for receipt in receipts) == 1
        assert names(await drained(outbox)) == ["a"]


async def test_what_is_about_one_act_is_one_letter_within_the_window(opened: Opened) -> None:
    clock = Clock()
    async with opened(coalesce_seconds=60, now=clock) as outbox:
        await outbox.put([letter("a", act="w")])
        clock.time += 59.9
        assert await outbox.put([letter("b", act="w")]) == Receipt(accepted=0, coalesced=1)
        assert await outbox.put([letter("c", act="other")]) == Receipt(accepted=1, coalesced=0)
        clock.time += 0.1
        assert await outbox.put([letter("d", act="w")]) == Receipt(accepted=1, coalesced=0)
        assert names(await drained(outbox)) == ["a", "c", "d"]


async def test_the_window_outlives_a_restart(opened: Opened) -> None:
    clock = Clock()
    async with opened(now=clock) as outbox:
        await outbox.put([letter("a", act="w")])
        await drained(outbox)
    async with opened(now=clock) as outbox:
        assert await outbox.put([letter("b", act="w")]) == Receipt(accepted=0, coalesced=1)


async def test_events_without_an_act_are_never_folded(opened: Opened) -> None:
    async with opened() as outbox:
        assert await outbox.put([letter("a"), letter("b")]) == Receipt(accepted=2, coalesced=0)


async def test_folding_can_be_turned_off(opened: Opened) -> None:
    async with opened(coalesce_seconds=0) as outbox:
        receipt = await outbox.put([letter("a", act="w"), letter("b", act="w")])
        assert receipt == Receipt(accepted=2, coalesced=0)


async def test_a_clock_that_is_set_back_folds_nothing_away(opened: Opened) -> None:
    clock = Clock()
    async with opened(now=clock) as outbox:
        await outbox.put([letter("a", act="w")])
        clock.time -= 7200
        assert await outbox.put([letter("b", act="w")]) == Receipt(accepted=1, coalesced=0)
        assert await outbox.put([letter("c", act="w")]) == Receipt(accepted=0, coalesced=1)


async def test_the_count_of_what_was_folded_goes_along_once(opened: Opened) -> None:
    clock = Clock()
    async with opened(now=clock) as outbox:
        for name in "abc":
            await outbox.put([letter(name, act="w")])
        [claim] = await outbox.claim(room=ROOM)
        assert claim.coalesced == 2
        await outbox.put([letter("d", act="w")])  # while the dispatch is on its way
        await outbox.settle([claim])
        clock.time += 60
        await outbox.put([letter("e", act="w")])
        [claim] = await outbox.claim(room=ROOM)
        assert (names([claim]), claim.coalesced) == (["e"], 1)


async def test_a_repeat_of_a_folded_event_is_not_counted_again(opened: Opened) -> None:
    async with opened() as outbox:
        for name in "abbb":
            await outbox.put([letter(name, act="w")])
        assert [claim.coalesced for claim in await drained(outbox)] == [1]


async def test_the_count_of_two_waiting_letters_is_told_with_the_first(opened: Opened) -> None:
    clock = Clock()
    async with opened(now=clock) as outbox:
        for name, time in [("a", 0), ("b", 1), ("c", 60)]:
            clock.time = 1_000_000.0 + time
            await outbox.put([letter(name, act="w")])
        assert [claim.coalesced for claim in await outbox.claim(room=ROOM)] == [1, 0]


async def test_a_full_backlog_refuses_whole_requests_and_still_folds(opened: Opened) -> None:
    async with opened(max_backlog=2) as outbox:
        await outbox.put([letter("a", act="w")])
        with pytest.raises(BacklogFull):
            await outbox.put([letter("b"), letter("c")])
        await outbox.put([letter("d")])
        with pytest.raises(BacklogFull):
            await outbox.put([letter("e")])
        assert await outbox.put([letter("f", act="w"), letter("a")]) == Receipt(accepted=0, coalesced=2)
        assert names(await drained(outbox)) == ["a", "d"]
        assert await outbox.put([letter("b"), letter("c")]) == Receipt(accepted=2, coalesced=0)


async def test_the_backlog_is_counted_again_after_a_restart(opened: Opened) -> None:
    async with opened(max_backlog=2) as outbox:
        await outbox.put([letter("a"), letter("b")])
    async with opened(max_backlog=2) as outbox:
        with pytest.raises(BacklogFull):
            await outbox.put([letter("c")])


async def test_a_dead_letter_leaves_the_queue_and_stays_with_its_reason(opened: Opened) -> None:
    clock = Clock()
    async with opened(now=clock) as outbox:
        await outbox.put([letter("a"), letter("b")])
        clock.time += 5
        [first, _] = await outbox.claim(room=ROOM)
        await outbox.bury(first, reason="422 no")
        assert names(await outbox.claim(room=ROOM)) == ["b"]
        assert await outbox.backlog() == Backlog(waiting=1, oldest=1_000_000.0, dead=1)
