"""The responses of a run that are not committed to its branch: those in pull requests, and those only shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..escape import markdown_code
from ..github.pull_requests import PullRequest
from ..plan.outcome import Response
from . import diff_view
from .sentence import subject


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A pull request that a run has opened or added to, and the diff of what the run added."""

    response: Response
    pull: PullRequest
    diff: str

    def __str__(self) -> str:
        """Return the proposal as Markdown, for the job summary."""
        act = f"{self.response.action} {subject(self.response, markdown_code)}"
        item = f"- [{self.pull}]({self.pull.url}): {act}"
        return f"{item}\n\n{diff_view.without_title(self.diff)}" if self.diff else f"{item}, which it has already"


@dataclass(frozen=True, kw_only=True)
class Uncommitted:
    """What became of the responses that are not committed; `preview` is the diff of those that are only shown."""

    proposals: Sequence[Proposal] = ()
    preview: str = ""
