"""Decides what is accepted while letters wait: each caller has its share of the backlog, each kind of event its own.

A kind is the events of one pod, Falco rule and priority. So a storm of different events of a pod fills no disk, and
hides neither another rule's event nor a graver one: that is another kind. Does no I/O.
"""

from collections.abc import Callable, Iterable, Sequence

from relay.errors import BacklogFull
from relay.outbox.protocol import Letter

# With the window of turns.py, the last of them has gone out after three minutes.
MOST_OF_A_KIND = 500


class Shares:
    """Counts the waiting letters by cluster and by kind."""

    def __init__(self, *, max_backlog: int, callers: Callable[[], int]) -> None:
        """`callers` returns into how many shares the backlog is divided."""
        self._max_backlog = max_backlog
        self._callers = callers
        self._clusters: dict[str, int] = {}
        self._kinds: dict[bytes, int] = {}
        self._total = 0

    def reserve(self, letters: Sequence[Letter]) -> None:
        """Add all of these letters, or raise BacklogFull and add none."""
        if self._total + len(letters) > self._max_backlog:
            raise BacklogFull(
                "the backlog is full because GitHub does not accept events; nothing of this request was stored"
            )
        share = max(1, self._max_backlog // max(1, self._callers()))
        for index, letter in enumerate(letters):
            self.add(letter.cluster, letter.kind)
            if self._clusters[letter.cluster] > share:
                problem = f"{share} events of this cluster wait for GitHub, its share of the backlog"
            elif letter.kind is not None and self._kinds[letter.kind] > MOST_OF_A_KIND:
                problem = f"{MOST_OF_A_KIND} different events of one pod, rule and priority wait for GitHub"
            else:
                continue
            self._free(letters[: index + 1])
            raise BacklogFull(f"{problem}; nothing of this request was stored")

    def check(self, letters: Sequence[Letter]) -> None:
        """Raise BacklogFull if there is no room for all of these letters."""
        self.reserve(letters)
        self._free(letters)

    def _free(self, letters: Sequence[Letter]) -> None:
        for letter in letters:
            self.remove(letter.cluster, letter.kind)

    def add(self, cluster: str, kind: bytes | None, count: int = 1) -> None:
        self._total += count
        self._clusters[cluster] = self._clusters.get(cluster, 0) + count
        if kind is not None:
            self._kinds[kind] = self._kinds.get(kind, 0) + count

    def remove(self, cluster: str, kind: bytes | None) -> None:
        self.add(cluster, kind, -1)
        if self._clusters[cluster] <= 0:
            del self._clusters[cluster]
        if kind is not None and self._kinds[kind] <= 0:
            del self._kinds[kind]

    def replace(self, counts: Iterable[tuple[str, bytes | None, int]]) -> None:
        """Take these numbers for what waits: of each cluster and kind."""
        self._clusters.clear()
        self._kinds.clear()
        self._total = 0
        for cluster, kind, count in counts:
            self.add(cluster, kind, count)
