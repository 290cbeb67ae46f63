"""How long a delivery waits after a failure, and when what GitHub rejected is buried."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from relay.delivery import Delivery
from relay.github.outcome import Cause, Delivered, Retry
from relay.metrics import Metrics
from relay.outbox.sqlite.outbox import SqliteOutbox
from tests.relay.delivering import Hub, Timer, delivering, has_waited, settled
from tests.relay.letters import ROOM, letter, opened
from tests.relay.serving import until

pytestmark = pytest.mark.anyio


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[SqliteOutbox]:
    async with opened(tmp_path / "relay.db", coalesce_seconds=60) as outbox:
        yield outbox


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
