"""The annotations of a run: a message at each edited line, and a warning for each receiver that was not reached."""

from collections.abc import Iterable, Iterator

from ..escape import plain
from ..github.run_output import Annotation
from ..notify.notifications import Notification
from ..plan.outcome import Outcome, Verdict
from .verdict_words import word

_LEVELS = {
    Verdict.CONTAINED: "notice",
    Verdict.ASSUMED: "notice",
    Verdict.PROPOSED: "notice",
    Verdict.DRY_RUN: "notice",
    Verdict.IN_PLACE: "notice",
    Verdict.IGNORED: "notice",
    Verdict.COMMITTED: "error",
    Verdict.REFUSED: "error",
    Verdict.INVALID: "error",
}


def of_outcomes(outcomes: Iterable[Outcome], *, dry_run: bool = False) -> Iterator[Annotation]:
    """Yield what became of each event, at the lines that change, and the warnings about its response."""
    for outcome in outcomes:
        level, message = _LEVELS[outcome.verdict], _sentence(outcome, dry_run=dry_run)
        changes = outcome.response.changes if outcome.response else ()
        for change in changes:
            yield Annotation(level=level, message=message, file=str(change.file), line=change.line)
        if not changes:
            yield Annotation(level=level, message=message)
        for warning in outcome.response.warnings if outcome.response else ():
            yield Annotation(level="warning", message=plain(warning, limit=1000))


def of_notifications(notifications: Iterable[Notification]) -> Iterator[Annotation]:
    """Yield a warning for each receiver that was not reached."""
    for notification in notifications:
        if not notification.result.is_delivered:
            yield Annotation(level="warning", message=plain(notification, limit=1000))


def _sentence(outcome: Outcome, *, dry_run: bool) -> str:
    workload = f"{outcome.response.workload}: " if outcome.response else ""
    return f"{word(outcome.verdict, dry_run=dry_run)}: {plain(workload + outcome.reason, limit=2000)}"
