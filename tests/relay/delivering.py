"""A delivery under test: a GitHub that answers as it is told, and a clock that only sleeping moves."""

import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.lowlevel

from relay.delivery import Delivery
from relay.github.outcome import Answer, Delivered, Rejected
from relay.metrics import Metrics
from relay.outbox.sqlite.outbox import SqliteOutbox
from tests.relay.letters import ROOM


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


def has_waited(timer: Timer, times: int) -> bool:
    return len(timer.waits) == times


async def settled(outbox: SqliteOutbox, *, dead: int = 0) -> None:
    with anyio.fail_after(20):
        while (await outbox.backlog()).waiting:  # noqa: ASYNC110  # an outbox tells nobody that it is empty
            await anyio.sleep(0.005)
    assert (await outbox.backlog()).dead == dead
