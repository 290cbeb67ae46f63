"""The table of moments: how long each came after the first that is known."""

from datetime import UTC, datetime, timedelta

import pytest

from responder.falco.event import Event
from responder.falco.priority import Priority
from responder.report.timeline import Moment, markdown, moments_of_event

EVENT_TIME = datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC)


def moment(delay: timedelta | None) -> Moment:
    return Moment(when=None if delay is None else EVENT_TIME + delay, who="GitHub", whom="Flux", what="told Flux")


@pytest.mark.parametrize(
    ("delay", "row"),
    [
        (timedelta(0), "| 12:30:15 |  | GitHub | told Flux |"),
        (timedelta(seconds=4.25), "| 12:30:19 | 4.2 s | GitHub | told Flux |"),
        (timedelta(seconds=-1), "| 12:30:14 | -1.0 s | GitHub | told Flux |"),
        (timedelta(minutes=9, seconds=59), "| 12:40:14 | 599.0 s | GitHub | told Flux |"),
        (timedelta(minutes=10), "| 12:40:15 | 10.0 min | GitHub | told Flux |"),
        (timedelta(hours=2), "| 14:30:15 | 2.0 h | GitHub | told Flux |"),
        (timedelta(days=3), "| 12:30:15 | 3.0 d | GitHub | told Flux |"),
        (None, "|  |  | GitHub | told Flux |"),
    ],
)
def test_a_moment_says_how_long_after_the_first_one_it_was(delay: timedelta | None, row: str) -> None:
    first = Moment(when=EVENT_TIME, who="Falco", whom="relay", what="saw it")
    table = markdown([first, moment(delay)]).partition("\n\n")[0]
    assert table.splitlines()[-1] == row


def test_what_has_no_known_first_moment_has_no_distance() -> None:
    assert "s |" not in markdown([moment(None), moment(timedelta(0))])


@pytest.mark.parametrize(
    ("text", "moment_time"),
    [
        pytest.param("2026-03-01T13:30:15.250000000+01:00", EVENT_TIME, id="with an offset"),
        pytest.param("2026-03-01T12:30:15.25Z", EVENT_TIME, id="in UTC"),
        pytest.param("2026-03-01T12:30:15.25", EVENT_TIME, id="without a zone, which means UTC"),
        pytest.param("yesterday", None, id="no time"),
        pytest.param(None, None, id="absent"),
    ],
)
def test_the_time_of_an_event_is_in_utc_where_it_is_one(text: str | None, moment_time: datetime | None) -> None:
    event = Event(id="1", source="s", rule="r", priority=Priority.ERROR, time=text)
    assert moments_of_event(event)[0].when == moment_time
