"""How long a run waits after another push was faster, and when it gives up. Decides nothing about what is pushed."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

_SHORTEST_WINDOW = 0.5  # seconds
_LONGEST_WINDOW = 60.0  # seconds


@dataclass(frozen=True, kw_only=True)
class Patience:
    """The time that a run has for its races, in seconds, and what it measures and waits with."""

    limit: float = 420.0  # the job has ten minutes
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def pause(self, *, losses: int, race: float, waited: float) -> float:
        """Return the seconds to wait after the last of `losses` races, which took `race` seconds.

        The window doubles with each loss, since more runs are waiting than it allowed for. It shrinks with the time
        that the run has waited, so that a late loser goes before those that have just begun.
        """
        window = min(_LONGEST_WINDOW, max(_SHORTEST_WINDOW, race) * 2.0 ** min(losses, 10))
        return self.chance() * window / (1 + waited / _LONGEST_WINDOW)


DEFAULT_PATIENCE = Patience()
