"""How long a repeat is recognised."""

import pytest

from relay.outbox import dedup
from relay.outbox.dedup import DEDUPLICATION_SECONDS, RecentLetters


def test_a_repeat_is_recognised_over_one_further_generation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dedup, "GENERATION", 3)
    recent = RecentLetters(coalesce_seconds=0.0)
    for number in range(6):
        recent.add(b"%d" % number, None, 1000.0)
    assert recent.is_repeat(b"0")
    recent.add(b"6", None, 1000.0)
    assert not recent.is_repeat(b"0")
    assert recent.is_repeat(b"3")


def test_a_repeat_is_recognised_for_an_hour_at_least_and_two_at_most() -> None:
    recent = RecentLetters(coalesce_seconds=0.0)
    recent.add(b"first", None, 1000.0)
    recent.add(b"second", None, 1000.0 + DEDUPLICATION_SECONDS)
    assert recent.is_repeat(b"first")
    recent.add(b"third", None, 1000.0 + 2 * DEDUPLICATION_SECONDS)
    assert not recent.is_repeat(b"first")
    assert recent.is_repeat(b"second")
