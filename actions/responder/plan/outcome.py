"""The outcome of an event: what became of it and why, and the response that it led to."""

from dataclasses import dataclass
from enum import StrEnum

from ..errors import Refused
from ..falco.event import Event
from ..kubernetes.pod_names import Pod, Workload
from ..proof.standing import Proof
from ..surprise import Surprise
from .change import Change


class Verdict(StrEnum):
    """What became of an event, from best to worst."""

    CONTAINED = "contained"
    PROPOSED = "proposed"
    DRY_RUN = "shown"
    IN_PLACE = "in place"
    IGNORED = "ignored"
    REFUSED = "refused"
    INVALID = "invalid"


@dataclass(frozen=True, kw_only=True)
class Response:
    """What a rule demands for an event and what that changes; no changes where it is in place already."""

    event: Event
    pod: Pod
    rule: str
    action: str
    workload: Workload
    cluster: str = ""
    changes: tuple[Change, ...]
    warnings: tuple[str, ...] = ()
    proof: Proof | None = None

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
