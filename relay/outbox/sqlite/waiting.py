"""Remembers which letters wait in the file, and selects those whose turn it is.

It holds no documents, and does no I/O.
"""

from collections.abc import Iterator
from typing import NamedTuple

from relay.outbox.turns import Lane, Turns


class WaitingLetter(NamedTuple):
    """What the relay must know of a letter before it is sent."""

    lane: Lane
    kind: bytes | None
    gravity: int
    size: int


class WaitingLetters:
    """Waiting letters by their key in the file. Keys grow, so they are the order of age."""

    def __init__(self) -> None:
        self.last_key = 0
        self._letters: dict[int, WaitingLetter] = {}
        self._queues: dict[tuple[Lane, int], dict[int, None]] = {}
        self._turns = Turns()

    def clear(self) -> None:
        """Drop the letters, but not whose turn it is."""
        self.last_key = 0
        self._letters.clear()
        self._queues.clear()
        self._turns.replace({})

    def add(self, key: int, letter: WaitingLetter) -> None:
        self.last_key = key
        self._letters[key] = letter
        self._queues.setdefault((letter.lane, letter.gravity), {})[key] = None
        self._turns.add(letter.lane, letter.gravity)

    def select(self, *, room: int, now: float) -> list[int]:
        """Return the keys of the letters that fit into the room, at least one, in the order of their turns."""
        selection: list[int] = []
        keys: dict[tuple[Lane, int], Iterator[int]] = {}
        for queue in self._turns.order(now):
            if queue not in keys:
                keys[queue] = iter(self._queues[queue])
            key = next(keys[queue])
            room -= self._letters[key].size
            if room < 0 and selection:
                break
            selection.append(key)
        return selection

    def remove(self, key: int, now: float) -> WaitingLetter | None:
        """Remove a letter that was served, and return it. Return None if it is not known any more."""
        if (letter := self._letters.pop(key, None)) is None:
            return None
        queue = self._queues[letter.lane, letter.gravity]
        del queue[key]
        if not queue:
            del self._queues[letter.lane, letter.gravity]
        self._turns.end(letter.lane, letter.gravity, now)
        return letter
