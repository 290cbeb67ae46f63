"""Limits the size and the duration of a request's head, which uvicorn itself does not limit.

Otherwise anybody could fill the memory with headers, or keep connections open, without a token. The limits of the body
are in the intake.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Falcosidekick's headers take less than 1 KiB, and any token less than 16 KiB.
_MAX_HEAD = 64 * 1024
_HEAD_SECONDS = 10.0


class BufferedTransport:
    """A transport that sends the writes of one turn of the loop together: uvicorn writes head and body separately."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._buffer: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._buffer:
            self._loop.call_soon(self._send)
        self._buffer.append(data)

    def close(self) -> None:
        self._send()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:  # everything else that uvicorn asks of a transport
        return getattr(self._transport, name)

    def _send(self) -> None:
        if self._buffer and not self._transport.is_closing():
            self._transport.write(b"".join(self._buffer))
        self._buffer.clear()


class BoundedHttp(HttpToolsProtocol):
    """One connection. It answers 431 if a request without its body is too large, 408 if the head comes too late."""

    _bytes_without_body = 0
    _in_head = False
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's signature
        super().connection_made(BufferedTransport(transport, self.loop))  # type: ignore[arg-type]  # it behaves like one
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._bytes_without_body += len(data)
        super().data_received(data)
        if self._bytes_without_body > _MAX_HEAD:
            self._end(b"431 Request Header Fields Too Large")
        elif self._in_head and self._timer is None:
            self._arm()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._bytes_without_body = 0  # bytes in the same read are not counted; they are few
        self._in_head = True

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._disarm()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._bytes_without_body -= len(body)
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
