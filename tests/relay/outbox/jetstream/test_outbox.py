"""What holds for the outbox on NATS alone: relays that share it, servers that fail, and what is said at the door."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import anyio
import pytest

from relay.errors import StorageFailed
from relay.outbox.jetstream import publish
from relay.outbox.jetstream.outbox import JetStreamOutbox
from relay.outbox.protocol import Claim, Receipt
from tests.relay.letters import ROOM, Clock, drained, letter, names, opened_on_nats
from tests.relay.natsserver import Node, server
from tests.relay.serving import until

pytestmark = pytest.mark.anyio

Opened = Callable[..., AbstractAsyncContextManager[JetStreamOutbox]]


@pytest.fixture
def repository(tmp_path: Path) -> str:
    return f"acme/{tmp_path.name}"


@pytest.fixture
def opened(nats: Node, repository: str) -> Opened:
    """Another relay of the same repository each time it is called; the lease is short."""
    return partial(opened_on_nats, nats.address, repository=repository, lease_seconds=1.0)


@pytest.fixture
async def two(opened: Opened) -> AsyncIterator[tuple[JetStreamOutbox, JetStreamOutbox]]:
    async with opened() as outbox, opened() as other:
        yield outbox, other


Two = tuple[JetStreamOutbox, JetStreamOutbox]


async def killed(outbox: JetStreamOutbox) -> None:
    """What NATS sees of a relay that is killed: it falls silent and lets nothing go."""
    assert outbox._lease._renewal is not None
    outbox._lease._renewal.cancel()
    outbox._lease._revision = None
    await outbox._connection.close()


class TestSharing:
    async def test_a_repeat_is_known_whoever_is_told_of_it(self, two: Two) -> None:
        outbox, other = two
        assert await outbox.put([letter("a")]) == Receipt(accepted=1, coalesced=0)
        assert await other.put([letter("a")]) == Receipt(accepted=0, coalesced=1)
        assert names(await drained(other)) == ["a"]

    async def test_a_request_with_somebody_elses_repeat_among_new_events_keeps_the_new_ones(self, two: Two) -> None:
        outbox, other = two
        await outbox.put([letter("b")])
        assert await other.put([letter(name) for name in "abc"]) == Receipt(accepted=2, coalesced=1)
        assert sorted(names(await drained(other))) == ["a", "b", "c"]

    async def test_a_window_that_one_relay_has_opened_folds_what_another_is_told(self, two: Two) -> None:
        outbox, other = two
        await outbox.put([letter("a", act="w")])
        assert await other.put([letter("b", act="w")]) == Receipt(accepted=0, coalesced=1)
        await outbox.put([letter("c", act="w")])
        [claim] = await drained(outbox)
        assert (names([claim]), claim.coalesced) == (["a"], 2)

    async def test_a_window_ends_as_long_after_its_letter_for_every_relay(self, opened: Opened) -> None:
        clock = Clock()
        async with opened(now=clock) as outbox, opened(now=clock) as other:
            await outbox.put([letter("a", act="w")])
            clock.time += 59
            assert await other.put([letter("b", act="w")]) == Receipt(accepted=0, coalesced=1)
            clock.time += 1
            assert await other.put([letter("c", act="w")]) == Receipt(accepted=1, coalesced=0)

    async def test_many_events_of_one_workload_at_once_are_one_letter_of_each_relay_at_most(self, two: Two) -> None:
        puts = [
            outbox.put([letter(f"{number}-{at}", act="w")]) for number in range(20) for at, outbox in enumerate(two)
        ]
        receipts = await asyncio.gather(*puts)
        assert sum(receipt.accepted + receipt.coalesced for receipt in receipts) == 40
        claims = await drained(two[0])
        assert 1 <= len(claims) <= 2
        assert len(claims) + sum(claim.coalesced for claim in claims) == 40

    async def test_repositories_on_one_server_have_nothing_in_common(self, nats: Node, repository: str) -> None:
        dashed, dotted = (repository.replace("acme/", f"{owner}/") for owner in ("a-b", "a.b"))
        opening = partial(opened_on_nats, nats.address)
        async with opening(repository=dashed) as outbox, opening(repository=dotted) as other:
            await outbox.put([letter("a", act="w")])
            assert (await other.backlog()).waiting == 0
            assert await other.put([letter("a", act="w")]) == Receipt(accepted=1, coalesced=0)


class TestDelivering:
    async def test_one_relay_delivers_and_all_take_events(self, two: Two) -> None:
        outbox, other = two
        await outbox.put([letter("a")])
        assert names(await outbox.claim(room=ROOM)) == ["a"]
        await other.put([letter("b")])
        with anyio.move_on_after(1.5) as waited:  # longer than the lease
            await other.claim(room=ROOM)
        assert waited.cancelled_caught
        assert names(await outbox.claim(room=ROOM)) == ["a", "b"]

    async def test_another_one_takes_over_at_once_when_it_stops(self, opened: Opened) -> None:
        async with opened(lease_seconds=3600) as other:
            async with opened(lease_seconds=3600) as outbox:
                await outbox.put([letter(name) for name in "abc"])
                await outbox.settle((await outbox.claim(room=ROOM))[:1])
            with anyio.fail_after(20):
                assert names(await _soon(other)) == ["b", "c"]

    async def test_what_a_killed_one_had_claimed_goes_out_by_another_in_the_old_order(self, two: Two) -> None:
        outbox, other = two
        for name in "abcd":
            await outbox.put([letter(name, size=ROOM // 3)])
        await outbox.settle((await outbox.claim(room=ROOM))[:1])
        await other.put([letter("e", size=ROOM // 3)])
        await killed(outbox)
        with anyio.fail_after(20):
            assert names(await drained(other)) == ["b", "c", "d", "e"]

    async def test_one_that_was_thought_dead_cannot_take_letters_from_its_successor(self, two: Two) -> None:
        outbox, other = two
        await outbox.put([letter("a"), letter("b")])
        claims = await outbox.claim(room=ROOM)
        assert outbox._lease._renewal is not None
        outbox._lease._renewal.cancel()  # as if its process stood still
        assert names(await other.claim(room=ROOM)) == ["a", "b"]
        with pytest.raises(StorageFailed):
            await outbox.settle(claims)
        with anyio.move_on_after(1.5) as waited:
            await outbox.claim(room=ROOM)
        assert waited.cancelled_caught
        assert names(await other.claim(room=ROOM)) == ["a", "b"]

    async def test_one_that_stood_still_drops_its_letters(self, two: Two) -> None:
        outbox, other = two
        await outbox.put([letter("a")])
        await outbox.claim(room=ROOM)
        assert outbox._lease._renewal is not None
        outbox._lease._renewal.cancel()  # as if its process stood still
        await other.settle(await other.claim(room=ROOM))
        await other.put([letter("b")])
        await other._lease.drop()
        with anyio.fail_after(20):
            assert names(await outbox.claim(room=ROOM)) == ["b"]

    async def test_it_knows_that_it_has_lost_the_lease(self, two: Two) -> None:
        outbox, other = two
        await outbox.put([letter("a")])
        [claim] = await outbox.claim(room=ROOM)
        await outbox._lease._bucket.delete("holder")
        with anyio.fail_after(20):
            assert names(await other.claim(room=ROOM)) == ["a"]
            await until(lambda: outbox._lease._revision is None)
        with pytest.raises(StorageFailed, match="another relay"):
            await outbox.bury(claim, reason="422")
        await outbox.settle([claim])  # GitHub has it: nothing to complain of, and nothing to acknowledge
        assert names(await drained(other)) == ["a"]

    async def test_one_that_fails_again_and_again_lets_another_try(self, two: Two) -> None:
        outbox, other = two
        await outbox.put([letter("a"), letter("b")])
        for _ in range(3):
            await outbox.release(await outbox.claim(room=ROOM))
        with anyio.fail_after(20):
            assert names(await other.claim(room=ROOM)) == ["a", "b"]

    async def test_what_was_delivered_but_not_acknowledged_is_not_delivered_again(self, two: Two) -> None:
        """The stream did not answer the acknowledgement; the letter comes again, and is known."""
        outbox, _ = two
        await outbox.put([letter("a"), letter("b")])
        claims = await outbox.claim(room=ROOM)
        outbox._pending.forget()
        await outbox.settle(claims[:1])
        assert names(await outbox.claim(room=ROOM)) == ["b"]
        assert (await outbox.backlog()).waiting == 1


class TestFailingServer:
    @pytest.fixture
    def node(self, tmp_path: Path) -> Node:  # type: ignore[misc]  # a generator, as pytest takes it
        with server(tmp_path / "nats") as node:
            yield node

    @pytest.fixture
    async def outbox(self, node: Node, repository: str) -> AsyncIterator[JetStreamOutbox]:
        async with opened_on_nats(node.address, repository=repository, lease_seconds=1.0) as outbox:
            yield outbox

    async def test_nothing_accepted_is_lost_when_the_server_is_killed(
        self, node: Node, outbox: JetStreamOutbox
    ) -> None:
        await outbox.put([letter("a", act="w"), letter("b")])
        claims = await outbox.claim(room=ROOM)
        await outbox.settle(claims[:1])
        await outbox.put([letter("c", act="w")])
        node.stop(signal.SIGKILL)
        node.start()
        await until(lambda: outbox._connection.is_connected)
        assert await outbox.put([letter("d", act="w"), letter("e"), letter("b")]) == Receipt(accepted=1, coalesced=2)
        assert names(await _drained_despite(outbox)) == ["b", "e"]

    async def test_an_event_that_comes_while_the_server_is_away_waits_for_it(
        self, node: Node, outbox: JetStreamOutbox
    ) -> None:
        node.stop()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(outbox.put, [letter("a")])
            await anyio.sleep(0.5)
            node.start()
        assert names(await _drained_despite(outbox)) == ["a"]

    async def test_a_server_that_stays_away_is_said_so_and_nothing_is_kept_for_later(
        self, node: Node, outbox: JetStreamOutbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(publish, "_RETRY_SECONDS", 0.5)
        node.stop()
        await until(lambda: not outbox._connection.is_connected)
        with pytest.raises(StorageFailed):
            await outbox.put([letter("a")])
        with pytest.raises(StorageFailed):
            await outbox.put([letter("a"), letter("b")])
        with pytest.raises(StorageFailed):
            await outbox.backlog()
        node.start()
        await until(lambda: outbox._connection.is_connected)
        assert await outbox.put([letter("a"), letter("b")]) == Receipt(accepted=2, coalesced=0)

    async def test_nothing_folds_into_a_letter_that_was_not_kept(
        self, node: Node, outbox: JetStreamOutbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(publish, "_RETRY_SECONDS", 0.5)
        node.stop()
        with pytest.raises(StorageFailed):
            await outbox.put([letter("a", act="w")])
        node.start()
        await until(lambda: outbox._connection.is_connected)
        assert await outbox.put([letter("b", act="w")]) == Receipt(accepted=1, coalesced=0)


async def _soon(outbox: JetStreamOutbox) -> list[Claim]:
    """The next claims, with the pauses between two attempts at an hour's lease cut short."""
    while outbox._lease._revision is None:
        outbox._lease._revision = await outbox._lease._take()
        await anyio.sleep(0.01)
    return list(await outbox.claim(room=ROOM))


async def _drained_despite(outbox: JetStreamOutbox) -> list[Claim]:
    """As delivery does: try again when the storage fails."""
    with anyio.fail_after(30):
        while True:
            try:
                return await drained(outbox)
            except StorageFailed:
                await anyio.sleep(0.05)
