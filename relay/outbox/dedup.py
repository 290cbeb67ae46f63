"""Decides which letters are repeats and which are folded, from recent letters in memory."""

import itertools
from collections.abc import Sequence

from relay.outbox.protocol import Letter

# A repeat is recognised for at least this long, unless more letters than one generation came in between.
DEDUPLICATION_SECONDS = 3600.0
GENERATION = 100_000


class RecentLetters:
    """Identities in two generations, of which the older is dropped at once; workloads with their last letter's time."""

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

    def folds(self, workload: bytes | None, now: float) -> bool:
        """Return whether a letter about the workload was stored within the window.

        If the clock was set back the difference is negative: then the next letter counts as the first again.
        """
        if workload is None or (since := self._since.get(workload)) is None:
            return False
        return 0 <= now - since < self._coalesce_seconds

    def sort(self, letters: Sequence[Letter], now: float) -> tuple[list[Letter], list[Letter]]:
        """Return the letters that are new and those that are folded; repeats are in neither list."""
        new: dict[bytes, Letter] = {}
        folded: dict[bytes, Letter] = {}
        workloads: set[bytes] = set()
        for letter in letters:
            if letter.identity in new or letter.identity in folded or self.is_repeat(letter.identity):
                continue
            if letter.workload in workloads or self.folds(letter.workload, now):
                folded[letter.identity] = letter
            else:
                new[letter.identity] = letter
                if letter.workload is not None and self.coalesces:
                    workloads.add(letter.workload)
        return list(new.values()), list(folded.values())

    def learn(self, workload: bytes, since: float) -> None:
        """Remember that another relay stored a letter about the workload at that time."""
        self._since[workload] = since

    def add(self, identity: bytes, workload: bytes | None, now: float) -> None:
        """Remember a letter; `workload` is None if it was folded or is about no workload."""
        self._turn(now)
        self._young.add(identity)
        if workload is not None:
            self._since.pop(workload, None)  # move it to the end: the dict is ordered by time
            self._since[workload] = now

    def _turn(self, now: float) -> None:
        if len(self._young) >= GENERATION or not 0 <= now - self._turned < DEDUPLICATION_SECONDS:
            self._young, self._old, self._turned = set(), self._young, now
        for workload in list(itertools.islice(self._since, 2)):  # removes up to two for each that is added
            if not 0 <= now - self._since[workload] < self._coalesce_seconds:
                del self._since[workload]
