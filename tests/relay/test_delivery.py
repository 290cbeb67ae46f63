"""Delivery against a real outbox and a GitHub that answers as it is told."""

import json
import logging
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
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
from tests.relay.letters import ROOM, letter, opened
from tests.relay.serving import until

pytestmark = pytest.mark.anyio


class Hub:
    """Records what is sent; answers what was told, then Delivered. Rejects what is poison, as GitHub would."""

    def __init__(self, *answers: Answer | Exception, poison: str = "") -> None:
        self.answers = deque(answers)
        self.poison = set(poison)
        self.sent: list[list[str]] = []
        self.documents: list[dict[str, Any]] = []

    async def send(self, documents: Sequence[bytes]) -> Answer:
        self.documents += [json.loads(document) for document in documents]
        ids = [json.loads(document)["id"] for document in documents]
        self.sent.append(ids)
        if self.answers:
            answer = self.answers.popleft()
            if isinstance(answer, Exception):
                raise answer
            return answer
        return Rejected("422 no") if self.poison & set(ids) else Delivered()


class Timer:
    """A clock that goes only while somebody sleeps; it keeps how long. A sleep longer than `patience` never ends."""

    def __init__(self, *, patience: float = 1e9) -> None:
        self.time = 1000.0
        self.patience = patience
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.waits.append(round(seconds, 6))
        if seconds > self.patience:
            await anyio.sleep_forever()
        self.time += seconds
        await anyio.lowlevel.checkpoint()


@asynccontextmanager
async def delivering(
    outbox: SqliteOutbox,
    hub: Hub,
    *,
    min_interval: float = 0.0,
    timer: Timer | None = None,
    is_proved: bool = True,
    uniform: Callable[[float, float], float] = min,
) -> AsyncIterator[Delivery]:
    """Deliver until the end of the block; without a timer, in real time."""
    timer = timer or Timer()
    running = Delivery(
        outbox,
        hub.send,
        room=ROOM,
        min_interval=min_interval,
        metrics=Metrics(),
        clock=time.monotonic if min_interval else timer,
        sleep=anyio.sleep if min_interval else timer.sleep,
        uniform=uniform,
    )
    running._is_proved = is_proved
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(running.run)
        yield running
        running.stop()


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[SqliteOutbox]:
    async with opened(tmp_path / "relay.db", coalesce_seconds=60) as outbox:
        yield outbox


def has_waited(timer: Timer, times: int) -> bool:
    return len(timer.waits) == times


async def settled(outbox: SqliteOutbox, *, dead: int = 0) -> None:
    with anyio.fail_after(20):
        while (await outbox.backlog()).waiting:  # noqa: ASYNC110  # an outbox tells nobody that it is empty
            await anyio.sleep(0.005)
    assert (await outbox.backlog()).dead == dead


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
    assert hub.documents == [{"id": "a", "coalesced": 2}]


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


async def test_failures_in_a_row_make_the_wait_longer_and_a_success_ends_it(outbox: SqliteOutbox) -> None:
    await outbox.put([letter("a")])
    trouble, timer = Retry(Cause.SERVER, "502"), Timer()
    async with delivering(outbox, Hub(trouble, trouble, Delivered(), trouble), timer=timer):
        await settled(outbox)
        await outbox.put([letter("b")])
        await settled(outbox)
    assert timer.waits == [1, 2, 1]


async def test_eight_different_faults_delay_the_next_try_by_no_more_than_one_does(outbox: SqliteOutbox) -> None:
    await outbox.put([letter("a")])
    timer = Timer()
    faults = [Retry(cause, "") for cause in Cause if cause is not Cause.RATE_LIMIT]
    async with delivering(outbox, Hub(*faults), timer=timer):
        await settled(outbox)
    assert timer.waits == [1] * len(faults)


async def test_a_rate_limit_without_a_time_waits_a_minute_at_least(outbox: SqliteOutbox) -> None:
    await outbox.put([letter("a")])
    timer = Timer()
    async with delivering(outbox, Hub(Retry(Cause.RATE_LIMIT, "403")), timer=timer):
        await settled(outbox)
    assert timer.waits == [60]


