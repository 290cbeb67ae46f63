"""Decides how long delivery waits after a dispatch that did not get through. Does no I/O and reads no clock."""

from collections.abc import Callable

from relay.github.outcome import Cause, Retry

# GitHub may come back at any moment: so events wait no longer than this between two tries.
_PASSING = (Cause.SERVER, Cause.NETWORK)
LONGEST_PASSING_SECONDS = 30.0
# What the operator must mend takes longer.
LONGEST_SECONDS = 300.0
# "wait for at least one minute before retrying": if GitHub gives no time
RATE_LIMIT_SECONDS = 60.0
# The wait is spread over this factor, so that several relays do not come back together.
_SPREAD = 1.5


class Backoff:
    """The failures in a row with the same cause. A changed cause, a success and a changed credential start anew."""

    def __init__(self, *, uniform: Callable[[float, float], float]) -> None:
        """Take `uniform` to draw a number between two others."""
        self._uniform = uniform
        self._cause: Cause | None = None
        self._failures = 0
        self._may_probe = False

    def reset(self) -> None:
        """Forget all failures."""
        self._cause, self._failures, self._may_probe = None, 0, False

    def wait(self, failure: Retry, *, probed: bool = False) -> float:
        """Return the seconds to wait after this failure. `probed` tells that the try was a probe."""
        self._failures = self._failures + 1 if failure.cause is self._cause else 1
        self._cause = failure.cause
        self._may_probe = failure.cause is not Cause.RATE_LIMIT and not probed
        if failure.cause in _PASSING:
            return min(failure.delay or self._spread(1.0, LONGEST_PASSING_SECONDS), LONGEST_PASSING_SECONDS)
        if failure.delay is not None:
            return failure.delay
        first = RATE_LIMIT_SECONDS if failure.cause is Cause.RATE_LIMIT else 1.0
        return self._spread(first, LONGEST_SECONDS)

    def take_probe(self) -> bool:
        """Return whether a grave event may end the present wait. It may once, and not a wait that GitHub demands."""
        may_probe, self._may_probe = self._may_probe, False
        return may_probe

    def _spread(self, first: float, longest: float) -> float:
        """Return `first`, doubled for each further failure, at most `longest`."""
        return min(first * 2.0 ** min(self._failures - 1, 16), longest / _SPREAD) * self._uniform(1.0, _SPREAD)
