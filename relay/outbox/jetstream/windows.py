"""Which workloads had a letter lately: what each relay knows, and a key-value bucket that tells all of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import nats
from nats.js.kv import KeyValue

from relay.outbox.dedup import Memory
from relay.outbox.protocol import Letter


class Windows:
    """Keys are workloads, values the time of the letter that opened the window, by the clock of its relay."""

    def __init__(self, bucket: KeyValue, memory: Memory, *, now: Callable[[], float]) -> None:
        self._bucket = bucket
        self._memory = memory
        self._now = now
        self._busy: dict[bytes, asyncio.Event] = {}

    @asynccontextmanager
    async def known(self, letters: Sequence[Letter]) -> AsyncIterator[None]:
        """The memory knows the open windows of these letters, and no other request of this relay opens one of them."""
        workloads = {letter.workload for letter in letters if letter.workload is not None}
        if not self._memory.coalesces or not workloads:
            yield
            return
        while busy := [self._busy[workload] for workload in workloads if workload in self._busy]:
            await busy[0].wait()
        now = self._now()
        done = asyncio.Event()
        mine = [workload for workload in workloads if not self._memory.folds(workload, now)]
        self._busy |= dict.fromkeys(mine, done)
        try:
            await asyncio.gather(*map(self._learn, mine))
            yield
        finally:
            for workload in mine:
                del self._busy[workload]
            done.set()

    async def open(self, workloads: Sequence[bytes], *, since: float) -> None:
        """Tell the others; if that fails, they may keep a letter each."""
        if self._memory.coalesces:
            with suppress(nats.errors.Error):
                await asyncio.gather(*[self._bucket.put(each.hex(), repr(since).encode()) for each in workloads])

    async def _learn(self, workload: bytes) -> None:
        """Not knowing is no harm: at worst this relay keeps one more letter."""
        with suppress(nats.errors.Error):
            entry = await self._bucket.get(workload.hex())
            self._memory.learn(workload, float(entry.value or 0))
