"""How many responses may still be made within an hour. Does not know which commits of the history count."""

from collections import Counter
from collections.abc import Callable
from functools import cached_property

from ..errors import OverLimit
from ..escape import one_line
from ..rules.model import Limits, LimitScope


class Budget:
    """The number of responses that are allowed within an hour, in each cluster or namespace by itself.

    `count_recorded` returns how many the last hour saw. It is called once, before the first response is spent.
    """

    def __init__(self, limits: Limits, count_recorded: Callable[[], Counter[LimitScope]]) -> None:
        self._limits = limits
        self._count_recorded = count_recorded
        self._spent: Counter[LimitScope] = Counter()

    def spend(self, *, cluster: str, namespace: str) -> None:
        """Count one response. Raise OverLimit if it would be more than are allowed."""
        scope = self._limits.scope(cluster=cluster, namespace=namespace)
        number, limit = self._recorded[scope] + self._spent[scope], self._limits.responses_per_hour
        if number >= limit:
            raise OverLimit(
                f"{number} responses were made{_position(*scope)} within the hour, and limits.responses-per-hour is "
                f"{limit}: look what is going on; then raise the limit or wait, and run the workflow by hand with this "
                "event"
            )
        self._spent[scope] += 1

    @cached_property
    def _recorded(self) -> Counter[LimitScope]:
        return self._count_recorded()


def _position(cluster: str, namespace: str) -> str:
    words = [f"cluster {one_line(cluster, limit=80)}"] if cluster else []
    words += [f"namespace {namespace}"] if namespace else []
    return f" in {', '.join(words)}" if words else ""
