"""Statuses for the tests of what people read of them."""

from datetime import UTC, datetime, timedelta

from responder.plan.containment import Containment, Fate
from responder.plan.status import Status
from responder.plan.trailers import RecordedResponse

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
URL = "https://github.example/acme/desired-state"


def containment(
    text: str = "a rule", fate: Fate = Fate.IN_FORCE, *, days: float = 2, number: int = 1, workload: str = ""
) -> Containment:
    """Return a response of some days ago whose texts of an event, and of a person, are `text`."""
    response = RecordedResponse(
        rule=text,
        event_id=text if text != "a rule" else f"event-{number}",
        event_source=text,
        response=f"stop {workload or f'Deployment shop/web-{number}'}",
        cluster=text if text != "a rule" else "prod",
        priority="Notice",
    )
    since = NOW - timedelta(days=days)
    contained = Containment(sha=f"{number:040x}", response=response, since=since, fate=fate)
    if fate.is_contained:
        return contained
    return Containment(
        sha=contained.sha,
        response=response,
        since=since,
        fate=fate,
        until=since + timedelta(hours=3),
        ended_by=f"{number + 1000:040x}",
        ended_by_author=text,
    )


def status(*containments: Containment, contained_days: int | None = 7) -> Status:
    """Return the status of these responses."""
    return Status(containments=containments, commit="c" * 40, time=NOW, contained_days=contained_days)
