"""What people are told of a run outside of GitHub: a line for each event that was answered or refused, not escaped."""

from collections.abc import Sequence

from ..escape import one_line
from ..notify.webhook import Notice
from ..plan.outcome import Outcome, Verdict
from ..plan.undo import Undo

_SILENT = (Verdict.IGNORED, Verdict.IN_PLACE, Verdict.DRY_RUN)  # nothing new
_LIMIT = 500  # characters of a text


def of_outcomes(outcomes: Sequence[Outcome], *, repository: str, commit: str | None, run_url: str) -> Notice | None:
    """Return what people are told of a run's events, None if there is nothing new."""
    news = [outcome for outcome in outcomes if outcome.verdict not in _SILENT]
    if not news:
        return None
    verdicts = [outcome.verdict for outcome in news]
    counts = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in Verdict if verdict in verdicts)
    content = {
        "repository": repository,
        "commit": commit,
        "run": run_url or None,
        "outcomes": [_as_json(outcome) for outcome in news],
    }
    return Notice(
        headline=f"{repository}: {counts}", lines=[_line(outcome) for outcome in news], url=run_url, content=content
    )


def of_undo(undo: Undo, *, repository: str, commit: str, run_url: str) -> Notice:
    """Return what people are told of a restore."""
    responses = [response.response for response in undo.responses]
    content = {"repository": repository, "commit": commit, "run": run_url or None, "restored": responses}
    lines = [f"restored: {one_line(response, limit=_LIMIT)}" for response in responses]
    return Notice(headline=f"{repository}: {len(responses)} restored", lines=lines, url=run_url, content=content)


def _line(outcome: Outcome) -> str:
    response, event = outcome.response, outcome.event
    workload = f" {response.workload}" if response else ""
    cluster = f" in {event.cluster}" if event and event.cluster else ""
    rule = f", {event.rule} ({event.priority.word})" if event else ""
    return one_line(f"{outcome.verdict}:{workload}{cluster}{rule}: {outcome.reason}", limit=_LIMIT)


def _as_json(outcome: Outcome) -> dict[str, object]:
    event, response = outcome.event, outcome.response
    return {
        "verdict": outcome.verdict.value,
        "reason": one_line(outcome.reason, limit=2000),
        "workload": str(response.workload) if response else None,
        "response": response.action if response else None,
        "cluster": event.cluster if event else None,
        "falco-rule": event.rule if event else None,
        "priority": event.priority.word if event else None,
        "event": event.id if event else None,
        "pull-request": outcome.pull_request or None,
    }
