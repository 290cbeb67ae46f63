"""Takes letters from the outbox to GitHub, for ever: in order, spaced out, and again until GitHub has them."""

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
# "wait for at least one minute before retrying", where GitHub gives no time
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
        self._not_before = 0.0
        self._stopping = False
        self._idle = anyio.CancelScope()

    async def run(self) -> None:
        """Runs until `stop`, or until cancelled. Nothing that goes wrong with one claim ends it."""
        while not self._stopping:
            try:
                await self._next()
            except StorageFailed as error:
                log.error("storage failed", extra={"detail": error.detail})
                self._wait(backoff(1))
            except Exception:
                # A relay that takes events and has stopped sending them would be the worst of all.
                log.exception("delivery failed")
                self._wait(backoff(1))

    def stop(self) -> None:
        """Claim no more, wait for nothing; the attempt under way is finished."""
        self._stopping = True
        self._idle.cancel()

    async def _next(self) -> None:
        """Claims what waits and sends it in one dispatch, or in ever smaller ones if GitHub rejects it."""
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
                case Rejected():  # one of them is the cause, and is alone in the end; the older half goes first
                    half = len(part) // 2
                    parts += [part[half:], part[:half]]
                case Retry():
                    parts.append(part)
                    break
            await self._pause()
        if parts:
            await self._outbox.release([claim for part in reversed(parts) for claim in part])

    async def _record(self, write: Callable[[], Awaitable[None]]) -> None:
        """Until what GitHub said is kept, nothing is sent: a full disk must not make it hear the same every second."""
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
            wait = max(wait, answer.after or self._backoff(answer.cause))
        else:
            self._failures = 0
        self._wait(wait)
        self._metrics.attempted(answer, events=len(claims), seconds=time.monotonic() - started)
        _log(answer, claims, wait=wait)
        return answer

    def _backoff(self, cause: Cause) -> float:
        return backoff(self._failures, first=_RATE_LIMIT_SECONDS if cause is Cause.RATE_LIMIT else 1.0)

    def _wait(self, seconds: float) -> None:
        self._not_before = time.monotonic() + seconds

    async def _pause(self) -> None:
        if not self._stopping:
            with anyio.CancelScope() as self._idle:
                await anyio.sleep(max(0.0, self._not_before - time.monotonic()))


def backoff(failures: int, *, first: float = 1.0) -> float:
    """Seconds before the next attempt after so many failures in a row: doubled each time, capped, then spread."""
    longest = max(first, _LONGEST_BACKOFF)
    return min(longest, first * 2.0 ** min(failures - 1, 16)) * random.uniform(1.0, 1.5)  # noqa: S311  # spreads load, guards nothing


class _Identified(msgspec.Struct):
    id: str


def _log(answer: Answer, claims: Sequence[Claim], *, wait: float) -> None:
    """One line an attempt; it names the events by id, as far as the line bears it."""
    about = {
        "events": len(claims),
        "ids": [msgspec.json.decode(claim.document, type=_Identified).id[:64] for claim in claims[:100]],
    }
    match answer:
        case Delivered(run_url):
            log.info("dispatched", extra={**about, "run": run_url})
        case Rejected(reason):
            log.error("rejected", extra={**about, "reason": reason})
        case Retry(cause, reason):
            trouble = {"cause": cause, "reason": reason, "hint": HINTS.get(cause), "wait": round(wait, 1)}
            log.warning("not dispatched", extra={**about, **trouble})
