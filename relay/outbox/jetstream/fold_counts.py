"""Counts the folded events of each workload: one message for each event, until GitHub knows the count."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import nats
from nats.js import JetStreamContext

from relay.outbox.jetstream.publish import publish
from relay.outbox.protocol import Claim, Letter


class FoldCounts:
    """The counts are best effort: a wrong count does less harm than a lost event."""

    def __init__(self, context: JetStreamContext, *, stream: str) -> None:
        self._context = context
        self._stream = stream
        self._counted_to = 0

    async def add(self, letter: Letter) -> None:
        await publish(self._context, self._subject(letter.workload), (b"", letter.identity.hex()))

    async def counts(self) -> dict[bytes, int]:
        info = await self._context.stream_info(self._stream, subjects_filter=f"{self._stream}.*")
        self._counted_to = info.state.last_seq
        subjects = info.state.subjects or {}
        return {bytes.fromhex(subject.rpartition(".")[2]): count for subject, count in subjects.items()}

    async def forget(self, claims: Sequence[Claim]) -> None:
        """Subtract what the last `counts` returned for these claims; later events stay counted."""
        with suppress(nats.errors.Error):
            await asyncio.gather(*[self._forget(claim.workload) for claim in claims if claim.coalesced])

    async def _forget(self, workload: bytes | None) -> None:
        await self._context.purge_stream(self._stream, seq=self._counted_to + 1, subject=self._subject(workload))

    def _subject(self, workload: bytes | None) -> str:
        return f"{self._stream}.{(workload or b'').hex()}"
