"""Whether Flux has applied a commit, from the statuses that its notification-controller writes to the commit.

https://fluxcd.io/flux/components/notification/providers/#github
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from ..github.commit_statuses import CommitStatus

_KIND = "kustomization"  # a context is `kustomization/NAME/ID`, in lower case, with an id of the Provider


class State(StrEnum):
    """What Flux says of a commit."""

    APPLIED = "applied"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """What Flux says of a commit, and the statuses that say it."""

    state: State
    statuses: tuple[CommitStatus, ...] = ()
    missing: tuple[str, ...] = ()  # Kustomizations that have not said anything yet


def judge(statuses: Iterable[CommitStatus], kustomizations: Collection[str] = ()) -> Confirmation:
    """Return what Flux says of a commit: failed as soon as one Kustomization fails, applied once all have applied it.

    Without names of Kustomizations, the first that has applied it is enough.
    """
    names = [name.lower() for name in kustomizations]
    by_name = {_name(status): status for status in statuses if _name(status)}
    chosen = tuple(status for name, status in by_name.items() if not names or name in names)
    missing = tuple(name for name in names if name not in by_name or by_name[name].state == "pending")
    if any(status.state in ("failure", "error") for status in chosen):
        state = State.FAILED
    elif not missing and any(status.state == "success" for status in chosen):
        state = State.APPLIED
    else:
        state = State.UNKNOWN
    return Confirmation(state=state, statuses=chosen, missing=missing)


def _name(status: CommitStatus) -> str:
    """Return the name of the Kustomization that a status is about, empty if it is about none."""
    kind, _, remainder = status.context.lower().partition("/")
    return remainder.rpartition("/")[0] if kind == _KIND else ""
