"""How many responses an hour allows."""

import pytest

from responder.errors import OverLimit
from responder.plan.budget import Budget


def test_the_recorded_responses_of_the_hour_count() -> None:
    budget = Budget(3, lambda: 2)
    budget.spend()
    with pytest.raises(OverLimit, match=r"^3 responses were made within the hour, and limits.responses-per-hour is 3:"):
        budget.spend()


def test_a_limit_of_zero_allows_nothing() -> None:
    with pytest.raises(OverLimit, match=r"^0 responses"):
        Budget(0, lambda: 0).spend()


def test_a_refused_response_is_not_counted() -> None:
    budget = Budget(1, lambda: 0)
    budget.spend()
    for _ in range(2):
        with pytest.raises(OverLimit, match=r"^1 responses"):
            budget.spend()


def test_the_history_is_read_once_and_only_if_there_is_a_response_to_count() -> None:
    calls: list[int] = []
    budget = Budget(9, lambda: calls.append(1) or 0)  # type: ignore[func-returns-value]
    assert calls == []
    budget.spend()
    budget.spend()
    assert calls == [1]
