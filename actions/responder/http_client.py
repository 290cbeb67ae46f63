"""HTTP calls of the action: one request and its whole answer within a time limit.

It follows no redirect, so credentials reach nobody but the address they are meant for, and it never logs. Which answer
is a success is for the caller to decide. The standard library only: the action installs what it needs on every run.
"""

import base64
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from urllib.parse import SplitResult, unquote, urlsplit

from .errors import NoAnswer

if TYPE_CHECKING:
    from email.message import Message
    from http.client import HTTPConnection, HTTPResponse


@dataclass(frozen=True, kw_only=True)
class HttpAnswer:
    """An answer that arrived whole."""

    status: int
    headers: "Message"
    body: bytes


@dataclass(frozen=True, kw_only=True)
class HttpClient:
    """Makes calls, through a proxy where one is set for the address.

    https://docs.github.com/en/actions/how-tos/manage-runners/self-hosted-runners/use-proxy-servers
    """

    https_proxy: str = field(default="", repr=False)
    http_proxy: str = field(default="", repr=False)
    no_proxy: tuple[str, ...] = ()

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Return the client for the proxies that the environment names."""
        https, http, without = (
            environ.get(name) or environ.get(name.upper(), "") for name in ("https_proxy", "http_proxy", "no_proxy")
        )
        return cls(
            https_proxy=https,
            http_proxy=http,
            no_proxy=tuple(filter(None, (host.strip().lower() for host in without.split(",")))),
        )

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        time_limit: float,
        body_limit: int,
    ) -> HttpAnswer:
        """Return the answer to a request.

        A user and password in `url` become Basic authorization. `time_limit` in seconds covers everything from the
        name of the host to the last byte, `body_limit` counts the bytes of the answer's body. Raises NoAnswer.
        """
        call = _Call(self, method, url, headers, body, time_limit, body_limit)
        # Sockets limit single operations only, and the resolver nothing: a thread that is left behind limits them all.
        thread = threading.Thread(target=call.run, daemon=True)
        thread.start()
        thread.join(time_limit)
        if thread.is_alive():
            call.abort()
            raise NoAnswer(f"no whole answer within {time_limit:g} seconds")
        if call.answer is None:
            raise NoAnswer(call.problem)
        return call.answer

    def proxy_for(self, address: SplitResult) -> SplitResult | None:
        """Return the address of the proxy for a call, None where it goes straight to the host."""
        proxy = self.https_proxy if address.scheme == "https" else self.http_proxy
        host = (address.hostname or "").lower()
        names = {host, f"{host}:{address.port or _default_port(address)}"}
        for pattern in self.no_proxy:
            if pattern == "*" or any(name == pattern or name.endswith(f".{pattern.lstrip('*.')}") for name in names):
                return None
        return urlsplit(proxy if "://" in proxy else f"http://{proxy}") if proxy else None


class _Call:
    """One call, which runs in a thread of its own; `problem` says why there is no answer."""

    def __init__(
        self,
        client: HttpClient,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        time_limit: float,
        body_limit: int,
    ) -> None:
        self._client = client
        self._method = method
        self._url = url
        self._headers = headers
        self._body = body
        self._time_limit = time_limit
        self._body_limit = body_limit
        self._connection: HTTPConnection | None = None
        self._is_aborted = False
        self.answer: HttpAnswer | None = None
        self.problem = ""

    def run(self) -> None:
        """Make the call and keep the answer, or the problem."""
        from http import client  # a tenth of the action's start, which a commit by git does without

        try:
            self.answer = self._exchange()
        except (OSError, ValueError, client.HTTPException) as error:
            # The name of the error only: its text may repeat the address, which may be a secret.
            self.problem = self.problem or f"no answer ({type(error).__name__})"
        finally:
            if self._connection:
                self._connection.close()

    def abort(self) -> None:
        """Close the connection, so that the thread ends."""
        import socket

        self._is_aborted = True
        connection = self._connection
        if connection and connection.sock:
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                connection.close()

    def _exchange(self) -> HttpAnswer | None:
        address = urlsplit(self._url)
        proxy = self._client.proxy_for(address)
        self._connection = self._connect(address, proxy)
        self._connection.connect()
        if self._is_aborted:  # nobody waits any more, so nothing may happen on the other side
            return None
        target = (address.path or "/") + (f"?{address.query}" if address.query else "")
        headers = {**_basic(address, "Authorization"), **self._headers}
        if proxy and address.scheme == "http":
            target = f"http://{address.netloc.rpartition('@')[2]}{target}"
            headers |= _basic(proxy, "Proxy-Authorization")
        self._connection.request(self._method, target, self._body, headers)
        response = self._connection.getresponse()
        body = response.read(self._body_limit + 1)
        if len(body) > self._body_limit:
            self.problem = f"an answer of more than {self._body_limit:,} bytes"
            return None
        if _is_truncated(response):
            self.problem = "a truncated answer"
            return None
        return HttpAnswer(status=response.status, headers=response.headers, body=body)

    def _connect(self, address: SplitResult, proxy: SplitResult | None) -> "HTTPConnection":
        from http import client

        kinds: dict[str, type[HTTPConnection]] = {"http": client.HTTPConnection, "https": client.HTTPSConnection}
        host = proxy or address
        if address.scheme not in kinds:
            raise ValueError("neither http nor https")
        if proxy and proxy.scheme != "http":  # http.client speaks TLS inside a tunnel, but not to the proxy itself
            self.problem = "the proxy is no http address"
            raise ValueError(self.problem)
        port = host.port or _default_port(host)
        connection = kinds[address.scheme](host.hostname or "", port, timeout=self._time_limit)
        if proxy and address.scheme == "https":
            connection.set_tunnel(address.hostname or "", address.port, headers=_basic(proxy, "Proxy-Authorization"))
        return connection


def is_address(url: str) -> bool:
    """Return whether a text is an http or https address. Its errors would repeat the text, which may be a secret."""
    try:
        address = urlsplit(url)
        return address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        return False


def _is_truncated(response: "HTTPResponse") -> bool:
    """Return whether an answer ended early, which http.client does not notice where it reads up to a size.

    A head that is cut off has lost its length, so an answer must have one, unless its end is the connection's.
    """
    if response.chunked:
        return False  # `read` has raised IncompleteRead
    if response.length is None:
        return response.version == 11 and response.headers.get("connection", "").lower() != "close"
    return response.length > 0


def _basic(address: SplitResult, header: str) -> dict[str, str]:
    """Return the header for the user and password in an address, none if it has none."""
    if address.username is None:
        return {}
    pair = f"{unquote(address.username)}:{unquote(address.password or '')}"
    return {header: f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _default_port(address: SplitResult) -> int:
    return 443 if address.scheme == "https" else 80
