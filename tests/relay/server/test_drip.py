"""Every shape of a client that is slow without end, over real sockets and with short limits: all are sent away."""

import asyncio
import json
import re
import socket
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

import anyio
import pytest

from relay.server.limits import Limits
from relay.settings import Settings
from tests import sidekick
from tests.relay.server.clients import CHUNKED, GET, LONG, POST, TRUSTED, Connect
from tests.relay.serving import TOKEN, RecordingGitHub, ServedRelay, serving, until

pytestmark = pytest.mark.anyio

E02 = sidekick.falco_events()["E02"]
LIMITS = Limits(head=0.4, body=0.8, answer=0.4, closing=0.2)
UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQBAAAAAAIAAAAA\r\n"


@pytest.fixture
async def relay(
    settings: Settings, hub: RecordingGitHub, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ServedRelay]:
    monkeypatch.setattr("relay.server.intake._BODY_SECONDS", 0.4)
    settings = replace(settings, max_connections=8, max_connections_per_address=5)
    async with serving(settings, hub, limits=LIMITS) as relay:
        yield relay


@pytest.mark.parametrize(
    ("start", "drop", "status"),
    [
        pytest.param(b"POST", b" ", b"408", id="method"),
        pytest.param(b"POST /", b"x", b"408", id="request line"),
        pytest.param(POST + b"x: ", b"y", b"408", id="header"),
        pytest.param(POST, b"x: y\r\n", b"408", id="headers"),
        pytest.param(b"", b"\r\n", b"408", id="line breaks before a request"),
        pytest.param(TRUSTED + LONG, b" ", b"408", id="body"),
        pytest.param(TRUSTED + CHUNKED, b"0", b"408", id="chunk size"),
        pytest.param(TRUSTED + CHUNKED, b"1\r\n \r\n", b"408", id="chunks"),
        pytest.param(TRUSTED + CHUNKED + b"fff\r\n", b" ", b"408", id="a chunk"),
        pytest.param(TRUSTED + CHUNKED + b"1;", b"x", b"408", id="chunk extension"),
        pytest.param(TRUSTED + CHUNKED + b"0\r\n", b"x: y\r\n", b"408", id="trailers"),
        pytest.param(TRUSTED + CHUNKED + b"0\r\nx: ", b"y", b"408", id="a trailer"),
        pytest.param(TRUSTED + UPGRADE + LONG, b" ", b"408", id="body after an offer to upgrade"),
        pytest.param(TRUSTED + b"Expect: 100-continue\r\n" + LONG, b" ", b"100", id="body after 100"),
        pytest.param(POST + LONG, b"{", b"401", id="body after 401"),
        pytest.param(POST + CHUNKED, b"1\r\n \r\n", b"401", id="chunks after 401"),
        pytest.param(POST + CHUNKED + b"1;", b"x", b"401", id="chunk extension after 401"),
        pytest.param(POST + CHUNKED + b"0\r\nx: ", b"y", b"401", id="trailer after 401"),
        pytest.param(TRUSTED + b"Content-Length: 1000000000\r\n\r\n", b" ", b"413", id="body after 413"),
        pytest.param(b"POST /none HTTP/1.1\r\nHost: relay\r\n" + LONG, b" ", b"404", id="body after 404"),
        pytest.param(b"PUT / HTTP/1.1\r\nHost: relay\r\n" + LONG, b" ", b"405", id="body after 405"),
        pytest.param(GET + LONG, b" ", b"200", id="body of a probe"),
        pytest.param(GET + CHUNKED, b"1;x=y\r\n \r\n", b"200", id="chunks of a probe"),
        pytest.param(GET + CHUNKED + b"0\r\nx: ", b"y", b"200", id="trailer of a probe"),
        pytest.param(GET + b"\r\n", b"\r\n", b"200", id="line breaks between requests"),
        pytest.param(GET + b"\r\n" + GET, b"x: y\r\n", b"200", id="headers of a pipelined request"),
        pytest.param(GET + b"\r\n" + TRUSTED + LONG, b" ", b"200", id="body of a pipelined request"),
        pytest.param(b"GET / HTTP/1.1\r\nnonsense\r\n", b"x", b"400", id="after bad HTTP"),
        pytest.param(b"CONNECT relay:1 HTTP/1.1\r\nHost: relay\r\n\r\n", b"x", b"400", id="a tunnel"),
    ],
)
async def test_a_drip_of_any_shape_ends(
    relay: ServedRelay, connect: Connect, hub: RecordingGitHub, start: bytes, drop: bytes, status: bytes
) -> None:
    client = await connect()
    await client.send(start)
    answers = await client.drip(drop)
    assert answers.startswith(b"HTTP/1.1 " + status)
    await until(lambda: not relay.server.server_state.connections)
    assert await relay.falcosidekick(E02, event_id="good") == (202, {"accepted": 1, "coalesced": 0, "ignored": 0})
    assert [event["id"] for event in await hub.heard()] == ["good"]


async def test_an_early_answer_says_that_the_connection_ends(connect: Connect) -> None:
    client = await connect()
    await client.send(POST + LONG)
    head, _, _ = (await client.answers()).lower().partition(b"\r\n\r\n")
    assert head.startswith(b"http/1.1 401")
    assert b"\r\nconnection: close" in head


