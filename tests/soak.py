"""How long tests look for trouble: as CI does, or, by `make soak`, for as long as it takes to be sure."""

import os

SOAKING = os.environ.get("SOAK") == "1"


def examples(count: int) -> int:
    """The number of examples that Hypothesis makes: fifty times as many in a soak."""
    return count * 50 if SOAKING else count
