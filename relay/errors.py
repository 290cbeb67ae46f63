"""The relay's errors, sorted by what the caller does next.

RelayError
├── BadSettings         exit code 2, every problem at once
├── StorageUnusable     the outbox cannot be opened: exit code 1, never start on it
├── NoToken             no token for GitHub is available: keep the events, try again
└── Refusal             a request is answered with `status`, `error` and `detail`; nothing of it was accepted
    ├── BadEvent             400: the sender must fix the event
    ├── BadHandshake         400: the sender must fix its request for consent
    ├── UnknownCaller        401: the sender must say who it is
    ├── TooSlow              408: the body did not come in time
    ├── TooLarge             413: the body is over its limit
    ├── UnsupportedContent   415: another content type, charset or encoding
    ├── BacklogFull          429: later
    └── StorageFailed        503: the disk or the stream cannot store it now
        └── StorageDamaged   503 too, and the process ends: what is stored can no longer be trusted
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar


class RelayError(Exception):
    """The base of all errors that this package raises on purpose."""


class BadSettings(RelayError):
    """The settings are not valid; `problems` name the variables, never their values."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class StorageUnusable(RelayError):
    """The outbox's storage cannot be used at all."""


class NoToken(RelayError):
    """The credential has no token now. `delay` is in seconds, if known; `hint` tells the operator what to fix.

    `is_passing` tells that the issuer was not reached, or failed: there is nothing to fix.
    """

    def __init__(
        self, reason: str, *, delay: float | None = None, hint: str | None = None, is_passing: bool = False
    ) -> None:
        super().__init__(reason)
        self.is_passing = is_passing
        self.reason = reason
        self.delay = delay
        self.hint = hint


class Refusal(RelayError):
    """A request that is not accepted. `detail` is for the sender and contains no secret."""

    status: ClassVar[int]
    error: ClassVar[str]
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class BadEvent(Refusal):
    """Neither a CloudEvent that the relay accepts nor Falco's JSON."""

    status = 400
    error = "bad event"


class BadHandshake(Refusal):
    """Not a valid request for consent to send events."""

    status = 400
    error = "bad handshake"


class UnknownCaller(Refusal):
    """No token, or one that belongs to no cluster."""

    status = 401
    error = "unknown caller"
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": 'Bearer realm="relay", Basic realm="relay"'}


class TooSlow(Refusal):
    """The body did not arrive in time."""

    status = 408
    error = "too slow"
    headers: ClassVar[Mapping[str, str]] = {"Connection": "close"}


class TooLarge(Refusal):
    """The body is over its limit."""

    status = 413
    error = "too large"


class UnsupportedContent(Refusal):
    """A content type, charset or content encoding that the relay does not read."""

    status = 415
    error = "unsupported content"


class BacklogFull(Refusal):
    """More waits for GitHub than the relay is allowed to keep."""

    status = 429
    error = "backlog full"
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "30"}


class StorageFailed(Refusal):
    """The outbox could not make the events durable."""

    status = 503
    error = "storage failed"
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "5"}


class StorageDamaged(StorageFailed):
    """The outbox's file is corrupt, truncated, or not the file that was opened."""
