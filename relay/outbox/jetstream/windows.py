"""Shares the open folding windows between relays, through a key-value bucket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import nats
from nats.js.kv import KeyValue

from relay.outbox.dedup import RecentLetters
from relay.outbox.protocol import Letter


class Windows:
    """Keys are workloads, values the time of the letter that opened the window, by the clock of its relay."""

    def __init__(self, bucket: KeyValue, memory: RecentLetters, *, now: Callable[[], float]) -> None:
        self._bucket = bucket
        self._memory = memory
        self._now = now
        self._busy: dict[bytes, asyncio.Event] = {}

    @asynccontextmanager
    async def reserve(self, letters: Sequence[Letter]) -> AsyncIterator[None]:
        """Load the open windows of these letters; until the end of the block no other request here opens one."""
        workloads = {letter.workload for letter in letters if letter.workload is not None}
        if not self._memory.coalesces or not workloads:
            yield
            return
        while busy := [self._busy[workload] for workload in workloads if workload in self._busy]:
            await busy[0].wait()
        now = self._now()
        end = asyncio.Event()
        reserved = [workload for workload in workloads if not self._memory.folds(workload, now)]
        self._busy |= dict.fromkeys(reserved, end)
        try:
            await asyncio.gather(*map(self._learn, reserved))
            yield
        finally:
            for workload in reserved:
                del self._busy[workload]
            end.set()

    async def open(self, workloads: Sequence[bytes], *, since: float) -> None:
        """Publish the windows to the other relays. If that fails, each relay may store a letter of its own."""
        if self._memory.coalesces:
            with suppress(nats.errors.Error):
                await asyncio.gather(
                    *[self._bucket.put(workload.hex(), repr(since).encode()) for workload in workloads]
                )

    async def _learn(self, workload: bytes) -> None:
        """Read a window from the bucket. A failure is harmless: this relay stores one more letter."""
        with suppress(nats.errors.Error):
            entry = await self._bucket.get(workload.hex())
            self._memory.learn(workload, float(entry.value or 0))
