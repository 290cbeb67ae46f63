"""A plan: what becomes of each event of a batch, and what is committed for it. Decides neither."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from . import commit_message
from .outcome import Outcome, Response, Verdict


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The outcomes of a batch, in its order, and the new content of the files that change, None for a removed one.

    Responses that wait for a review, or that are only shown, change no file.
    """

    outcomes: tuple[Outcome, ...]
    files: Mapping[PurePosixPath, bytes | None] = field(default_factory=dict)

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
        contained = (outcome for outcome in self.outcomes if outcome.verdict is Verdict.CONTAINED)
        return tuple(outcome.response for outcome in contained if outcome.response)
