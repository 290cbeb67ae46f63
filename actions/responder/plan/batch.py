"""What the events of a batch have already led to, so that a later event of the same workload can refer to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..gitops.workloads.target import Target
from ..rules.actions import Action
from .change import Change
from .outcome import EarlierResponse, Response, Verdict


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """The number of an event, which counts from 1, and what contained its workload."""

    number: int
    verdict: Verdict
    response: Response
    actions: Sequence[Action]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The responses that the earlier events of a batch led to."""

    _entries: list[_Entry] = field(default_factory=list)

    def add(self, number: int, verdict: Verdict, response: Response, actions: Sequence[Action]) -> None:
        """Remember the response to the event with this number."""
        self._entries.append(_Entry(number=number, verdict=verdict, response=response, actions=actions))

    def origin_of(self, target: Target, actions: Sequence[Action]) -> EarlierResponse | None:
        """Return the earlier response that put the actions in place, or None."""
        entries = [
            entry
            for entry in self._entries
            if (entry.response.cluster, entry.response.workload) == (target.object.cluster, target.workload)
        ]
        matching = [entry for entry in entries if any(action in entry.actions for action in actions)]
        for entry in matching or entries:
            locations = tuple(dict.fromkeys(_locations(entry.response.changes)))
            return EarlierResponse(number=entry.number, verdict=entry.verdict, locations=locations)
        return None


def _locations(changes: Sequence[Change]) -> Iterator[str]:
    return (f"{change.file} line {change.line}" for change in changes)
