"""Decides which letters are repeats and which are folded, from recent letters in memory."""

import itertools
from collections.abc import Sequence

from relay.outbox.protocol import Letter

# A repeat is recognised for at least this long, unless more letters than one generation came in between.
DEDUPLICATION_SECONDS = 3600.0
GENERATION = 100_000


class RecentLetters:
    """Identities in two generations, of which the older is dropped at once; acts with their last letter's time."""

    def __init__(self, *, coalesce_seconds: float) -> None:
        self._coalesce_seconds = coalesce_seconds
        self._young: set[bytes] = set()
        self._old: set[bytes] = set()
        self._turned = 0.0
        self._since: dict[bytes, float] = {}

    @property
    def coalesces(self) -> bool:
        return self._coalesce_seconds > 0

    def is_repeat(self, identity: bytes) -> bool:
        return identity in self._young or identity in self._old

    def folds(self, act: bytes | None, now: float) -> bool:
        """Return whether a letter about the act was stored within the window.

        If the clock was set back the difference is negative: then the next letter counts as the first again.
        """
        if act is None or (since := self._since.get(act)) is None:
            return False
        return 0 <= now - since < self._coalesce_seconds

    def sort(self, letters: Sequence[Letter], now: float) -> tuple[list[Letter], list[Letter]]:
        """Return the letters that are new and those that are folded; repeats are in neither list."""
        new: dict[bytes, Letter] = {}
        folded: dict[bytes, Letter] = {}
        acts: set[bytes] = set()
        for letter in letters:
            if letter.identity in new or letter.identity in folded or self.is_repeat(letter.identity):
                continue
            if letter.act in acts or self.folds(letter.act, now):
                folded[letter.identity] = letter
            else:
                new[letter.identity] = letter
                if letter.act is not None and self.coalesces:
                    acts.add(letter.act)
        return list(new.values()), list(folded.values())

    def learn(self, act: bytes, since: float) -> None:
        """Remember that another relay stored a letter about the act at that time."""
        self._since[act] = since

    def add(self, identity: bytes, act: bytes | None, now: float) -> None:
        """Remember a letter; `act` is None if it was folded or is never folded."""
        self._turn(now)
        self._young.add(identity)
        if act is not None:
            self._since.pop(act, None)  # move it to the end: the dict is ordered by time
            self._since[act] = now

    def _turn(self, now: float) -> None:
        if len(self._young) >= GENERATION or not 0 <= now - self._turned < DEDUPLICATION_SECONDS:
            self._young, self._old, self._turned = set(), self._young, now
        for act in list(itertools.islice(self._since, 2)):  # removes up to two for each that is added
            if not 0 <= now - self._since[act] < self._coalesce_seconds:
                del self._since[act]
