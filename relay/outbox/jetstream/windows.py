"""Shares the open folding windows between relays, through a key-value bucket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import nats
from nats.js.kv import KeyValue

from relay.outbox.dedup import RecentLetters
from relay.outbox.protocol import Letter

_PROOF_KEY = "proof"  # all others are hexadecimal


class Windows:
    """Keys are acts, values the time of the letter that opened the window, by the clock of its relay."""

    def __init__(self, bucket: KeyValue, memory: RecentLetters, *, now: Callable[[], float]) -> None:
        self._bucket = bucket
        self._memory = memory
        self._now = now
        self._busy: dict[bytes, asyncio.Event] = {}

    @asynccontextmanager
    async def reserve(self, letters: Sequence[Letter]) -> AsyncIterator[None]:
        """Load the open windows of these letters; until the end of the block no other request here opens one."""
        acts = {letter.act for letter in letters if letter.act is not None}
        if not self._memory.coalesces or not acts:
            yield
            return
        while busy := [self._busy[act] for act in acts if act in self._busy]:
            await busy[0].wait()
        now = self._now()
        end = asyncio.Event()
        reserved = [act for act in acts if not self._memory.folds(act, now)]
        self._busy |= dict.fromkeys(reserved, end)
        try:
            await asyncio.gather(*map(self._learn, reserved))
            yield
        finally:
            for act in reserved:
                del self._busy[act]
            end.set()

    async def open(self, acts: Sequence[bytes], *, since: float) -> None:
        """Publish the windows to the other relays. If that fails, each relay may store a letter of its own."""
        if self._memory.coalesces:
            with suppress(nats.errors.Error):
                await asyncio.gather(*[self._bucket.put(act.hex(), repr(since).encode()) for act in acts])

    async def prove(self) -> None:
        """Write something, to see that the storage takes it. Raise what NATS raises."""
        await self._bucket.put(_PROOF_KEY, b"")

    async def _learn(self, act: bytes) -> None:
        """Read a window from the bucket. A failure is harmless: this relay stores one more letter."""
        with suppress(nats.errors.Error):
            entry = await self._bucket.get(act.hex())
            self._memory.learn(act, float(entry.value or 0))
