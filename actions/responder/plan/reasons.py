"""Why an event has its verdict, in words for a person. Decides no verdict."""

from ..gitops.workloads.target import Target
from ..proof.standing import Standing
from .outcome import EarlierResponse, Response


def of_response(response: Response, target: Target) -> str:
    """Return why an event has its verdict, if no other event of the batch is why."""
    if not response.changes:
        position = f"declared in {target.file} line {target.line}"
        return f"{response.workload} is as rule {response.rule!r} wants it ({position})"
    reason = f"rule {response.rule!r}: {'; '.join(map(str, response.changes))}"
    proof = response.proof
    return f"{reason}; {proof.reason}" if proof and proof.standing is Standing.NOT_BUILT else reason


def of_origin(origin: EarlierResponse, *, dry_run: bool) -> str:
    """Return what an earlier event of the batch has to do with a later one of the same workload."""
    return f"{origin.words(dry_run=dry_run)} of this batch: {', '.join(origin.locations)}"
