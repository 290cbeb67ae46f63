"""Sends the writes of one turn of the loop together: uvicorn writes head and body separately."""

import asyncio
from collections.abc import Callable
from typing import Any


class BufferedTransport:
    """A transport for uvicorn. `close` decides how the transport below is closed."""

    def __init__(
        self,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        *,
        close: Callable[[asyncio.Transport], None] = lambda transport: transport.close(),
    ) -> None:
        self._transport = transport
        self._loop = loop
        self._close = close
        self._buffer: list[bytes] = []
        self._is_closing = False

    def write(self, data: bytes) -> None:
        if not self._buffer:
            self._loop.call_soon(self._send)
        self._buffer.append(data)

    def close(self) -> None:
        if not self._is_closing:
            self._send()
            self._is_closing = True
            self._close(self._transport)

    def is_closing(self) -> bool:
        return self._is_closing or self._transport.is_closing()

    def __getattr__(self, name: str) -> Any:  # everything else that uvicorn asks of a transport
        return getattr(self._transport, name)

    def _send(self) -> None:
        if self._buffer and not self.is_closing():
            self._transport.write(b"".join(self._buffer))
        self._buffer.clear()
