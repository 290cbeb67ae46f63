"""How long delivery waits after failures, without any clock."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.backoff import LONGEST_PASSING_SECONDS, LONGEST_SECONDS, RATE_LIMIT_SECONDS, Backoff
from relay.github.outcome import Cause, Retry

SERVER, NETWORK = Retry(Cause.SERVER, "502"), Retry(Cause.NETWORK, "ConnectError")
CREDENTIAL, LIMITED = Retry(Cause.CREDENTIAL, "401"), Retry(Cause.RATE_LIMIT, "429")


def least(low: float, _high: float) -> float:
    return low


def most(_low: float, high: float) -> float:
    return high


@pytest.mark.parametrize(
    ("failures", "waits"),
    [
        pytest.param([SERVER] * 7, [1, 2, 4, 8, 16, 20, 20], id="5xx"),
        pytest.param([NETWORK] * 7, [1, 2, 4, 8, 16, 20, 20], id="no answer"),
        pytest.param([CREDENTIAL] * 10, [1, 2, 4, 8, 16, 32, 64, 128, 200, 200], id="what the operator must mend"),
        pytest.param([LIMITED] * 4, [60, 120, 200, 200], id="a rate limit without a time"),
        pytest.param(
            [Retry(Cause.RATE_LIMIT, "429", delay=7.0), Retry(Cause.RATE_LIMIT, "429", delay=3600.0), LIMITED],
            [7, 3600, 200],
            id="a rate limit with a time",
        ),
        pytest.param([Retry(Cause.SERVER, "503", delay=7.0)], [7], id="a server that names a time"),
        pytest.param([Retry(Cause.SERVER, "503", delay=120.0)], [30], id="a server that names too long a time"),
        pytest.param([Retry(Cause.CREDENTIAL, "no token", delay=120.0)], [120], id="an issuer that names a time"),
        pytest.param([SERVER, SERVER, NETWORK, NETWORK, SERVER], [1, 2, 1, 2, 1], id="a changed cause starts anew"),
        pytest.param([Retry(cause, "") for cause in Cause], [1, 1, 60, 1, 1, 1, 1, 1, 1], id="all different"),
    ],
)
def test_the_wait_grows_with_each_failure_of_the_same_cause(failures: list[Retry], waits: list[float]) -> None:
    backoff = Backoff(uniform=least)
    assert [backoff.wait(failure) for failure in failures] == waits


def test_a_success_or_a_changed_credential_starts_anew() -> None:
    backoff = Backoff(uniform=least)
    assert [backoff.wait(SERVER) for _ in range(3)] == [1, 2, 4]
    backoff.reset()
    assert backoff.wait(SERVER) == 1


@given(causes=st.lists(st.sampled_from(Cause), min_size=1, max_size=40), seed=st.integers())
def test_no_wait_is_longer_than_its_cap_and_all_are_spread(causes: list[Cause], seed: int) -> None:
    backoff = Backoff(uniform=random.Random(seed).uniform)  # noqa: S311  # spreads load, guards nothing
    for cause in causes:
        wait = backoff.wait(Retry(cause, ""))
        assert 1 <= wait <= (LONGEST_PASSING_SECONDS if cause in (Cause.SERVER, Cause.NETWORK) else LONGEST_SECONDS)
        assert cause is not Cause.RATE_LIMIT or wait >= RATE_LIMIT_SECONDS


def test_the_longest_wait_is_spread_too() -> None:
    waits = []
    for uniform in (least, most):
        backoff = Backoff(uniform=uniform)
        waits.append([backoff.wait(SERVER) for _ in range(10_000)][-1])
    assert waits == [20, 30]


@pytest.mark.parametrize(
    ("failure", "probed", "probes"),
    [
        pytest.param(SERVER, False, [True, False], id="once"),
        pytest.param(CREDENTIAL, False, [True, False], id="once, whatever the cause"),
        pytest.param(LIMITED, False, [False, False], id="not while the rate is limited"),
        pytest.param(SERVER, True, [False, False], id="not after a probe that failed"),
    ],
)
def test_a_grave_event_may_end_a_wait(failure: Retry, probes: list[bool], *, probed: bool) -> None:
    backoff = Backoff(uniform=least)
    backoff.wait(failure, probed=probed)
    assert [backoff.take_probe() for _ in probes] == probes


def test_a_grave_event_ends_no_wait_if_there_was_no_failure() -> None:
    backoff = Backoff(uniform=least)
    assert not backoff.take_probe()
    backoff.wait(SERVER)
    backoff.reset()
    assert not backoff.take_probe()
