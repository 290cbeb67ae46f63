"""The outcome of an event: what became of it and why, and the response that it led to."""

from dataclasses import dataclass, replace
from enum import StrEnum

from ..errors import Refused
from ..falco.event import Event
from ..kubernetes.pod_names import Subject, Workload
from ..proof.standing import Proof
from ..rules.model import Mode
from ..surprise import Surprise
from .change import Change


class Verdict(StrEnum):
    """What became of an event, from best to worst.

    ASSUMED: the edit is in the commit, but only a chart could confirm that the workload is its own. COMMITTED: the edit
    is in the commit, but does not contain: Flux cannot build the folder, or the pod runs on.
    """

    CONTAINED = "contained"
    ASSUMED = "assumed"
    PROPOSED = "proposed"
    DRY_RUN = "shown"
    IN_PLACE = "in place"
    IGNORED = "ignored"
    COMMITTED = "committed"
    REFUSED = "refused"
    INVALID = "invalid"

    @property
    def changes_files(self) -> bool:
        """Return whether the response is one of the edits of the commit."""
        return self in (Verdict.CONTAINED, Verdict.ASSUMED, Verdict.COMMITTED)


@dataclass(frozen=True, kw_only=True)
class Response:
    """What a rule demands for an event and what that changes; no changes where it is in place already."""

    event: Event
    subject: Subject
    rule: str
    action: str
    workload: Workload
    cluster: str = ""
    changes: tuple[Change, ...]
    warnings: tuple[str, ...] = ()
    proof: Proof | None = None
    mode: Mode = Mode.COMMIT  # that its rules want

    @property
    def files(self) -> list[str]:
        """Return the files that change, each once."""
        return list(dict.fromkeys(str(change.file) for change in self.changes))

    def __str__(self) -> str:
        return f"{self.action} {self.workload}"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one event, and why, in a sentence."""

    verdict: Verdict
    reason: str
    event: Event | None = None
    response: Response | None = None
    rendered: str = ""  # how the rendered objects would differ
    refusal: Refused | None = None
    pull_request: str = ""  # its address
    surprise: Surprise | None = None

    @property
    def as_rules_want(self) -> "Outcome":
        """Return the outcome that the mode of its rules leads to, if all responses were applied whatever they say."""
        if self.response is None or not self.verdict.changes_files or self.response.mode not in CAREFUL_VERDICTS:
            return self
        return replace(self, verdict=CAREFUL_VERDICTS[self.response.mode])


# What becomes of a response that is not committed.
CAREFUL_VERDICTS = {Mode.PULL_REQUEST: Verdict.PROPOSED, Mode.DRY_RUN: Verdict.DRY_RUN}
