"""Delivery against a real outbox and a GitHub that answers as it is told."""

import logging
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from relay.delivery import Delivery
from relay.errors import StorageFailed
from relay.github.outcome import Answer, Cause, Delivered, Rejected, Retry
from relay.metrics import Metrics
from relay.outbox.sqlite.outbox import SqliteOutbox
from tests.relay.delivering import Hub, Timer, delivering, settled
from tests.relay.letters import ROOM, letter, opened
from tests.relay.serving import until

pytestmark = pytest.mark.anyio


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[SqliteOutbox]:
    async with opened(tmp_path / "relay.db", coalesce_seconds=60) as outbox:
        yield outbox


async def test_what_waits_goes_out_together_in_its_order(outbox: SqliteOutbox) -> None:
    await outbox.put([letter("a"), letter("b")])
    await outbox.put([letter("c")])
    hub = Hub()
    async with delivering(outbox, hub):
        await settled(outbox)
    assert hub.sent == [["a", "b", "c"]]


async def test_no_dispatch_is_fuller_than_its_room(outbox: SqliteOutbox) -> None:
    await outbox.put([letter(str(number), size=ROOM // 3) for number in range(7)])
    hub = Hub()
    async with delivering(outbox, hub):
        await settled(outbox)
    assert hub.sent == [["0", "1", "2"], ["3", "4", "5"], ["6"]]


async def test_the_first_event_of_a_quiet_time_goes_at_once_and_the_next_ones_together(outbox: SqliteOutbox) -> None:
    hub = Hub()
    async with delivering(outbox, hub, min_interval=0.3):
        for name in "abc":
            await outbox.put([letter(name)])
            await until(lambda: hub.sent)
        await settled(outbox)
    assert hub.sent == [["a"], ["b", "c"]]


async def test_the_number_of_folded_events_is_sent_along(outbox: SqliteOutbox) -> None:
    for name in "abc":
        await outbox.put([letter(name, act="w")])
    hub = Hub()
    async with delivering(outbox, hub):
        await settled(outbox)
    [document] = hub.documents
    assert (document["id"], document["coalesced"]) == ("a", 2)
    assert document["relayaccepted"] < document["relaydispatched"]


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(Retry(Cause.SERVER, "502"), id="server"),
        pytest.param(Retry(Cause.CREDENTIAL, "401"), id="credential"),
        pytest.param(Retry(Cause.NETWORK, "ConnectError"), id="network"),
        pytest.param(RuntimeError("a bug"), id="a bug of ours"),
        pytest.param(StorageFailed("disk"), id="storage"),
    ],
)
async def test_nothing_is_lost_in_trouble_and_the_order_is_kept(
    outbox: SqliteOutbox, trouble: Answer | Exception
) -> None:
    await outbox.put([letter("a"), letter("b")])
    hub = Hub(trouble, trouble, trouble)
    async with delivering(outbox, hub):
        await settled(outbox)
    assert hub.sent == [["a", "b"]] * 4


@pytest.mark.parametrize("poison", ["", "a"])
async def test_while_the_storage_cannot_keep_what_github_said_github_is_not_asked_again(
    outbox: SqliteOutbox, monkeypatch: pytest.MonkeyPatch, poison: str
) -> None:
    failures = iter([StorageFailed("full")] * 3)
    method = "bury" if poison else "settle"
    working = getattr(outbox, method)

    async def failing(*args: Any, **kwargs: Any) -> None:
        if failure := next(failures, None):
            raise failure
        await working(*args, **kwargs)

    monkeypatch.setattr(outbox, method, failing)
    await outbox.put([letter("a")])
    hub = Hub(poison=poison)
    async with delivering(outbox, hub):
        await settled(outbox, dead=len(poison))
    assert hub.sent == [["a"]]


async def test_bad_events_that_stand_first_do_not_keep_the_others_back_for_ever(outbox: SqliteOutbox) -> None:
    poison = [f"bad{number}" for number in range(40)]
    await outbox.put([letter(name) for name in [*poison, "good"]])
    hub = Hub()
    hub.poison = set(poison)
    chance = random.Random(1)  # noqa: S311  # spreads load, guards nothing
    async with delivering(outbox, hub, is_proved=False, uniform=chance.uniform):
        await settled(outbox, dead=40)
    assert ["good"] in hub.sent


@pytest.mark.parametrize("poison", ["a", "d", "h", "ab", "ah", "cdef", "abcdefgh"])
async def test_the_poison_of_a_batch_is_found_and_everything_else_delivered_in_order(
    outbox: SqliteOutbox, poison: str
) -> None:
    await outbox.put([letter(name) for name in "abcdefgh"])
    hub = Hub(poison=poison)
    async with delivering(outbox, hub):
        await settled(outbox, dead=len(poison))
    delivered = [name for sent in hub.sent if not hub.poison & set(sent) for name in sent]
    assert delivered == [name for name in "abcdefgh" if name not in poison]
    assert len(hub.sent) <= 15


async def test_trouble_amid_a_split_forgets_neither_half(outbox: SqliteOutbox) -> None:
    await outbox.put([letter(name) for name in "abcd"])
    hub = Hub(Rejected("422"), Delivered(), Retry(Cause.SERVER, "502"))
    async with delivering(outbox, hub):
        await settled(outbox)
    assert hub.sent == [["a", "b", "c", "d"], ["a", "b"], ["c", "d"], ["c", "d"]]


async def test_a_stop_finishes_the_attempt_under_way_and_starts_no_other(outbox: SqliteOutbox) -> None:
    started, answered = anyio.Event(), anyio.Event()

    async def slow(_: Sequence[bytes]) -> Answer:
        started.set()
        await answered.wait()
        return Delivered()

    await outbox.put([letter("a")])
    running = Delivery(outbox, slow, room=ROOM, min_interval=0.0, metrics=Metrics())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(running.run)
        await started.wait()
        await outbox.put([letter("b")])
        running.stop()
        answered.set()
    assert (await outbox.backlog()).waiting == 1


async def test_a_stop_ends_a_long_wait(outbox: SqliteOutbox) -> None:
    await outbox.put([letter("a")])
    hub = Hub(Retry(Cause.SERVER, "502", delay=3600))
    with anyio.fail_after(20):
        async with delivering(outbox, hub, timer=Timer(patience=0)):
            await until(lambda: hub.sent)
    assert (await outbox.backlog()).waiting == 1


async def test_each_attempt_is_one_log_line_with_its_events_and_the_hint(
    outbox: SqliteOutbox, caplog: pytest.LogCaptureFixture
) -> None:
    await outbox.put([letter("a"), letter("x" * 5000)])
    with caplog.at_level(logging.INFO, "relay.delivery"):
        async with delivering(outbox, Hub(Retry(Cause.CREDENTIAL, "401 Bad credentials"), Delivered("https://run"))):
            await settled(outbox)
    failed, sent = [vars(record) for record in caplog.records]
    assert (failed["message"], failed["cause"], failed["events"]) == ("not dispatched", "credential", 2)
    assert "Set a new one" in failed["hint"]
    assert (sent["message"], sent["ids"], sent["run"]) == ("dispatched", ["a", "x" * 64], "https://run")
