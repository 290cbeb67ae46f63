"""What a plan asks of a proof: the one call that it makes for it. How it is proved is for prover.py."""

from collections.abc import Sequence
from typing import Protocol

from ..gitops.flux.desired_state import DesiredState
from .claim import Claim
from .standing import Proof


class Prover(Protocol):
    """Renders a desired state before and after a response, and compares."""

    @property
    def required(self) -> bool:
        """Return whether a response without a proof has to be refused."""
        ...

    def prove(self, desired_before: DesiredState, desired_after: DesiredState, claims: Sequence[Claim]) -> Proof:
        """Return how the claims of a response stand against both renderings."""
        ...
