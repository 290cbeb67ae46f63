"""Bounds what the HTTP server bounds for nobody: how long and how large a request may be before its handler sees it.

Whoever can connect could otherwise fill the memory with headers, or keep any number of connections, without a token.
The body has its own bounds, in the intake.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Falcosidekick's headers take less than 1 KiB, and a token of any kind less than 16.
_MAX_HEAD = 64 * 1024
_HEAD_SECONDS = 10.0


class Together:
    """A transport that sends what is written in one turn of the loop at once: uvicorn writes head and body apart."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._written: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._written:
            self._loop.call_soon(self._send)
        self._written.append(data)

    def close(self) -> None:
        self._send()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:  # all else that uvicorn asks of a transport
        return getattr(self._transport, name)

    def _send(self) -> None:
        if self._written and not self._transport.is_closing():
            self._transport.write(b"".join(self._written))
        self._written.clear()


class BoundedHttp(HttpToolsProtocol):
    """One connection: 431 if all but the body is too large, 408 if a request does not begin in time."""

    _beside_body = 0
    _in_head = False
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(Together(transport, self.loop))  # type: ignore[arg-type]  # as good as one
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._beside_body += len(data)
        super().data_received(data)
        if self._beside_body > _MAX_HEAD:
            self._end(b"431 Request Header Fields Too Large")
        elif self._in_head and self._timer is None:
            self._arm()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._beside_body = 0  # what has come in the same piece is not counted, and not much
        self._in_head = True

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._disarm()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._beside_body -= len(body)
        super().on_body(body)

    def _arm(self) -> None:
        self._timer = self.loop.call_later(_HEAD_SECONDS, self._end, b"408 Request Timeout")

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self, status: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 %b\r\nconnection: close\r\ncontent-length: 0\r\n\r\n" % status)
            self.transport.close()
