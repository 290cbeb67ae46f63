"""Requests with many events on NATS: atomic batches, and what is counted when an acknowledgement is lost."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from nats.errors import TimeoutError as NatsTimeout

from relay.outbox.jetstream import publish
from relay.outbox.jetstream.outbox import JetStreamOutbox
from relay.outbox.protocol import Receipt
from tests.relay.letters import drained, letter, names, opened_on_nats
from tests.relay.natsserver import Node

pytestmark = pytest.mark.anyio

Opened = Callable[..., AbstractAsyncContextManager[JetStreamOutbox]]


@pytest.fixture
def repository(tmp_path: Path) -> str:
    return f"acme/{tmp_path.name}"


@pytest.fixture
def opened(nats: Node, repository: str) -> Opened:
    """Another relay of the same repository each time it is called; the lease is short."""
    return partial(opened_on_nats, nats.address, repository=repository, lease_seconds=1.0)


async def test_a_request_larger_than_a_batch_of_nats_keeps_its_order(opened: Opened) -> None:
    many = [str(number) for number in range(2345)]
    async with opened(max_backlog=10_000) as outbox:
        assert await outbox.put([letter(name, size=1) for name in many]) == Receipt(accepted=2345, coalesced=0)
        assert names(await drained(outbox)) == many


async def test_concurrent_requests_of_many_events_are_all_kept(opened: Opened) -> None:
    """More batches at once than NATS allows."""
    async with opened(max_backlog=10_000) as outbox:
        puts = [outbox.put([letter(f"{number}-{index}", size=1) for index in range(3)]) for number in range(80)]
        receipts = await asyncio.gather(*puts)
        assert sum(receipt.accepted for receipt in receipts) == 240
        assert len(await drained(outbox)) == 240


async def test_a_batch_whose_acknowledgement_got_lost_counts_as_new(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_batch = publish._publish_batch
    losses = [NatsTimeout()]

    async def lossy(*arguments: Any) -> Any:
        ack = await publish_batch(*arguments)
        if losses:
            raise losses.pop()
        return ack

    monkeypatch.setattr(publish, "_publish_batch", lossy)
    async with opened() as outbox:
        assert await outbox.put([letter("a"), letter("b")]) == Receipt(accepted=2, coalesced=0)
        assert names(await drained(outbox)) == ["a", "b"]