async def test_an_early_answer_reaches_a_client_that_sends_on(settings: Settings, hub: RecordingGitHub) -> None:
    async with serving(settings, hub, limits=replace(LIMITS, closing=30.0)) as relay:
        host, port = relay.address.removeprefix("http://").rstrip("/").split(":")

        def send_on() -> bytes:
            with socket.create_connection((host, int(port)), timeout=60) as client:
                client.sendall(POST + LONG)
                while not relay.server.server_state.total_requests:
                    time.sleep(0.01)
                for _ in range(10):  # on bytes for nobody, the kernel would drop the answer, which is not read yet
                    client.sendall(bytes(100_000))
                return client.recv(65536)

        assert (await anyio.to_thread.run_sync(send_on)).startswith(b"HTTP/1.1 401")


async def test_a_connection_is_kept_after_a_request_that_was_read_whole(connect: Connect) -> None:
    client = await connect()
    refused = POST + b"Content-Length: 2\r\n\r\n{}"
    await client.send(refused + GET + b"\r\n" + refused + GET + b"\r\n" + GET + b"Connection: close\r\n\r\n")
    answers = await client.answers()
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"401", b"200", b"401", b"200", b"200"]


async def test_who_does_not_take_the_answers_is_sent_away(relay: ServedRelay, connect: Connect) -> None:
    [listener] = relay.server.servers[0].sockets
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    client = await connect(receive_buffer=4096)
    client.ignore_answers()
    with suppress(ConnectionError), anyio.fail_after(60):
        while True:
            state = relay.server.server_state
            answered = state.total_requests
            await client.send(b"GET /metrics HTTP/1.1\r\nHost: relay\r\n\r\n" * 20)
            while state.total_requests == answered and state.tasks:  # fewer than what would be refused  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    await until(lambda: not relay.server.server_state.connections)
    assert not relay.server.server_state.tasks


async def test_requests_without_waiting_for_answers_do_not_fill_the_memory(
    relay: ServedRelay, connect: Connect
) -> None:
    client = await connect()
    await client.send((GET + b"\r\n") * 50)
    await client.send((GET + b"\r\n") * 5000)
    assert b"HTTP/1.1 400" in await client.answers()
    await until(lambda: not relay.server.server_state.connections)


class TestCrowds:
    async def test_a_crowd_of_one_address_ends_its_own_oldest_only(self, relay: ServedRelay, connect: Connect) -> None:
        other = await connect("127.0.0.2")
        await other.send(GET)
        crowd = []
        for _ in range(5):
            crowd.append(await connect())
            await crowd[-1].send(GET)
        await until(lambda: len(relay.server.server_state.connections) == 6)
        last = await connect()
        assert (await crowd[0].answers()).startswith(b"HTTP/1.1 408")
        await other.send(b"Connection: close\r\n\r\n")
        await last.send(GET + b"Connection: close\r\n\r\n")
        assert (await other.answers()).startswith(b"HTTP/1.1 200")
        assert (await last.answers()).startswith(b"HTTP/1.1 200")

    async def test_a_crowd_of_many_addresses_keeps_nobody_out(self, relay: ServedRelay, connect: Connect) -> None:
        crowd = []
        for number in range(8):
            crowd.append(await connect(f"127.0.1.{number // 2 + 1}"))
            await crowd[-1].send(GET)
        await until(lambda: len(relay.server.server_state.connections) == 8)
        assert (await relay.get("/readyz")).status_code == 200
        assert (await crowd[0].answers()).startswith(b"HTTP/1.1 408")

    async def test_a_flood_of_connections_does_not_keep_events_out(
        self, relay: ServedRelay, connect: Connect, hub: RecordingGitHub
    ) -> None:
        for number in range(300):
            client = await connect(f"127.0.2.{number % 200 + 1}")
            with suppress(ConnectionError):
                await client.send(TRUSTED + LONG + b"{")
            if number % 30 == 0:
                status, _ = await relay.falcosidekick(E02, event_id=f"good-{number}")
                assert status == 202
        assert len(await hub.heard(10)) == 10
        assert len(relay.server.server_state.connections) <= 8 + 1


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("pieces", [1, 2, 40])
async def test_an_offer_to_upgrade_loses_no_body(
    connect: Connect, hub: RecordingGitHub, framing: str, pieces: int
) -> None:
    """Java's HttpClient offers `Upgrade: h2c` with its first request, and keeps the connection."""
    client = await connect()
    for number in range(2):
        body = json.dumps(sidekick.cloudevent(E02, event_id=f"java-{number}")).encode()
        head = POST + UPGRADE + b"Authorization: Bearer %b\r\n" % TOKEN.encode()
        head += b"Content-Type: application/cloudevents+json\r\n"
        if framing == "length":
            request = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
        else:
            half = len(body) // 2
            chunks = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in (body[:half], body[half:], b""))
            request = head + CHUNKED + chunks
        size = -(-len(request) // pieces)
        for start in range(0, len(request), size):
            await client.send(request[start : start + size])
            await asyncio.sleep(0.001)
        head = await client._reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 202")
        assert b"close" not in head
        assert json.loads(await client._reader.readuntil(b"}")) == {"accepted": 1, "coalesced": 0, "ignored": 0}
    assert [event["id"] for event in await hub.heard(2)] == ["java-0", "java-1"]


async def test_any_other_offer_to_upgrade_is_ignored_too(connect: Connect) -> None:
    client = await connect()
    websocket = b"Connection: close, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    await client.send(GET + websocket + b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
    assert (await client.answers()).startswith(b"HTTP/1.1 200")
