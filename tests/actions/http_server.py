"""A server that answers by a script, byte for byte, and keeps the requests: for tests of what makes calls."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

DRIP_PAUSE = 0.05  # seconds between two bytes


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer; `raw` is sent instead of it, `drip` sends one byte at a time and never comes to an end.

    `at_once` sends it without a look at the request.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    raw: bytes | None = None
    drip: bool = False
    at_once: bool = False

    def encode(self) -> bytes:
        if self.raw is not None:
            return self.raw
        lines = [f"HTTP/1.1 {self.status} X", f"Content-Length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as it arrived; the names of headers are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    header_lines: tuple[tuple[str, str], ...] = ()

    def header_values(self, name: str) -> list[str]:
        """Return every value of a header that was sent more than once."""
        return [value for line_name, value in self.header_lines if line_name == name]


@dataclass(kw_only=True)
class HttpServer:
    """Gives its answers in turn, and closes each connection afterwards; the last one is given for ever."""

    answers: list[Answer]
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    listener: socket.socket
    port: int

    @classmethod
    @contextmanager
    def start(cls, *answers: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Self]:
        """Serve on a free port until the end of the block."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            server = cls(answers=list(answers) or [Answer()], tls=tls, listener=listener, port=port)
            thread = threading.Thread(target=server._serve)
            thread.start()
            try:
                yield server
            finally:
                listener.shutdown(socket.SHUT_RDWR)
                thread.join()

    @property
    def url(self) -> str:
        scheme, host = ("https", "localhost") if self.tls else ("http", "127.0.0.1")
        return f"{scheme}://{host}:{self.port}/a/path?b=c"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                try:
                    self._answer(connection)
                except OSError:  # the client has gone, as it should when its time is over
                    continue

    def _answer(self, connection: socket.socket) -> None:
        if self.tls:
            with self.tls.wrap_socket(connection, server_side=True) as secured:
                self._exchange(secured)
        else:
            self._exchange(connection)

    def _exchange(self, connection: socket.socket) -> None:
        if not self.answers[0].at_once:
            request = _read(connection)
            if request is None:
                return
            self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer.drip:
            _drip(connection, answer.encode())
        else:
            connection.sendall(answer.encode())


def _read(connection: socket.socket) -> Request | None:
    with connection.makefile("rb") as stream:
        line = stream.readline().decode()
        if not line:
            return None
        method, target, _ = line.split(" ")
        lines = []
        while header := stream.readline().decode().rstrip("\r\n"):
            name, _, value = header.partition(": ")
            lines.append((name.lower(), value))
        headers = dict(lines)
        body = stream.read(int(headers.get("content-length", 0)))
    return Request(method=method, target=target, headers=headers, body=body, header_lines=tuple(lines))


def _drip(connection: socket.socket, data: bytes) -> None:
    """Send a byte at a time, then spaces, until the client hangs up."""
    connection.settimeout(DRIP_PAUSE)
    sent = 0
    while True:
        connection.sendall(data[sent : sent + 1] or b" ")
        sent += 1
        try:
            if not connection.recv(1):
                return
        except TimeoutError:
            continue
