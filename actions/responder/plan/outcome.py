"""The outcome of an event: what became of it and why, and the response that it led to."""

from collections.abc import Mapping
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
    STILL_RUNNING: the edit was in place before the event, so that the pod should be gone.
    """

    CONTAINED = "contained"
    ASSUMED = "assumed"
    PROPOSED = "proposed"
    DRY_RUN = "shown"
    IN_PLACE = "in place"
    IGNORED = "ignored"
    COMMITTED = "committed"
    STILL_RUNNING = "still running"
    REFUSED = "refused"
    INVALID = "invalid"

    @property
    def changes_files(self) -> bool:
        """Return whether the response is one of the edits of the commit."""
        return self in (Verdict.CONTAINED, Verdict.ASSUMED, Verdict.COMMITTED)


@dataclass(frozen=True, kw_only=True)
class ReplicaChange:
    """How many replicas a response sets; `previous` is None where the workload did not say how many."""

    previous: int | None
    current: int

    def __str__(self) -> str:
        former = "" if self.previous is None else f"{self.previous} "
        return f"{former}→ {self.current} replicas"


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
    replicas: ReplicaChange | None = None
    rule_line: int | None = None  # of the first of its rules, None for a built-in rule

    @property
    def files(self) -> list[str]:
        """Return the files that change, each once."""
        return list(dict.fromkeys(str(change.file) for change in self.changes))

    @property
    def cluster_name(self) -> str:
        """Return the name of the cluster that people know, empty if neither the event nor the rules name one."""
        return self.event.cluster or self.cluster.strip("./")

    def __str__(self) -> str:
        return f"{self.action} {self.workload}"


# How an event stands to an earlier one of its batch that led to the same response.
_LIKE = {Verdict.CONTAINED: "contained by", Verdict.ASSUMED: "assumed, like", Verdict.COMMITTED: "committed, like"}


@dataclass(frozen=True, kw_only=True)
class EarlierResponse:
    """The response of an earlier event of the batch: its number, what became of it, and the lines that it changes."""

    number: int
    verdict: Verdict
    locations: tuple[str, ...]

    def words(self, *, dry_run: bool) -> str:
        """Return how a later event of the same workload stands to it."""
        return f"{'would be ' if dry_run else ''}{_LIKE[self.verdict]} event {self.number}"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one event, and why, in a sentence.

    `origin` is the earlier response that it needed nothing besides; `workload` is known for many a refusal, too.
    """

    verdict: Verdict
    reason: str
    event: Event | None = None
    response: Response | None = None
    rendered: str = ""  # how the rendered objects would differ
    refusal: Refused | None = None
    pull_request: str = ""  # its address
    surprise: Surprise | None = None
    origin: EarlierResponse | None = None
    workload: Workload | None = None

    @property
    def as_rules_want(self) -> "Outcome":
        """Return the outcome that the mode of its rules leads to, if all responses were applied whatever they say."""
        if self.response is None or not self.verdict.changes_files or self.response.mode not in CAREFUL_VERDICTS:
            return self
        return replace(self, verdict=CAREFUL_VERDICTS[self.response.mode])

    def beside(self, earlier: "Outcome") -> "Outcome":
        """Return the outcome for a workload for which the rules of an earlier event lead to `earlier`.

        What the earlier event only proposes or shows does not contain the workload for this one.
        """
        if self.response is None or self.origin is None or earlier.verdict not in CAREFUL_VERDICTS.values():
            return self
        verdict = CAREFUL_VERDICTS.get(self.response.mode, Verdict.CONTAINED)
        locations = ", ".join(self.origin.locations)
        return replace(self, verdict=verdict, origin=None, reason=f"as for event {self.origin.number}: {locations}")


# What becomes of a response that is not committed.
CAREFUL_VERDICTS: Mapping[Mode, Verdict] = {Mode.PULL_REQUEST: Verdict.PROPOSED, Mode.DRY_RUN: Verdict.DRY_RUN}
