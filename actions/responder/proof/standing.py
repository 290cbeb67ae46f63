"""The result of proving a response by rendering, and the one call that a plan makes for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ..gitops.flux.desired_state import DesiredState
from .claim import Claim


class Standing(StrEnum):
    """How a proof stands."""

    PROVED = "proved"
    DISPROVED = "disproved"
    NOT_POSSIBLE = "not possible"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """How it stands and why, in a sentence; `diff` is how the rendered objects differ."""

    standing: Standing
    reason: str
    diff: str = ""


class Prover(Protocol):
    """Renders a desired state before and after a response, and compares."""

    @property
    def required(self) -> bool:
        """Return whether a response without a proof has to be refused."""
        ...

    def prove(self, desired_before: DesiredState, desired_after: DesiredState, claims: Sequence[Claim]) -> Proof:
        """Return how the claims of a response stand against both renderings."""
        ...
