"""A NATS that has no room, no stream or no answer: nobody waits for ever, and all works again when it does."""

import asyncio
import itertools
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import NoRespondersError

from relay.errors import StorageFailed
from relay.outbox.jetstream.outbox import JetStreamOutbox
from relay.outbox.protocol import Letter, Receipt
from tests.relay.letters import ROOM, drained, letter, names, opened_on_nats
from tests.relay.natsserver import Node, server
from tests.relay.serving import until
from tests.soak import SOAKING

pytestmark = pytest.mark.anyio

STRIDE = 1 if SOAKING else 5
SECONDS = 60  # ends a test that would hang
Fault = Callable[[Client], Awaitable[Msg]]


@pytest.fixture
async def outbox(nats: Node, tmp_path: Path) -> AsyncIterator[JetStreamOutbox]:
    async with opened_on_nats(nats.address, repository=f"acme/{tmp_path.name}") as outbox:
        yield outbox


async def outcome(call: Awaitable[object]) -> object:
    """What a call returns, or the StorageFailed that it raises."""
    try:
        async with asyncio.timeout(SECONDS):
            return await call
    except StorageFailed as failure:
        return failure


async def test_a_stream_that_was_deleted_refuses_until_it_is_created_again(
    outbox: JetStreamOutbox, nats: Node, tmp_path: Path
) -> None:
    await outbox.put([letter("a")])
    await outbox._context.delete_stream(outbox._names.letters)
    calls = [outbox.put([letter("b")]), outbox.backlog(), outbox.claim(room=ROOM)]
    assert [type(await outcome(call)) for call in calls] == [StorageFailed] * 3
    async with opened_on_nats(nats.address, repository=f"acme/{tmp_path.name}"):
        assert await outbox.put([letter("c")]) == Receipt(accepted=1, coalesced=0)
        assert (await outbox.backlog()).waiting == 1


async def fill(outbox: JetStreamOutbox) -> list[str]:
    """Put large letters until the server has no room; return the names of those that were accepted."""
    accepted: list[str] = []
    while True:
        name = str(len(accepted))
        document = json.dumps({"id": name, "x": "y" * 50_000}).encode()
        receipt = await outcome(outbox.put([Letter(name.encode(), None, document, 1)]))
        if isinstance(receipt, StorageFailed):
            assert "resource" in str(receipt)
            return accepted
        accepted.append(name)


async def test_a_server_without_room_refuses_says_so_and_works_again_with_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.outbox.jetstream.publish._RETRY_SECONDS", 0.05)
    with server(tmp_path / "nats", room="1MB") as node:
        async with opened_on_nats(node.address, repository="acme/small") as outbox:
            accepted = await fill(outbox)
            assert isinstance(await outcome(outbox.backlog()), StorageFailed)
            node.stop(signal.SIGTERM)
            node.room = "1GB"
            node.start()
            node.wait()
            await until(lambda: outbox._connection.is_connected)
            monkeypatch.undo()
            assert await outbox.put([letter("after")]) == Receipt(accepted=1, coalesced=0)
            assert (await outbox.backlog()).waiting == len(accepted) + 1
            assert names(await drained(outbox)) == [*accepted, "after"]


async def test_a_server_without_room_delivers_all_the_same_and_takes_events_again_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.outbox.jetstream.publish._RETRY_SECONDS", 0.05)
    with server(tmp_path / "nats", room="1MB") as node:
        async with opened_on_nats(node.address, repository="acme/small", lease_seconds=1.0) as outbox:
            accepted = await fill(outbox)
            first = await outbox.claim(room=2)  # needs the lease, which the full server has to give
            await asyncio.sleep(1.5)  # longer than a lease: it was renewed, too
            await outbox.settle(first)
            assert names(first) == accepted[:2]
            remainder: list[str] = []
            while len(remainder) < len(accepted) - 2:
                claims = await outbox.claim(room=5)
                await outbox.settle(claims)
                remainder += names(claims)
            assert remainder == accepted[2:]
            assert await outbox.put([letter("after")]) == Receipt(accepted=1, coalesced=0)
            assert (await outbox.backlog()).waiting == 1


