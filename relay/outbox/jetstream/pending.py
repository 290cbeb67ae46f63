"""Holds the letters that this relay has pulled from the stream and not yet acknowledged."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from nats.aio.client import Client
from nats.aio.msg import Msg

from relay.outbox.jetstream.feed import Feed
from relay.outbox.jetstream.records import LetterRecord, decode_letter
from relay.outbox.protocol import Letter

# Short, because a request that was lost with its server is only noticed after this time.
_POLL_SECONDS = 2.0
_PULLED_AT_ONCE = 64
_ANSWER_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _PendingLetter:
    record: LetterRecord
    reply: str


class PendingLetters:
    """Pending letters by their sequence in the stream, which is their order."""

    def __init__(self, connection: Client, *, stream: str) -> None:
        self._connection = connection
        self._stream = stream
        self._feed: Feed | None = None
        self._stale = False
        self._letters: dict[int, _PendingLetter] = {}
        self._acknowledged: set[int] = set()

    async def fill(self, *, room: int) -> None:
        """Wait for a letter, then pull all that may fit into the room."""
        feed = await self._current_feed()
        if not self._letters:
            await self._add(await feed.wait(seconds=_POLL_SECONDS))
        while self._letters and sum(pending.record.letter.size for pending in self._letters.values()) <= room:
            messages = await feed.take(_PULLED_AT_ONCE)
            await self._add(messages)
            if len(messages) < _PULLED_AT_ONCE:
                break

    def select(self, *, room: int) -> list[tuple[int, Letter]]:
        """Return the oldest letters that fit into the room, at least one."""
        selection: list[tuple[int, Letter]] = []
        for key in sorted(self._letters):
            letter = self._letters[key].record.letter
            room -= letter.size
            if room < 0 and selection:
                break
            selection.append((key, letter))
        return selection

    def get(self, key: int) -> LetterRecord | None:
        return self._letters[key].record if key in self._letters else None

    async def acknowledge(self, keys: Sequence[int]) -> None:
        """Acknowledge these letters. One that cannot be acknowledged now will be when it comes again."""
        self._acknowledged.update(keys)
        await asyncio.gather(*[self._acknowledge(key) for key in keys])

    def forget(self) -> None:
        """Start again from the oldest letter in the stream that is not acknowledged."""
        self._stale = True
        self._letters.clear()

    async def _current_feed(self) -> Feed:
        if self._feed is not None and self._stale:
            await self._feed.close()
            self._feed = None
        if self._feed is None:
            self._letters.clear()
            self._stale = False
            self._feed = await Feed.open(self._connection, stream=self._stream)
        return self._feed

    async def _add(self, messages: Sequence[Msg]) -> None:
        for message in messages:
            self._letters[message.metadata.sequence.stream] = _PendingLetter(decode_letter(message.data), message.reply)
        await asyncio.gather(*[self._acknowledge(key) for key in self._acknowledged & self._letters.keys()])

    async def _acknowledge(self, key: int) -> None:
        if pending := self._letters.get(key):
            await self._connection.request(pending.reply, b"+ACK", timeout=_ANSWER_SECONDS)
            self._letters.pop(key, None)
            self._acknowledged.discard(key)
