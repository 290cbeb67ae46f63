"""Clients that do not take their answers, or linger when all was said: they are sent away, too."""

import asyncio
import socket
from collections.abc import AsyncIterator

import anyio
import pytest

from relay.server.limits import Limits
from relay.settings import Settings
from tests.relay.server.clients import GET, LONG, POST, Client, Connect
from tests.relay.serving import RecordingGitHub, ServedRelay, serving, until

pytestmark = pytest.mark.anyio

LIMITS = Limits(head=0.4, body=0.8, answer=0.4, closing=0.2)
METRICS = b"GET /metrics HTTP/1.1\r\nHost: relay\r\n\r\n"


@pytest.fixture
async def relay(settings: Settings, hub: RecordingGitHub) -> AsyncIterator[ServedRelay]:
    """A relay that has little room for answers that nobody takes."""
    async with serving(settings, hub, limits=LIMITS) as relay:
        [listener] = relay.server.servers[0].sockets
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        yield relay


async def test_who_takes_no_answer_and_sends_nothing_more_is_sent_away(relay: ServedRelay, connect: Connect) -> None:
    client = await connect(receive_buffer=4096)
    client.ignore_answers()
    state = relay.server.server_state
    await client.send(METRICS * 100)  # as many as may wait
    await until(lambda: state.tasks)
    await until(lambda: not state.connections)
    assert not state.tasks
    assert state.total_requests < 100


async def test_who_takes_the_answers_late_but_in_time_gets_all_of_them(connect: Connect) -> None:
    client = await connect(receive_buffer=4096)
    for _ in range(3):
        await client.send(METRICS * 30)
        answers = await client.receive(count=30)
        assert answers.count(b"HTTP/1.1 200") == 30
        await asyncio.sleep(LIMITS.answer)


async def test_a_line_break_after_an_answer_does_not_keep_the_connection(connect: Connect) -> None:
    client = await connect()
    await client.send(GET + b"\r\n")
    await client.receive(count=1)
    await client.send(b"\r\n")
    with anyio.fail_after(4):  # less than uvicorn's own limit between two requests
        assert (await client.answers()).startswith(b"HTTP/1.1 408")


async def test_who_sends_on_after_the_last_answer_is_cut_off(settings: Settings, hub: RecordingGitHub) -> None:
    """The limits of head and body are far: only that of closing can end it."""
    far = Limits(head=3600.0, body=3600.0, answer=3600.0, closing=0.2)
    async with serving(settings, hub, limits=far) as relay:
        host, port = relay.address.removeprefix("http://").rstrip("/").split(":")
        client = Client(*await asyncio.open_connection(host, int(port)))
        await client.send(POST + LONG)
        with anyio.fail_after(10):
            assert (await client.drip(b"x")).startswith(b"HTTP/1.1 401")
        await until(lambda: not relay.server.server_state.connections)
