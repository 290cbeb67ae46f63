"""What is contained now, what was, and for how long: the numbers of all responses that a history records."""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from .containment import Containment


@dataclass(frozen=True, kw_only=True)
class Status:
    """All responses, the newest first, as of a commit and a time; `contained_days` is the limit of the rules."""

    containments: Sequence[Containment]
    commit: str
    time: datetime
    contained_days: int | None = None

    @property
    def contained(self) -> list[Containment]:
        """Return those that are still in force, in whole or in part, or where nobody can tell."""
        return [containment for containment in self.containments if containment.fate.is_contained]

    @property
    def overdue(self) -> list[Containment]:
        """Return those that are in force for longer than the rules want."""
        return list(filter(self.is_overdue, self.containments))

    @property
    def median(self) -> timedelta | None:
        """Return the median time that the workloads of ended responses were contained, None if no end is known."""
        times = [self.age(containment) for containment in self.containments if containment.until]
        return timedelta(seconds=statistics.median(time.total_seconds() for time in times)) if times else None

    def is_overdue(self, containment: Containment) -> bool:
        """Return whether a response is in force for longer than the rules want."""
        if self.contained_days is None or not containment.fate.is_contained:
            return False
        return self.age(containment) > timedelta(days=self.contained_days)

    def age(self, containment: Containment) -> timedelta:
        """Return how long the workload was contained, or is."""
        return max((containment.until or self.time) - containment.since, timedelta())

    def needs_event(self, containment: Containment) -> bool:
        """Return whether a restore has to name the event, so that it takes back this response alone of its commit.

        An event that several responses name would not do that either.
        """
        response = containment.response
        return self._responses_by_commit[containment.sha] > 1 and self._responses_by_event[response.event_id] == 1

    @cached_property
    def _responses_by_commit(self) -> Counter[str]:
        return Counter(containment.sha for containment in self.containments)

    @cached_property
    def _responses_by_event(self) -> Counter[str]:
        return Counter(containment.response.event_id for containment in self.containments)
