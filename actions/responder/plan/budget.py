"""How many responses may still be applied within an hour. Does not know which of them count."""

from collections.abc import Callable
from functools import cached_property

from ..errors import OverLimit


class Budget:
    """A number of responses that are allowed within an hour.

    `count_recorded` returns how many the last hour saw. It is called once, before the first response is spent.
    """

    def __init__(self, limit: int, count_recorded: Callable[[], int]) -> None:
        self._limit = limit
        self._count_recorded = count_recorded
        self._spent = 0

    def spend(self) -> None:
        """Count one response. Raise OverLimit if it would be more than are allowed."""
        count = self._recorded + self._spent
        if count >= self._limit:
            raise OverLimit(
                f"{count} responses were made within the hour, and limits.responses-per-hour is {self._limit}: look "
                "what is going on; then raise the limit or wait, and run the workflow by hand with this event"
            )
        self._spent += 1

    @cached_property
    def _recorded(self) -> int:
        return self._count_recorded()
