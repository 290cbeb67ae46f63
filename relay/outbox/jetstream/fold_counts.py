"""Counts the folded events of each act: one message for each event, until GitHub knows the count."""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress

import nats
from nats.js import JetStreamContext

from relay.outbox.jetstream.publish import Message, publish
from relay.outbox.protocol import Claim, Letter


class FoldCounts:
    """The counts are best effort: a wrong count does less harm than a lost event."""

    def __init__(self, context: JetStreamContext, *, stream: str) -> None:
        self._context = context
        self._stream = stream
        self._counted_to: dict[bytes, int] = {}  # act -> the last sequence in the count

    async def add(self, letter: Letter) -> None:
        await publish(self._context, Message(self._subject(letter.act), b"", letter.identity.hex()))

    async def counts(self, acts: Collection[bytes]) -> dict[bytes, int]:
        """Return the counts of these acts. A list of all that were folded could be very long."""
        self._counted_to.clear()
        return dict(zip(acts, await asyncio.gather(*map(self._count, acts)), strict=True))

    async def forget(self, claims: Sequence[Claim]) -> None:
        """Subtract what the last `counts` returned for these claims; later events stay counted."""
        acts = [claim.act for claim in claims if claim.coalesced and claim.act in self._counted_to]
        with suppress(nats.errors.Error):
            await asyncio.gather(*map(self._forget, filter(None, acts)))

    async def _count(self, act: bytes) -> int:
        subject = self._subject(act)
        state = (await self._context.stream_info(self._stream, subjects_filter=subject)).state
        self._counted_to[act] = state.last_seq
        return (state.subjects or {}).get(subject, 0)

    async def _forget(self, act: bytes) -> None:
        following = self._counted_to[act] + 1
        await self._context.purge_stream(self._stream, seq=following, subject=self._subject(act))

    def _subject(self, act: bytes | None) -> str:
        return f"{self._stream}.{(act or b'').hex()}"
