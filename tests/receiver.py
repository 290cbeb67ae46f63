"""A stand-in for a Flux Receiver that checks what notification-controller checks, and keeps what it was told.

https://fluxcd.io/flux/components/notification/receivers/
"""

import hashlib
import hmac
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.issuer import Issuer

LIMIT = 3 * 1024 * 1024  # bytes of a body


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request and the status that it was answered with."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    time: datetime


@dataclass(kw_only=True)
class FluxReceiver:
    """A Receiver of Flux's. The statuses in `scripted` are given first, whatever comes, one to a call."""

    type: str
    token: str
    issuer: Issuer | None = None
    address: str = ""
    scripted: list[int] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    @property
    def path(self) -> str:
        """As in .status.webhookPath: the path is a secret, made of the token and the Receiver's name and namespace."""
        return "/hook/" + hashlib.sha256(f"{self.token}falco-dispatchflux-system".encode()).hexdigest()

    @property
    def url(self) -> str:
        return self.address + self.path

    def answer(self, target: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status for a request; `target` is the raw request target, which has to be the path to the letter."""
        if self.scripted:
            return self.scripted.pop(0)
        if target != self.path:
            return 404
        if len(body) > LIMIT:
            return 413
        return 200 if self._is_proved(headers, body) else 400

    def _is_proved(self, headers: Mapping[str, str], body: bytes) -> bool:
        if self.type == "generic-hmac":
            return self._is_signed(headers.get("X-Signature", ""), body)
        if self.type == "github":
            event = headers.get("X-GitHub-Event", "") in ("push", "ping")
            return event and self._is_signed(headers.get("X-Hub-Signature-256", ""), body)
        if self.type == "generic-oidc":
            authorization = headers.get("Authorization", "")
            return self.issuer is not None and self.issuer.verify(authorization, "notification-controller")
        return self.type == "generic"

    def _is_signed(self, signature: str, body: bytes) -> bool:
        algorithm, _, digest = signature.partition("=")
        if algorithm not in ("sha1", "sha256", "sha512"):
            return False
        return hmac.compare_digest(digest, hmac.new(self.token.encode(), body, algorithm).hexdigest())

    @classmethod
    @contextmanager
    def start(
        cls,
        *,
        type: str,  # noqa: A002 - Flux's word
        token: str,
        scripted: Sequence[int] = (),
        issuer: Issuer | None = None,
    ) -> "Iterator[FluxReceiver]":
        """Serve on a free port until the end of the block."""
        receiver = cls(type=type, token=token, scripted=list(scripted), issuer=issuer)
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(receiver))
        receiver.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _handler(receiver: FluxReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = dict(self.headers.items())
            status = receiver.answer(self.path, headers, body)
            now = datetime.now(UTC)
            receiver.calls.append(Call(path=self.path, headers=headers, body=body, status=status, time=now))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: the calls are kept."""

    return Handler
