"""A plan: what becomes of each event of a batch, and what is committed for it. Decides neither."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from . import commit_message
from .outcome import Outcome, Response


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The outcomes of a batch, in its order, and the new content of the files that change, None for a removed one.

    Responses that wait for a review, or that are only shown, change no file.
    """

    outcomes: tuple[Outcome, ...]
    files: Mapping[PurePosixPath, bytes | None] = field(default_factory=dict)

    @property
    def as_rules_want(self) -> "Plan":
        """Return the plan with the outcomes that the modes of the rules lead to, if all responses were applied."""
        outcomes: list[Outcome] = []
        for outcome in self.outcomes:
            earlier = outcomes[outcome.origin.number - 1] if outcome.origin else None
            outcomes.append(outcome.beside(earlier) if earlier else outcome.as_rules_want)
        return replace(self, outcomes=tuple(outcomes))

    @property
    def message(self) -> str:
        """Return the commit message of what changes."""
        return commit_message.compose(self.responses)

    def confirm(self, message: str) -> None:
        """Raise RecordLost unless a message, as it was read back, records the responses."""
        commit_message.confirm(message, self.responses)

    @property
    def responses(self) -> tuple[Response, ...]:
        """Return the responses that change something."""
        changing = (outcome for outcome in self.outcomes if outcome.verdict.changes_files)
        return tuple(outcome.response for outcome in changing if outcome.response)
