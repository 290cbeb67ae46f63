"""How many responses an hour allows."""

from collections import Counter

import pytest

from responder.errors import OverLimit
from responder.plan.budget import Budget
from responder.rules.model import Limits, LimitScope, LimitUnit

SHOP = {"cluster": "prod", "namespace": "shop"}


def recorded(number: int) -> Counter[LimitScope]:
    return Counter({("prod", ""): number, ("prod", "shop"): number})


def test_the_recorded_responses_of_the_hour_count() -> None:
    budget = Budget(Limits(responses_per_hour=3), lambda: recorded(2))
    budget.spend(**SHOP)
    message = r"^3 responses were made in cluster prod within the hour, and limits.responses-per-hour is 3:"
    with pytest.raises(OverLimit, match=message):
        budget.spend(**SHOP)


def test_a_limit_of_zero_allows_nothing() -> None:
    with pytest.raises(OverLimit, match=r"^0 responses were made within the hour"):
        Budget(Limits(responses_per_hour=0), Counter).spend(cluster="", namespace="shop")


def test_a_refused_response_is_not_counted() -> None:
    budget = Budget(Limits(responses_per_hour=1), Counter)
    budget.spend(**SHOP)
    for _ in range(2):
        with pytest.raises(OverLimit, match=r"^1 responses"):
            budget.spend(**SHOP)


def test_responses_in_one_cluster_do_not_count_in_another() -> None:
    budget = Budget(Limits(responses_per_hour=2), lambda: recorded(2))
    budget.spend(cluster="staging", namespace="shop")
    with pytest.raises(OverLimit):
        budget.spend(cluster="prod", namespace="other")


def test_responses_in_one_namespace_do_not_count_in_another_if_the_rules_say_so() -> None:
    budget = Budget(Limits(responses_per_hour=2, per=LimitUnit.NAMESPACE), lambda: recorded(2))
    budget.spend(cluster="prod", namespace="other")
    with pytest.raises(OverLimit, match="in cluster prod, namespace shop within"):
        budget.spend(**SHOP)


def test_the_history_is_read_once_and_only_if_there_is_a_response_to_count() -> None:
    calls: list[int] = []

    def count_recorded() -> Counter[LimitScope]:
        calls.append(1)
        return Counter()

    budget = Budget(Limits(responses_per_hour=9), count_recorded)
    assert calls == []
    budget.spend(**SHOP)
    budget.spend(**SHOP)
    assert calls == [1]
