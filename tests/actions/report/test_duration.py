"""Lengths of time in words."""

from datetime import timedelta

import pytest

from responder.report import duration


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(), "0 s"),
        (timedelta(seconds=0.9), "0 s"),
        (timedelta(seconds=59.9), "59 s"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min 59 s"),
        (timedelta(hours=1, seconds=59), "1 h"),
        (timedelta(hours=23, minutes=59), "23 h 59 min"),
        (timedelta(days=1, minutes=59), "1 d"),
        (timedelta(days=400, hours=3), "400 d 3 h"),
    ],
)
def test_a_duration_has_its_two_largest_units(time: timedelta, words: str) -> None:
    assert duration.words(time) == words
