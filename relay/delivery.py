"""Takes letters from the outbox to GitHub, for ever: in order, spaced out, and again until GitHub has them."""

import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence

import anyio

from relay.answers import Answer, Delivered, Rejected, Retry
from relay.dispatch import with_coalesced
from relay.errors import StorageFailed
from relay.outbox import Claim, Outbox

log = logging.getLogger("relay.delivery")

_LONGEST_BACKOFF = 300.0

Send = Callable[[Sequence[str]], Awaitable[Answer]]


class Delivery:
    """The one consumer of an outbox."""

    def __init__(self, outbox: Outbox, send: Send, *, room: int, min_interval: float) -> None:
        self._outbox = outbox
        self._send = send
        self._room = room
        self._min_interval = min_interval
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
        await self._pause()
        claims: Sequence[Claim] = []
        with anyio.CancelScope() as self._idle:
            claims = await self._outbox.claim(room=self._room)
        parts = [claims] if claims else []
        while parts and not self._stopping:
            part = parts.pop()
            match await self._attempt(part):
                case Delivered():
                    await self._outbox.settle(part)
                case Rejected(reason) if len(part) == 1:
                    await self._outbox.bury(part[0], reason=reason)
                case Rejected():  # one of them is the cause: send ever smaller parts until it is alone, in order
                    half = len(part) // 2
                    parts += [part[half:], part[:half]]
                case Retry():
                    parts.append(part)
                    break
            await self._pause()
        await self._outbox.release([claim for part in reversed(parts) for claim in part])

    async def _attempt(self, claims: Sequence[Claim]) -> Answer:
        answer = await self._send([with_coalesced(claim.document, claim.coalesced) for claim in claims])
        wait = self._min_interval
        if isinstance(answer, Retry):
            self._failures += 1
            wait = max(wait, answer.after or 0.0, backoff(self._failures))
        else:
            self._failures = 0
        self._wait(wait)
        _log(answer, events=len(claims), wait=wait)
        return answer

    def _wait(self, seconds: float) -> None:
        self._not_before = time.monotonic() + seconds

    async def _pause(self) -> None:
        if not self._stopping:
            with anyio.CancelScope() as self._idle:
                await anyio.sleep(max(0.0, self._not_before - time.monotonic()))


def backoff(failures: int) -> float:
    """Seconds before the next attempt after so many failures in a row: exponential with jitter, capped."""
    return min(_LONGEST_BACKOFF, 2.0 ** min(failures, 16)) * random.uniform(0.5, 1.0)  # noqa: S311  # spreads load, guards nothing


def _log(answer: Answer, *, events: int, wait: float) -> None:
    match answer:
        case Delivered(run_url):
            log.info("dispatched", extra={"events": events, "run": run_url})
        case Rejected(reason):
            log.error("rejected", extra={"events": events, "reason": reason})
        case Retry(reason, _, hint):
            log.warning(
                "not dispatched", extra={"events": events, "reason": reason, "hint": hint, "wait": round(wait, 1)}
            )
