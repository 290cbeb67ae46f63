"""Delivers letters from the outbox to GitHub: in order, at intervals, and again until GitHub has accepted them.

This module decides when to send and what to do with each outcome. It does not build requests or read answers.
"""

import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import anyio
import msgspec

from relay.errors import StorageFailed
from relay.github.dispatch import with_coalesced
from relay.github.outcome import HINTS, Answer, Cause, Delivered, Rejected, Retry
from relay.metrics import Metrics
from relay.outbox.protocol import Claim, Outbox

log = logging.getLogger("relay.delivery")

_LONGEST_BACKOFF = 300.0
_LONGEST_STORAGE_BACKOFF = 10.0
# "wait for at least one minute before retrying": if GitHub gives no time
_RATE_LIMIT_SECONDS = 60.0

Send = Callable[[Sequence[bytes]], Awaitable[Answer]]


class Delivery:
    """The one consumer of an outbox."""

    def __init__(self, outbox: Outbox, send: Send, *, room: int, min_interval: float, metrics: Metrics) -> None:
        self._outbox = outbox
        self._send = send
        self._room = room
        self._min_interval = min_interval
        self._metrics = metrics
        self._failures = 0
        self._next_attempt = 0.0
        self._stopping = False
        self._idle = anyio.CancelScope()

    async def run(self) -> None:
        """Run until `stop` or cancellation. A failure with one claim does not end it."""
        while not self._stopping:
            try:
                await self._next()
            except StorageFailed as error:
                log.error("storage failed", extra={"detail": error.detail})
                self._wait(backoff(1))
            except Exception:
                # A relay that accepts events but has stopped delivering them would be the worst failure.
                log.exception("delivery failed")
                self._wait(backoff(1))

    def stop(self) -> None:
        """Stop claiming and waiting; the current attempt is finished."""
        self._stopping = True
        self._idle.cancel()

    async def _next(self) -> None:
        """Claim letters and send them in one dispatch; split the batch each time GitHub rejects it."""
        await self._pause()
        claims: Sequence[Claim] = []
        with anyio.CancelScope() as self._idle:
            claims = await self._outbox.claim(room=self._room)
        parts = [claims] if claims else []
        while parts and not self._stopping:
            part = parts.pop()
            match await self._attempt(part):
                case Delivered():
                    await self._record(partial(self._outbox.settle, part))
                case Rejected(reason) if len(part) == 1:
                    await self._record(partial(self._outbox.bury, part[0], reason=reason))
                case Rejected():  # halve until the one event that GitHub rejects is alone; the older half goes first
                    half = len(part) // 2
                    parts += [part[half:], part[:half]]
                case Retry():
                    parts.append(part)
                    break
            await self._pause()
        if parts:
            await self._outbox.release([claim for part in reversed(parts) for claim in part])

    async def _record(self, write: Callable[[], Awaitable[None]]) -> None:
        """Record an outcome, and retry until that succeeds: a full disk must not cause repeated dispatches."""
        failures = 0
        while True:
            try:
                return await write()
            except StorageFailed as error:
                if self._stopping:
                    raise
                log.error("storage failed", extra={"detail": error.detail})
                failures += 1
                self._wait(min(backoff(failures), _LONGEST_STORAGE_BACKOFF))
                await self._pause()

    async def _attempt(self, claims: Sequence[Claim]) -> Answer:
        started = time.monotonic()
        answer = await self._send([with_coalesced(claim.document, claim.coalesced) for claim in claims])
        wait = self._min_interval
        if isinstance(answer, Retry):
            self._failures += 1
            wait = max(wait, answer.delay or self._backoff(answer.cause))
        else:
            self._failures = 0
        self._wait(wait)
        self._metrics.count_attempt(answer, events=len(claims), seconds=time.monotonic() - started)
        _log(answer, claims, wait=wait)
        return answer

    def _backoff(self, cause: Cause) -> float:
        return backoff(self._failures, first=_RATE_LIMIT_SECONDS if cause is Cause.RATE_LIMIT else 1.0)

    def _wait(self, seconds: float) -> None:
        self._next_attempt = time.monotonic() + seconds

    async def _pause(self) -> None:
        if not self._stopping:
            with anyio.CancelScope() as self._idle:
                await anyio.sleep(max(0.0, self._next_attempt - time.monotonic()))


def backoff(failures: int, *, first: float = 1.0) -> float:
    """Return the seconds to wait after so many failures in a row: doubled each time, capped, then spread."""
    longest = max(first, _LONGEST_BACKOFF)
    return min(longest, first * 2.0 ** min(failures - 1, 16)) * random.uniform(1.0, 1.5)  # noqa: S311  # spreads load, guards nothing


class _Identified(msgspec.Struct):
    id: str


def _log(answer: Answer, claims: Sequence[Claim], *, wait: float) -> None:
    """Log one line for an attempt, with the ids of its events (at most 100, cut at 64 characters)."""
    batch = {
        "events": len(claims),
        "ids": [msgspec.json.decode(claim.document, type=_Identified).id[:64] for claim in claims[:100]],
    }
    match answer:
        case Delivered(run_url):
            log.info("dispatched", extra={**batch, "run": run_url})
        case Rejected(reason):
            log.error("rejected", extra={**batch, "reason": reason})
        case Retry(cause, reason):
            trouble = {"cause": cause, "reason": reason, "hint": HINTS.get(cause), "wait": round(wait, 1)}
            log.warning("not dispatched", extra={**batch, **trouble})