def is_stopped(process: int) -> bool:
    state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    return state == "T"


async def test_a_server_that_does_not_answer_holds_up_neither_callers_nor_the_end(tmp_path: Path) -> None:
    with server(tmp_path / "nats") as node:
        assert node.process is not None
        async with opened_on_nats(node.address, repository="acme/silent") as outbox:
            await outbox.put([letter("a")])
            node.process.send_signal(signal.SIGSTOP)
            await until(partial(is_stopped, node.process.pid))
            outcomes = await asyncio.gather(outcome(outbox.put([letter("b")])), outcome(outbox.backlog()))
            assert [type(refusal) for refusal in outcomes] == [StorageFailed] * 2
            async with asyncio.timeout(SECONDS):
                await outbox.close()
            node.process.send_signal(signal.SIGCONT)


def error(code: int, err_code: int, description: str) -> Fault:
    """An answer of JetStream, as the server's errors.json has it."""

    async def answer(client: Client) -> Msg:
        content = {"error": {"code": code, "err_code": err_code, "description": description}}
        return Msg(_client=client, data=json.dumps(content).encode())

    return answer


async def nobody(_: Client) -> Msg:
    raise NoRespondersError


async def silence(_: Client) -> Msg:
    raise TimeoutError


class FaultyRequests:
    """Requests to NATS. Those from the first to the last number fail; `last` is None for all that follow."""

    def __init__(self, client: Client, fault: Fault, *, first: int, last: int | None) -> None:
        self._client = client
        self._request = client.request
        self._fault = fault
        self._first = first
        self._last = last
        self._number = 0
        self._is_broken = True
        self.failures = 0

    async def request(self, *arguments: Any, **options: Any) -> Msg:
        self._number += 1
        if self._is_broken and self._first <= self._number and (self._last is None or self._number <= self._last):
            self.failures += 1
            return await self._fault(self._client)
        return await self._request(*arguments, **options)

    def recover(self) -> None:
        self._is_broken = False


@pytest.mark.slow
@pytest.mark.parametrize("lasting", [pytest.param(False, id="once"), pytest.param(True, id="lasting")])
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(nobody, id="no responders"),
        pytest.param(silence, id="no answer"),
        pytest.param(error(503, 10008, "JetStream system temporarily unavailable"), id="no leader"),
        pytest.param(error(503, 10023, "insufficient resources"), id="no resources"),
        pytest.param(error(404, 10059, "stream not found"), id="no stream"),
        pytest.param(error(503, 10077, "store write failed"), id="store failed"),
    ],
)
async def test_whichever_request_fails_nothing_hangs_or_is_lost(
    nats: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault, lasting: bool
) -> None:
    monkeypatch.setattr("relay.outbox.jetstream.publish._RETRY_SECONDS", 0.05)
    monkeypatch.setattr("relay.outbox.jetstream.publish._PAUSE", 0.01)
    for first in itertools.count(1, STRIDE):
        async with opened_on_nats(nats.address, repository=f"{tmp_path.name}/r{first}") as outbox:
            storage = FaultyRequests(outbox._connection, fault, first=first, last=None if lasting else first)
            monkeypatch.setattr(outbox._connection, "request", storage.request)
            accepted = {name for name in "ab" if isinstance(await outcome(outbox.put([letter(name)])), Receipt)}
            recorded: set[str] = set()
            if accepted:
                claims = await outcome(outbox.claim(room=ROOM))
                if isinstance(claims, list):
                    if await outcome(outbox.bury(claims[0], reason="no")) is None:
                        recorded |= set(names(claims[:1]))
                    if await outcome(outbox.settle(claims[1:])) is None:
                        recorded |= set(names(claims[1:]))
            await outcome(outbox.backlog())
            storage.recover()
            assert isinstance(await outcome(outbox.put([letter("c")])), Receipt)
            remainder = set(names(await drained(outbox)))
            assert accepted - recorded | {"c"} <= remainder | recorded, f"request {first}"
            assert not remainder & recorded
        if storage.failures == 0:
            break
    assert first > 5
