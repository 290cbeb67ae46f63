"""The letters that this relay has taken out of the stream to deliver them, and not acknowledged yet."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from nats.aio.client import Client
from nats.aio.msg import Msg

from relay.outbox.jetstream.feed import Feed
from relay.outbox.jetstream.stored import Kept, kept
from relay.outbox.protocol import Letter

# Short, since a request that a server took with it when it went is only missed after this.
_POLL_SECONDS = 2.0
_PULLED_AT_ONCE = 64
_ANSWER_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Held:
    kept: Kept
    reply: str


class Held:
    """By their sequence in the stream, which is their order."""

    def __init__(self, connection: Client, *, stream: str) -> None:
        self._connection = connection
        self._stream = stream
        self._feed: Feed | None = None
        self._stale = False
        self._letters: dict[int, _Held] = {}
        self._done: set[int] = set()

    async def fill(self, *, room: int) -> None:
        """Wait for a letter, then take all that may fit."""
        feed = await self._fresh()
        if not self._letters:
            await self._take(await feed.wait(seconds=_POLL_SECONDS))
        while self._letters and sum(each.kept.letter.size for each in self._letters.values()) <= room:
            messages = await feed.more(_PULLED_AT_ONCE)
            await self._take(messages)
            if len(messages) < _PULLED_AT_ONCE:
                break

    def fitting(self, *, room: int) -> list[tuple[int, Letter]]:
        """The oldest that fit, at least one."""
        chosen: list[tuple[int, Letter]] = []
        for key in sorted(self._letters):
            letter = self._letters[key].kept.letter
            room -= letter.size
            if room < 0 and chosen:
                break
            chosen.append((key, letter))
        return chosen

    def get(self, key: int) -> Kept | None:
        return self._letters[key].kept if key in self._letters else None

    async def acknowledge(self, keys: Sequence[int]) -> None:
        """Done with these: what cannot be acknowledged now will be if it comes again."""
        self._done.update(keys)
        await asyncio.gather(*[self._acknowledge(key) for key in keys])

    def forget(self) -> None:
        """Start again from the oldest letter in the stream, with all that is not acknowledged."""
        self._stale = True
        self._letters.clear()

    async def _fresh(self) -> Feed:
        if self._feed is not None and self._stale:
            await self._feed.close()
            self._feed = None
        if self._feed is None:
            self._letters.clear()
            self._stale = False
            self._feed = await Feed.open(self._connection, stream=self._stream)
        return self._feed

    async def _take(self, messages: Sequence[Msg]) -> None:
        for message in messages:
            self._letters[message.metadata.sequence.stream] = _Held(kept(message.data), message.reply)
        await asyncio.gather(*[self._acknowledge(key) for key in self._done & self._letters.keys()])

    async def _acknowledge(self, key: int) -> None:
        if held := self._letters.get(key):
            await self._connection.request(held.reply, b"+ACK", timeout=_ANSWER_SECONDS)
            self._letters.pop(key, None)
            self._done.discard(key)
