"""Delivers letters from the outbox to GitHub: at intervals, and again until GitHub has accepted them.

This module decides when to send and what to do with each outcome. It does not build requests or read answers, and
backoff.py decides how long it waits after a failure.
"""

import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import anyio
import msgspec

from relay.backoff import Backoff
from relay.errors import StorageFailed
from relay.github.dispatch import stamped
from relay.github.outcome import HINTS, Answer, Cause, Delivered, Rejected, Retry
from relay.metrics import Metrics
from relay.outbox.protocol import Claim, Outbox

log = logging.getLogger("relay.delivery")

_LONGEST_STORAGE_SECONDS = 10.0
# While nothing has got through yet, a batch is not split for longer than this: the settings may be wrong.
_UNPROVED_TRIES = 16

Send = Callable[[Sequence[bytes]], Awaitable[Answer]]


class Delivery:
    """The one consumer of an outbox."""

    def __init__(
        self,
        outbox: Outbox,
        send: Send,
        *,
        room: int,
        min_interval: float,
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._outbox = outbox
        self._send = send
        self._room = room
        self._min_interval = min_interval
        self._metrics = metrics
        self._clock = clock
        self._now = now
        self._sleep = sleep
        self._uniform = uniform
        self._backoff = Backoff(uniform=uniform)
        self._is_proved = False  # whether something has got through
        self._is_suspect = False  # whether everything was rejected before
        self._is_probe = False
        self._last_attempt = 0.0
        self._next_attempt = 0.0
        self._stopping = False
        self._idle = anyio.CancelScope()
        self._waiting = anyio.CancelScope()

    async def run(self) -> None:
        """Run until `stop` or cancellation. A failure with one claim does not end it."""
        while not self._stopping:
            try:
                await self._next()
            except StorageFailed as error:
                log.error("storage failed", extra={"detail": error.detail})
                self._wait(1.0)
            except Exception:
                # A relay that accepts events but has stopped delivering them would be the worst failure.
                log.exception("delivery failed")
                self._wait(1.0)

    def stop(self) -> None:
        """Stop claiming and waiting; the current attempt is finished."""
        self._stopping = True
        self._idle.cancel()
        self._waiting.cancel()

    def restart(self) -> None:
        """Try again at once: the credential has changed, and nothing is known of the new one."""
        self._is_proved = self._is_suspect = False
        self._backoff.reset()
        self._hurry()

    def probe(self) -> None:
        """Try again at once, because of a grave event; once for each wait, and not while GitHub limits the rate."""
        if self._backoff.take_probe():
            self._is_probe = True
            self._hurry()

    async def _next(self) -> None:
        """Claim letters and send them in one dispatch; split the batch each time GitHub rejects it."""
        await self._pause()
        if self._stopping:
            return
        claims: Sequence[Claim] = []
        with anyio.CancelScope() as self._idle:
            claims = await self._outbox.claim(room=self._room)
        parts = [claims] if claims else []
        rejected: list[tuple[Claim, str]] = []
        tries, is_failed = 0, False
        while parts and not self._stopping and not is_failed and self._has_tries(tries):
            part = parts.pop()
            tries += 1
            match await self._attempt(part):
                case Delivered():
                    await self._record(partial(self._outbox.settle, part))
                case Rejected(reason) if len(part) == 1:
                    rejected.append((part[0], reason))
                case Rejected():  # halve until the one event that GitHub rejects is alone
                    parts += self._halves(part)
                case Retry():
                    parts.append(part)
                    is_failed = True
            await self._bury(rejected)
            if parts and not is_failed:
                await self._pause()
        if rejected and not is_failed and not self._stopping:
            self._suspect_settings(rejected[-1][1])
        if parts or rejected:
            claims = [claim for part in reversed(parts) for claim in part]
            await self._outbox.release([*(claim for claim, _ in rejected), *claims])

    async def _bury(self, rejected: list[tuple[Claim, str]]) -> None:
        """Bury what was rejected, once something has got through; until then keep it."""
        while rejected and self._is_proved:
            claim, reason = rejected.pop(0)
            await self._record(partial(self._outbox.bury, claim, reason=reason))
            self._metrics.count_burial()

    def _has_tries(self, tries: int) -> bool:
        return self._is_proved or tries < _UNPROVED_TRIES

    def _halves(self, part: Sequence[Claim]) -> list[Sequence[Claim]]:
        """Return the halves, the one to send first last: the older one.

        As long as nothing has got through, chance decides: otherwise a few bad events that stand first could keep
        all others back.
        """
        half = len(part) // 2
        halves = [part[half:], part[:half]]
        is_turned = self._is_suspect and self._uniform(-1.0, 1.0) < 0
        return halves[::-1] if is_turned else halves

    async def _record(self, write: Callable[[], Awaitable[None]]) -> None:
        """Record an outcome, and retry until that succeeds: a full disk must not cause repeated dispatches."""
        seconds = 1.0
        while True:
            try:
                return await write()
            except StorageFailed as error:
                if self._stopping:
                    raise
                log.error("storage failed", extra={"detail": error.detail})
                self._wait(seconds)
                seconds = min(2 * seconds, _LONGEST_STORAGE_SECONDS)
                await self._pause()

    async def _attempt(self, claims: Sequence[Claim]) -> Answer:
        started = self._last_attempt = self._clock()
        is_probe, self._is_probe = self._is_probe, False
        now = self._now()
        documents = [
            stamped(claim.document, coalesced=claim.coalesced, accepted=claim.received, dispatched=now)
            for claim in claims
        ]
        answer = await self._send(documents)
        wait = self._min_interval
        match answer:
            case Retry():
                wait = max(wait, self._backoff.wait(answer, probed=is_probe))
            case Delivered():
                self._is_proved, self._is_suspect = True, False
                self._backoff.reset()
            case Rejected() if self._is_proved:
                self._backoff.reset()
        self._wait(wait)
        self._metrics.count_attempt(answer, events=len(claims), seconds=self._clock() - started)
        _log(answer, claims, wait=wait)
        return answer

    def _suspect_settings(self, reason: str) -> None:
        """Wait, because GitHub rejects all that it gets: no event is at fault as long as none has got through."""
        self._is_suspect = True
        trouble = Retry(Cause.CONFIGURATION, reason)
        wait = max(self._min_interval, self._backoff.wait(trouble))
        self._wait(wait)
        self._metrics.record_trouble(trouble.cause)
        hint = {"cause": trouble.cause, "reason": reason, "hint": HINTS[trouble.cause], "wait": round(wait, 1)}
        log.error("everything rejected", extra=hint)

    def _hurry(self) -> None:
        """End the present wait, but not sooner than the least interval after the last attempt."""
        self._next_attempt = min(self._next_attempt, self._last_attempt + self._min_interval)
        self._waiting.cancel()

    def _wait(self, seconds: float) -> None:
        self._next_attempt = self._clock() + seconds

    async def _pause(self) -> None:
        while not self._stopping and (seconds := self._next_attempt - self._clock()) > 0:
            with anyio.CancelScope() as self._waiting:
                await self._sleep(seconds)


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