async def test_a_time_that_github_names_is_waited_for(outbox: SqliteOutbox) -> None:
    await outbox.put([letter("a")])
    timer = Timer()
    async with delivering(outbox, Hub(Retry(Cause.RATE_LIMIT, "429", delay=1234.0)), timer=timer):
        await settled(outbox)
    assert timer.waits == [1234]


async def test_a_grave_event_ends_a_wait_once(outbox: SqliteOutbox) -> None:
    await outbox.put([letter("a")])
    timer = Timer(patience=0)
    trouble = Retry(Cause.SERVER, "502")
    hub = Hub(trouble, trouble, trouble)
    async with delivering(outbox, hub, timer=timer) as delivery:
        await until(lambda: len(timer.waits) == 1)
        delivery.probe()
        await until(lambda: len(timer.waits) == 2)
        delivery.probe()
        delivery.probe()
        for _ in range(10):
            await anyio.lowlevel.checkpoint()
        assert len(hub.sent) == 2
    assert timer.waits == [1, 2]


async def test_a_grave_event_keeps_the_least_interval(outbox: SqliteOutbox) -> None:
    await outbox.put([letter("a")])
    timer = Timer(patience=10)
    hub = Hub(Retry(Cause.CREDENTIAL, "401", delay=120.0))
    running = Delivery(outbox, hub.send, room=ROOM, min_interval=5.0, metrics=Metrics(), clock=timer, sleep=timer.sleep)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(running.run)
        await until(lambda: timer.waits)
        running.probe()
        await settled(outbox)
        running.stop()
    assert timer.waits[:2] == [120, 5]


async def test_a_changed_credential_ends_every_wait_and_starts_anew(outbox: SqliteOutbox) -> None:
    await outbox.put([letter("a")])
    timer = Timer(patience=0)
    trouble = Retry(Cause.CREDENTIAL, "401")
    hub = Hub(Retry(Cause.RATE_LIMIT, "429", delay=3600.0), trouble, trouble)
    async with delivering(outbox, hub, timer=timer) as delivery:
        for attempts in (1, 2, 3):
            await until(partial(has_waited, timer, attempts))
            delivery.restart()
        await settled(outbox)
    assert timer.waits == [3600, 1, 1]


async def test_nothing_is_buried_as_long_as_nothing_has_got_through(
    outbox: SqliteOutbox, caplog: pytest.LogCaptureFixture
) -> None:
    await outbox.put([letter(name) for name in "abcdefgh"])
    hub, timer = Hub(poison="abcdefgh"), Timer()
    async with delivering(outbox, hub, timer=timer, is_proved=False):
        await until(lambda: len(timer.waits) >= 20)
        assert (await outbox.backlog()).dead == 0
        assert (await outbox.backlog()).waiting == 8
        hub.poison = set()
        await settled(outbox)
    assert timer.waits[:9] == [1, 2, 4, 8, 16, 32, 64, 128, 200]
    record = next(vars(record) for record in caplog.records if record.message == "everything rejected")
    assert (record["cause"], record["reason"]) == ("configuration", "422 no")
    assert "relay check" in record["hint"]


async def test_what_was_rejected_is_buried_as_soon_as_something_gets_through(outbox: SqliteOutbox) -> None:
    await outbox.put([letter("a")])
    hub, timer = Hub(poison="a"), Timer(patience=0)
    async with delivering(outbox, hub, timer=timer, is_proved=False) as delivery:
        await until(lambda: timer.waits)
        assert (await outbox.backlog()).dead == 0
        await outbox.put([letter("b")])
        delivery.probe()
        await settled(outbox, dead=1)
    assert hub.sent == [["a"], ["a", "b"], ["b"], ["a"]]


async def test_after_a_changed_credential_nothing_is_buried_until_something_gets_through(outbox: SqliteOutbox) -> None:
    hub, timer = Hub(poison="a"), Timer(patience=0)
    async with delivering(outbox, hub, timer=timer) as delivery:
        delivery.restart()
        await outbox.put([letter("a")])
        await until(lambda: timer.waits)
        assert (await outbox.backlog()).dead == 0


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
