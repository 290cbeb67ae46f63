"""What an outbox must know of recent letters to tell repeats and to fold: in memory, since every event asks."""

import itertools
from collections.abc import Sequence

from relay.outbox.protocol import Letter

# A repeat is known as one for at least this long, unless more letters than a generation holds came after it.
DEDUPLICATION_SECONDS = 3600.0
GENERATION = 100_000


class Memory:
    """Identities in two generations, so that the oldest go together; workloads with the time of their last letter."""

    def __init__(self, *, coalesce_seconds: float) -> None:
        self._coalesce_seconds = coalesce_seconds
        self._young: set[bytes] = set()
        self._old: set[bytes] = set()
        self._turned = 0.0
        self._since: dict[bytes, float] = {}

    @property
    def coalesces(self) -> bool:
        return self._coalesce_seconds > 0

    def repeated(self, identity: bytes) -> bool:
        return identity in self._young or identity in self._old

    def folds(self, workload: bytes | None, now: float) -> bool:
        """Whether another letter about the workload was kept within the window.

        A clock that was set back makes the difference negative: then the next letter counts as the first again.
        """
        if workload is None or (since := self._since.get(workload)) is None:
            return False
        return 0 <= now - since < self._coalesce_seconds

    def sort(self, letters: Sequence[Letter], now: float) -> tuple[list[Letter], list[Letter]]:
        """The letters that are new and those that fold; repeats are in neither."""
        new: dict[bytes, Letter] = {}
        folded: dict[bytes, Letter] = {}
        workloads: set[bytes] = set()
        for letter in letters:
            if letter.identity in new or letter.identity in folded or self.repeated(letter.identity):
                continue
            if letter.workload in workloads or self.folds(letter.workload, now):
                folded[letter.identity] = letter
            else:
                new[letter.identity] = letter
                if letter.workload is not None and self.coalesces:
                    workloads.add(letter.workload)
        return list(new.values()), list(folded.values())

    def learn(self, workload: bytes, since: float) -> None:
        """Another relay has kept a letter about the workload at that time."""
        self._since[workload] = since

    def add(self, identity: bytes, workload: bytes | None, now: float) -> None:
        """Remember a letter; `workload` is None for one that was folded or is about none."""
        self._turn(now)
        self._young.add(identity)
        if workload is not None:
            self._since.pop(workload, None)  # to the end again: the order is that of time
            self._since[workload] = now

    def _turn(self, now: float) -> None:
        if len(self._young) >= GENERATION or not 0 <= now - self._turned < DEDUPLICATION_SECONDS:
            self._young, self._old, self._turned = set(), self._young, now
        for workload in list(itertools.islice(self._since, 2)):  # two out for one in: it never grows for long
            if not 0 <= now - self._since[workload] < self._coalesce_seconds:
                del self._since[workload]
