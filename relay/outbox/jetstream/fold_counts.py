"""Counts the folded events of each act: one message for each event, until GitHub knows the count."""

import asyncio
from collections.abc import Sequence
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
        self._counted_to = 0

    async def add(self, letter: Letter) -> None:
        await publish(self._context, Message(self._subject(letter.act), b"", letter.identity.hex()))

    async def counts(self) -> dict[bytes, int]:
        info = await self._context.stream_info(self._stream, subjects_filter=f"{self._stream}.*")
        self._counted_to = info.state.last_seq
        subjects = info.state.subjects or {}
        return {bytes.fromhex(subject.rpartition(".")[2]): count for subject, count in subjects.items()}

    async def forget(self, claims: Sequence[Claim]) -> None:
        """Subtract what the last `counts` returned for these claims; later events stay counted."""
        with suppress(nats.errors.Error):
            await asyncio.gather(*[self._forget(claim.act) for claim in claims if claim.coalesced])

    async def _forget(self, act: bytes | None) -> None:
        await self._context.purge_stream(self._stream, seq=self._counted_to + 1, subject=self._subject(act))

    def _subject(self, act: bytes | None) -> str:
        return f"{self._stream}.{(act or b'').hex()}"
