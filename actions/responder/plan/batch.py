"""What the events of a batch have already led to, so that a later event of the same workload can refer to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..gitops.workloads.target import Target
from ..rules.actions import Action
from .change import Change
from .outcome import Response


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """The number of an event, which counts from 1, and what contained its workload."""

    number: int
    response: Response
    actions: Sequence[Action]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The responses that the earlier events of a batch led to."""

    _entries: list[_Entry] = field(default_factory=list)

    def add(self, number: int, response: Response, actions: Sequence[Action]) -> None:
        """Remember the response to the event with this number."""
        self._entries.append(_Entry(number=number, response=response, actions=actions))

    def origin_of(self, target: Target, actions: Sequence[Action]) -> str:
        """Return which earlier event put the actions in place, with its files and lines; empty if none did."""
        entries = [
            entry
            for entry in self._entries
            if (entry.response.cluster, entry.response.workload) == (target.object.cluster, target.workload)
        ]
        matching = [entry for entry in entries if any(action in entry.actions for action in actions)]
        for entry in matching or entries:
            locations = ", ".join(dict.fromkeys(_locations(entry.response.changes)))
            return f"contained by event {entry.number} of this batch: {locations}"
        return ""


def _locations(changes: Sequence[Change]) -> Iterator[str]:
    return (f"{change.file} line {change.line}" for change in changes)
