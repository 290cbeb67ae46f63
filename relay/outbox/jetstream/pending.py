"""Reads from the stream the letters whose turn it is, and removes those that were delivered.

It decides neither the turns (turns.py) nor which relay delivers (lease.py), and does not count what waits (census.py).
"""

import asyncio
import json
from collections import Counter, deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import NamedTuple

import nats
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from relay.outbox.jetstream.census import Census
from relay.outbox.jetstream.records import LetterRecord, decode_letter
from relay.outbox.jetstream.subjects import filter_of
from relay.outbox.turns import Lane

# A letter of which no relay could tell this one is found after this time, if nothing else waits.
POLL_SECONDS = 2.0
_READ_AT_ONCE = 32
# More letters than fit into any dispatch.
_MOST_SELECTED = 1000
_ANSWER_SECONDS = 5.0


class _PendingLetter(NamedTuple):
    record: LetterRecord
    lane: Lane
    gravity: int


class PendingLetters:
    """Letters that this relay has read and not yet removed, by their sequence in the stream."""

    def __init__(self, connection: Client, census: Census, *, stream: str, now: Callable[[], float]) -> None:
        self._connection = connection
        self._context = connection.jetstream(timeout=_ANSWER_SECONDS)
        self._stream = stream
        self._census = census
        self._now = now
        self._letters: dict[int, _PendingLetter] = {}
        self._delivered: dict[int, None] = {}  # in the order of delivery

    async def select(self, *, room: int) -> list[tuple[int, LetterRecord]]:
        """Return the letters that fit into the room, at least one if there are any, in the order of their turns."""
        await self._remove_delivered()
        await self._census.refresh()
        if selection := await self._choose(room):
            return selection
        await self._census.refresh(POLL_SECONDS)
        return await self._choose(room)

    async def _choose(self, room: int) -> list[tuple[int, LetterRecord]]:
        order = list(islice(self._census.turns.order(self._now()), _MOST_SELECTED))  # letters arrive in the meantime
        selection: list[tuple[int, LetterRecord]] = []
        positions: dict[tuple[Lane, int], int] = {}
        for start in range(0, len(order), _READ_AT_ONCE):
            for key, pending in await self._read(order[start : start + _READ_AT_ONCE], positions):
                room -= pending.record.letter.size
                if room < 0 and selection:
                    return selection
                self._letters[key] = pending
                selection.append((key, pending.record))
        return selection

    def get(self, key: int) -> LetterRecord | None:
        return self._letters[key].record if key in self._letters else None

    async def remove(self, keys: Sequence[int]) -> None:
        """Remove letters from the stream. One that cannot be removed now is not selected again, and removed later."""
        self._delivered |= dict.fromkeys(keys)
        await self._remove_delivered()

    def forget(self) -> None:
        """Drop all letters that were read: another relay may deliver them."""
        self._letters.clear()
        self._census.forget()

    async def _read(
        self, turns: Sequence[tuple[Lane, int]], positions: dict[tuple[Lane, int], int]
    ) -> list[tuple[int, _PendingLetter]]:
        """Return the letters of these turns, in their order. `positions` are the last sequences that were read."""
        numbers = Counter(turns)
        queues = await asyncio.gather(*[self._read_queue(*turn, numbers[turn], positions) for turn in numbers])
        letters = dict(zip(numbers, map(deque, queues), strict=True))
        return [letters[turn].popleft() for turn in turns if letters[turn]]

    async def _read_queue(
        self, lane: Lane, gravity: int, number: int, positions: dict[tuple[Lane, int], int]
    ) -> list[tuple[int, _PendingLetter]]:
        subject = filter_of(lane, gravity, stream=self._stream)
        letters: list[tuple[int, _PendingLetter]] = []
        position = positions.get((lane, gravity), 0)
        while len(letters) < number:
            try:
                message = await self._context.get_msg(self._stream, seq=position + 1, subject=subject, next=True)
            except NotFoundError:
                break
            position = message.seq or 0
            letters.append((position, _PendingLetter(decode_letter(message.data), lane, gravity)))
        positions[lane, gravity] = position
        return letters

    async def _remove_delivered(self) -> None:
        keys = list(self._delivered)
        errors = await asyncio.gather(*map(self._remove, keys), return_exceptions=True)
        for key, error in zip(keys, errors, strict=True):
            if error is None:
                self._end(key)
        for error in filter(None, errors):
            raise error

    async def _remove(self, key: int) -> None:
        request = json.dumps({"seq": key, "no_erase": True}).encode()
        subject = f"$JS.API.STREAM.MSG.DELETE.{self._stream}"
        answer = await self._connection.request(subject, request, timeout=_ANSWER_SECONDS)
        if (error := json.loads(answer.data).get("error")) and await self._exists(key):
            raise nats.errors.Error(f"a letter was not removed: {error.get('description')}")

    async def _exists(self, key: int) -> bool:
        try:
            await self._context.get_msg(self._stream, seq=key)
        except NotFoundError:
            return False
        return True

    def _end(self, key: int) -> None:
        del self._delivered[key]
        if pending := self._letters.pop(key, None):
            self._census.remove(pending.lane, pending.gravity, pending.record.letter.kind, now=self._now())
