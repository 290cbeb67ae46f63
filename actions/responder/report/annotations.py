"""The annotations of a run: a message at each edited line, and a warning for each receiver that was not reached."""

from collections.abc import Iterable, Iterator

from ..escape import plain
from ..github.run_output import Annotation
from ..notify.notifications import Notification
from ..plan.outcome import Outcome, Verdict
from .sentence import sentence

_ERRORS = (Verdict.COMMITTED, Verdict.STILL_RUNNING, Verdict.REFUSED, Verdict.INVALID)


def of_outcomes(outcomes: Iterable[Outcome], *, dry_run: bool = False) -> Iterator[Annotation]:
    """Yield what became of each event, at the lines that change, and the warnings about its response."""
    for outcome in outcomes:
        level = "error" if outcome.verdict in _ERRORS else "notice"
        message = _message(outcome, dry_run=dry_run)
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


def _message(outcome: Outcome, *, dry_run: bool) -> str:
    """Return what became of an event, and why: the event of a response, the reason where there is none."""
    text = sentence(outcome, dry_run=dry_run, show=plain)
    reason = plain(outcome.reason, limit=2000)
    event, response = outcome.event, outcome.response
    if event is None or response is None or not response.changes:
        return f"{text}: {reason}"
    rule = plain(event.rule, limit=200)
    return f"{text}: Falco's rule {rule} ({event.priority.word}) about {response.subject.label}; {reason}"
