"""A wire to the local GitHub that notes when each request comes, and breaks as wires and proxies do."""

import asyncio
import re
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from urllib.parse import urlsplit


class Trouble(Enum):
    """What becomes of one request. After the last three GitHub has got it, and the sender cannot know."""

    RESET = auto()
    CLOSED = auto()
    HANG = auto()
    RESET_AFTER = auto()
    HALF_ANSWER = auto()
    GARBAGE = auto()


class Wire:
    """A proxy. Requests meet the troubles one after the other; when there are none left, all goes well."""

    def __init__(self, upstream: str, url: str) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname, parts.port)
        self.url = url
        self.troubles: deque[Trouble] = deque()
        self.arrivals: list[float] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the relay."""
        try:
            while not writer.is_closing():
                request = await _message(reader)
                self.arrivals.append(time.monotonic())
                await self._answer(request, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        trouble = self.troubles.popleft() if self.troubles else None
        if trouble is Trouble.HANG:
            await asyncio.sleep(3600)
        if trouble not in (Trouble.RESET, Trouble.CLOSED):
            answer = await self._forward(request)
            if trouble is Trouble.GARBAGE:
                answer = bytes(byte ^ 0x55 for byte in answer)
            if trouble is Trouble.HALF_ANSWER:
                answer = answer[: len(answer) // 2]
            if trouble is not Trouble.RESET_AFTER:
                writer.write(answer)
                await writer.drain()
        if trouble in (Trouble.RESET, Trouble.RESET_AFTER):  # no time to linger: the kernel sends RST
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if trouble:
            writer.close()

    async def _forward(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(*self._upstream)
        try:
            writer.write(request)
            return await _message(reader)
        finally:
            writer.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """A request or an answer, whole; all that come here say how long they are, or have no body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    return head + await reader.readexactly(int(length[1]) if length else 0)


@contextmanager
def laid(upstream: str) -> Iterator[Wire]:
    """A wire to the local GitHub at this address, until the end of the block."""
    listener = socket.create_server(("127.0.0.1", 0))
    wire = Wire(upstream, f"http://127.0.0.1:{listener.getsockname()[1]}")
    runner = asyncio.Runner()
    loop = runner.get_loop()
    stopped = asyncio.Event()

    async def run() -> None:
        async with await asyncio.start_server(wire.serve, sock=listener):
            await stopped.wait()

    thread = threading.Thread(target=runner.run, args=(run(),), name="wire")
    thread.start()
    try:
        yield wire
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join()
        runner.close()  # cancels what hangs
