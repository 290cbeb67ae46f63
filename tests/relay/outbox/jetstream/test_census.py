"""What two relays on one stream know of each other's letters: turns and shares hold for both together."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from nats.js.api import StreamInfo

from relay.errors import BacklogFull
from relay.outbox.jetstream.outbox import JetStreamOutbox
from relay.outbox.protocol import Receipt
from tests.relay.letters import ROOM, letter, names, opened_on_nats
from tests.relay.natsserver import Node
from tests.relay.serving import until

pytestmark = pytest.mark.anyio

Two = tuple[JetStreamOutbox, JetStreamOutbox]


@pytest.fixture
async def two(nats: Node, tmp_path: Path) -> AsyncIterator[Two]:
    """Two relays; two callers share their backlog. The first one delivers."""
    opened = partial(opened_on_nats, nats.address, repository=f"acme/{tmp_path.name}", max_backlog=40, callers=2)
    async with opened() as outbox, opened() as other:
        await outbox.put([letter("first", cluster="loud", pod="p")])
        await outbox.settle(await outbox.claim(room=ROOM))
        for relay in (outbox, other):
            await relay._census.refresh(0.0)
            relay._census._seconds = 3600.0  # however slow the machine is, it is what they hear that counts
        yield outbox, other


def total(outbox: JetStreamOutbox) -> int:
    return outbox._census.shares._total


async def test_a_quiet_cluster_of_another_relay_has_the_next_turn(two: Two) -> None:
    outbox, other = two
    await outbox.put([letter(f"flood-{number}", cluster="loud", pod=str(number)) for number in range(15)])
    await outbox.settle(await outbox.claim(room=500))
    await other.put([letter("quiet", cluster="quiet", pod="p", gravity=7)])
    await until(lambda: total(outbox) == 11)
    assert names(await outbox.claim(room=100)) == ["quiet"]


async def test_the_gravest_letter_of_a_pod_goes_first_whichever_relay_has_it(two: Two) -> None:
    outbox, other = two
    await outbox.put([letter(f"{number}", cluster="loud", pod="p", gravity=5) for number in range(5)])
    await other.put([letter("grave", cluster="loud", pod="p", gravity=2)])
    await until(lambda: total(outbox) == 6)
    assert names(await outbox.claim(room=300)) == ["grave", "0", "1"]


async def test_a_cluster_has_one_share_of_both_relays_together(two: Two) -> None:
    outbox, other = two
    await outbox.put([letter(f"a{number}", cluster="loud", pod="p") for number in range(12)])
    await until(lambda: total(other) == 12)
    await other.put([letter(f"b{number}", cluster="loud", pod="p") for number in range(8)])
    await until(lambda: total(outbox) == 20)
    for relay in two:
        with pytest.raises(BacklogFull, match="its share of the backlog"):
            await relay.put([letter("more", cluster="loud", pod="p")])
    assert await other.put([letter("quiet", cluster="quiet")]) == Receipt(accepted=1, coalesced=0)


async def test_what_one_relay_has_delivered_makes_room_at_the_other(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox, other = two
    await other.put([letter(f"b{number}", cluster="loud", pod="p") for number in range(20)])
    await until(lambda: total(outbox) == 20)
    await outbox.settle(await outbox.claim(room=500))
    monkeypatch.setattr("relay.outbox.jetstream.outbox._RECOUNT_SECONDS", 0.0)
    other._census._duration = 0.0  # whatever the list has taken
    assert await other.put([letter("more", cluster="loud", pod="p")]) == Receipt(accepted=1, coalesced=0)


async def test_a_flood_is_listed_once_and_not_for_each_dispatch(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox, _ = two
    lists = 0

    async def count(*arguments: Any, **options: Any) -> StreamInfo:
        nonlocal lists
        lists += 1
        return await stream_info(*arguments, **options)

    stream_info = outbox._census._context.stream_info
    monkeypatch.setattr(outbox._census._context, "stream_info", count)
    outbox._census.forget()
    for number in range(10):
        await outbox.put([letter(f"{number}-{pod}", cluster="c", pod=pod) for pod in "pq"])
        claims = await outbox.claim(room=ROOM)
        assert len(claims) == 2
        await outbox.settle(claims)
    assert lists == 1


async def test_a_list_that_takes_long_is_taken_less_often(two: Two) -> None:
    census = two[0]._census
    census._duration = 1.0
    moment = census._listed
    await census.refresh(0.0)
    assert census._listed == moment
    census._duration = 0.0
    await census.refresh(0.0)
    assert census._listed != moment


async def test_a_letter_that_is_stored_while_the_list_is_on_its_way_counts(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox, _ = two

    async def answer_late(*arguments: Any, **options: Any) -> StreamInfo:
        answer = await stream_info(*arguments, **options)
        await outbox.put([letter("meanwhile", cluster="c", pod="q")])
        return answer

    await outbox.put([letter("before", cluster="c", pod="p")])
    stream_info = outbox._census._context.stream_info
    monkeypatch.setattr(outbox._census._context, "stream_info", answer_late)
    outbox._census.forget()
    assert sorted(names(await outbox.claim(room=ROOM))) == ["before", "meanwhile"]
    assert total(outbox) == 2


async def test_letters_of_which_no_relay_has_heard_are_found(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator has requeued a dead letter, or the message of an arrival was lost."""

    async def tell_nobody(_: Sequence[str]) -> None:
        pass

    monkeypatch.setattr("relay.outbox.jetstream.pending.POLL_SECONDS", 0.1)
    monkeypatch.setattr("relay.outbox.jetstream.outbox.POLL_SECONDS", 0.1)
    outbox, other = two
    monkeypatch.setattr(other._census, "announce", tell_nobody)
    await other.put([letter("silent", cluster="quiet", pod="p")])
    async with asyncio.timeout(20):
        assert names(await outbox.claim(room=ROOM)) == ["silent"]


async def test_an_older_relay_that_does_not_name_its_letters_is_heard(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def tell_without_names(_: Sequence[str]) -> None:
        await other._connection.publish(other._names.arrivals, b"")

    outbox, other = two
    monkeypatch.setattr(other._census, "announce", tell_without_names)
    await outbox.put([letter("loud", cluster="loud", pod="p")])
    await other.put([letter("quiet", cluster="quiet", pod="p")])
    await until(lambda: outbox._census._listed is None)
    assert names(await outbox.claim(room=ROOM)) == ["quiet", "loud"]


async def test_a_relay_that_neither_accepts_nor_delivers_does_not_count_for_ever(two: Two) -> None:
    outbox, other = two
    other._census.forget()
    arrivals = other._census.arrival
    arrivals.clear()
    await outbox.put([letter("a", cluster="c", pod="p")])
    await until(arrivals.is_set)
    assert total(other) == 0
