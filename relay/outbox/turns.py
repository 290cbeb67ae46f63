"""Decides whose letter goes next: clusters take turns, then pods of a cluster; a pod's gravest letter goes first.

A cluster that was quiet has its turn before all that were served since. A pod with a storm of different events has its
turns until it has used up its letters of the window; then it waits, and only a graver letter than those passes.

It does not decide what fits into a dispatch, and not what is accepted (shares.py). Does no I/O.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

# The least grave of Falco's priorities, counted from 0, the gravest.
LEAST_GRAVE = 7
# About four dispatches: the cost of one pod's storm in each window.
LETTERS_PER_WINDOW = 200
WINDOW_SECONDS = 60.0
# Clusters without letters keep their places. Only callers without tokens can have so many names.
_MOST_CLUSTERS = 1000


class Lane(NamedTuple):
    """A queue of letters: those of one pod. `pod` is a digest; None is for letters that name neither pod nor node."""

    cluster: str
    pod: bytes | None


@dataclass(slots=True)
class _Window:
    """What a pod has sent since `start`: how many letters, and the gravity of the gravest."""

    start: float
    letters: int
    gravest: int


class Turns:
    """The lanes in which letters wait, in the order of their turns."""

    def __init__(self) -> None:
        self._clusters: dict[str, dict[Lane, list[int]]] = {}  # the numbers of waiting letters, by gravity
        self._windows: dict[Lane, _Window] = {}

    def add(self, lane: Lane, gravity: int, count: int = 1) -> None:
        """Add waiting letters. A new pod gets the last turn of its cluster, a new cluster the first of all."""
        if lane.cluster not in self._clusters:
            former = {cluster: lanes for cluster, lanes in self._clusters.items() if lanes or self._has_room}
            self._clusters = {lane.cluster: {}, **former}
        lanes = self._clusters[lane.cluster]
        if lane not in lanes:
            lanes[lane] = [0] * (LEAST_GRAVE + 1)
        lanes[lane][gravity] += count

    def replace(self, counts: Mapping[Lane, Mapping[int, int]]) -> None:
        """Take these for the numbers of waiting letters, by gravity; turns stay as they are."""
        for lanes in self._clusters.values():
            for lane in [lane for lane in lanes if lane not in counts]:
                del lanes[lane]
            for numbers in lanes.values():
                numbers[:] = [0] * len(numbers)
        for lane, numbers_by_gravity in counts.items():
            for gravity, count in numbers_by_gravity.items():
                self.add(lane, gravity, count)

    def end(self, lane: Lane, gravity: int, now: float) -> None:
        """Remove a letter that was served. Its pod gets the last turn of its cluster, its cluster the last of all."""
        lanes = self._clusters.get(lane.cluster, {})
        if (numbers := lanes.pop(lane, None)) is not None:
            numbers[gravity] -= 1
            if any(numbers):
                lanes[lane] = numbers
            del self._clusters[lane.cluster]
            self._clusters[lane.cluster] = lanes
        self._count(lane, gravity, now)

    def order(self, now: float) -> Iterator[tuple[Lane, int]]:
        """Yield lane and gravity of each letter in its turn. Letters that must wait for a window are left out."""
        clusters = [self._letters_of_cluster(lanes, now) for lanes in self._clusters.values()]
        while clusters:
            remaining = []
            for letters in clusters:
                if (letter := next(letters, None)) is not None:
                    yield letter
                    remaining.append(letters)
            clusters = remaining

    def _letters_of_cluster(self, lanes: Mapping[Lane, list[int]], now: float) -> Iterator[tuple[Lane, int]]:
        turns: Iterator[Iterator[tuple[Lane, int]]] = (
            self._letters_of_pod(lane, numbers, now) for lane, numbers in lanes.items()
        )
        while True:
            remaining = []
            for letters in turns:
                if (letter := next(letters, None)) is not None:
                    yield letter
                    remaining.append(letters)
            if not remaining:
                return
            turns = iter(remaining)

    def _letters_of_pod(self, lane: Lane, numbers: list[int], now: float) -> Iterator[tuple[Lane, int]]:
        window = self._windows.get(lane)
        if window is None or not 0 <= now - window.start < WINDOW_SECONDS:
            window = _Window(now, 0, LEAST_GRAVE + 1)
        letters, gravest = window.letters, window.gravest
        for gravity, count in enumerate(numbers):
            for _ in range(count):
                if lane.pod is not None and letters >= LETTERS_PER_WINDOW and gravity >= gravest:
                    return
                letters, gravest = letters + 1, min(gravest, gravity)
                yield lane, gravity

    def _count(self, lane: Lane, gravity: int, now: float) -> None:
        for other in list(islice(self._windows, 2)):  # removes up to two for each that is added
            if not 0 <= now - self._windows[other].start < WINDOW_SECONDS:
                del self._windows[other]
        window = self._windows.get(lane)
        if window is None or not 0 <= now - window.start < WINDOW_SECONDS:
            self._windows.pop(lane, None)  # move it to the end: the dict is ordered by time
            window = self._windows[lane] = _Window(now, 0, LEAST_GRAVE + 1)
        window.letters += 1
        window.gravest = min(window.gravest, gravity)

    @property
    def _has_room(self) -> bool:
        return len(self._clusters) < _MOST_CLUSTERS
