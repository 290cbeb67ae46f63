"""Clients that may be slow, over real sockets, and what they send."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress

import anyio

from tests.relay.serving import TOKEN

POST = b"POST / HTTP/1.1\r\nHost: relay\r\n"
TRUSTED = POST + b"Authorization: Bearer %b\r\nContent-Type: application/json\r\n" % TOKEN.encode()
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
LONG = b"Content-Length: 1000000\r\n\r\n"
GET = b"GET /healthz HTTP/1.1\r\nHost: relay\r\n"


class Client:
    """One connection, which is never closed from this side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def answers(self) -> bytes:
        """All that comes until the relay closes."""
        received = b""
        with suppress(ConnectionError):
            while data := await self._reader.read(65536):
                received += data
        return received

    async def receive(self, *, count: int) -> bytes:
        """So many answers with a length."""
        received = b""
        for _ in range(count):
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head)
            assert length is not None
            received += head + await self._reader.readexactly(int(length[1]))
        return received

    async def drip(self, drop: bytes) -> bytes:
        """Send a drop again and again until the relay resets the connection; return all that came."""
        answers = asyncio.create_task(self.answers())
        with suppress(ConnectionError), anyio.fail_after(60):
            while True:
                await self.send(drop)
                await asyncio.sleep(0.02)
        return await answers

    def ignore_answers(self) -> None:
        """Leave them in the kernel."""
        transport = self._writer.transport
        assert isinstance(transport, asyncio.ReadTransport)
        transport.pause_reading()

    def leave(self) -> None:
        self._writer.transport.abort()


Connect = Callable[..., Awaitable[Client]]
