"""Limits the size and the duration of everything that a client may do on a connection, which uvicorn itself does not.

Otherwise anybody could fill the memory with headers, or keep connections open, without a token. Within these limits,
the intake decides about the body of a request.
"""

import asyncio
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from relay.server.connections import Connections
from relay.server.transport import BufferedTransport

# Falcosidekick's headers take less than 1 KiB, and any token less than 16 KiB.
_MAX_HEAD = 64 * 1024
# Requests that wait for the answers before theirs. Falcosidekick sends none before it has its answer.
_MAX_PIPELINE = 100


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The seconds that a client may take. `body` is more than the intake allows, whose answer is better."""

    head: float = 10.0
    body: float = 12.0
    answer: float = 10.0  # to take it
    closing: float = 5.0


class _Phase(Enum):
    IDLE = auto()
    HEAD = auto()
    BODY = auto()
    ANSWER = auto()


class BoundedHttp(HttpToolsProtocol):
    """One connection. It answers 431 if a request without its body is too large, 408 if the client takes too long.

    It is closed after an answer that did not wait for the end of the request.
    """

    _bytes_without_body = 0
    _is_receiving = False  # a request has begun and is not complete
    _in_head = False
    _keeps_alive = False  # what the client asked for in this request
    _upgrades = False
    _deadline: asyncio.TimerHandle | None = None
    _deadline_phase: _Phase | None = None
    _writing_deadline: asyncio.TimerHandle | None = None

    def __init__(self, *arguments: Any, registry: Connections, limits: Limits, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._registry = registry
        self._limits = limits

    @property
    def address(self) -> str:
        return self.client[0] if self.client else ""

    @property
    def is_waiting(self) -> bool:
        return self._phase() is not _Phase.ANSWER

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's signature
        buffered = BufferedTransport(transport, self.loop, close=self._close)
        super().connection_made(buffered)  # type: ignore[arg-type]  # it behaves like one
        self._limit(_Phase.HEAD)
        if not self._registry.admit(self):
            self._end(b"503 Service Unavailable")

    def connection_lost(self, exc: Exception | None) -> None:
        self._registry.remove(self)
        self._release()
        self._stop_writing_deadline()
        super().connection_lost(exc)

    def evict(self) -> None:
        self._is_receiving = False  # do not wait for the remainder
        if self.transport.is_closing():
            self.transport.abort()
        elif self._phase() is _Phase.IDLE and self.cycle is not None:
            self.transport.close()
        else:
            self._end(b"408 Request Timeout")

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        self._bytes_without_body += len(data)
        self._feed(data)
        if self.transport.is_closing():
            return
        if self._bytes_without_body > _MAX_HEAD:
            self._end(b"431 Request Header Fields Too Large")
        elif (phase := self._phase()) is _Phase.IDLE:  # nothing but line breaks so far
            self._limit(_Phase.HEAD)
        else:
            self._limit(phase)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._bytes_without_body = 0  # bytes in the same read are not counted; they are few
        self._is_receiving = self._in_head = True

    def on_headers_complete(self) -> None:
        self._upgrades = self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"
        if self._upgrades:
            return
        if len(self.pipeline) == _MAX_PIPELINE:
            raise ValueError("too many requests without waiting for an answer")  # the parser stops, we answer 400
        self._in_head = False
        super().on_headers_complete()
        self._keeps_alive, self.cycle.keep_alive = self.cycle.keep_alive, False

    def on_body(self, body: bytes) -> None:
        self._bytes_without_body -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._upgrades:
            return
        self._is_receiving = False
        self.cycle.keep_alive = self._keeps_alive and not self.cycle.response_started
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            return
        if self.pipeline:  # uvicorn would read on
            self.flow.pause_reading()
        if (phase := self._phase()) is _Phase.IDLE:  # uvicorn limits that
            self._release()
        else:
            self._unset_keepalive_if_required()
            self._limit(phase)

    def shutdown(self) -> None:
        self._keeps_alive = False
        super().shutdown()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stop_writing_deadline()
        self._writing_deadline = self.loop.call_later(self._limits.answer, self.transport.abort)

    def resume_writing(self) -> None:
        self._stop_writing_deadline()
        super().resume_writing()

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.logger.warning("Invalid HTTP request received.")
            self.send_400_response("Invalid HTTP request received.")
        except httptools.HttpParserUpgrade as upgrade:
            if self._upgrades:
                self._decline_upgrade(data[upgrade.args[0] :])
            else:
                self.send_400_response("CONNECT is not served here.")

    def _decline_upgrade(self, remainder: bytes) -> None:
        """Read the request again without its Upgrade header, after which the parser would not read the body.

        Java's client offers `Upgrade: h2c` with every first request. A server may ignore it:
        https://www.rfc-editor.org/rfc/rfc9110#section-7.8
        """
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)]
        lines += [name + b": " + value for name, value in self.headers if name != b"upgrade"]
        self._upgrades = False
        self.parser = httptools.HttpRequestParser(self)
        self._feed(b"\r\n".join([*lines, b"", b""]))
        if not self.transport.is_closing():
            self._feed(remainder)

    def _phase(self) -> _Phase:
        if self._is_receiving and not self._in_head and not self.pipeline:
            return _Phase.BODY
        if self.cycle is not None and not self.cycle.response_complete:
            return _Phase.ANSWER
        return _Phase.HEAD if self._is_receiving else _Phase.IDLE

    def _limit(self, phase: _Phase) -> None:
        """Begin the time limit of the phase, unless it has begun already."""
        if phase is self._deadline_phase:
            return
        self._release()
        if phase is not _Phase.ANSWER:
            seconds = self._limits.body if phase is _Phase.BODY else self._limits.head
            self._deadline = self.loop.call_later(seconds, self._end, b"408 Request Timeout")
            self._deadline_phase = phase

    def _release(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._deadline_phase = None

    def _stop_writing_deadline(self) -> None:
        if self._writing_deadline is not None:
            self._writing_deadline.cancel()
            self._writing_deadline = None

    def _end(self, status: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 %b\r\nconnection: close\r\ncontent-length: 0\r\n\r\n" % status)
            self.transport.close()

    def _close(self, transport: asyncio.Transport) -> None:
        """Close the connection, whatever the client does.

        While the client still sends, only this side is closed: on unread bytes the kernel would discard the answer.
        """
        self._release()
        self._deadline = self.loop.call_later(self._limits.closing, transport.abort)
        if not self._is_receiving:
            transport.close()
            return
        self.flow.resume_reading()
        if transport.can_write_eof():
            transport.write_eof()


def bounded_http(*, most: int, most_by_address: int, limits: Limits | None = None) -> partial[BoundedHttp]:
    """Return what makes the protocol of each connection, for uvicorn."""
    registry = Connections(most=most, most_by_address=most_by_address)
    return partial(BoundedHttp, registry=registry, limits=limits or Limits())
