"""What the issue of a contained workload says. Everything from an event is shown as untrusted text."""

import hashlib
from collections.abc import Iterable

from ..escape import markdown_code, plain
from ..plan.outcome import Outcome, Response
from ..plan.trailers import RecordedResponse
from .event_table import event_table

LABEL = "falco-dispatch"
_TITLE_LIMIT = 250  # characters; GitHub takes 256
_BODY_LIMIT = 65_536  # characters
_MOST_EVENTS = 20  # that a comment lists
_TEXT_LIMIT = 120  # characters of a text of an event


def mark(cluster: str, workload: str) -> str:
    """Return the comment by which an issue is known to be that of a workload; it holds nothing that an event says."""
    digest = hashlib.sha256(f"{cluster}\0{workload}".encode(errors="surrogatepass")).hexdigest()[:20]
    return f"<!-- falco-dispatch workload {digest} -->"


def mark_of(response: Response | RecordedResponse) -> str:
    """Return the mark of the workload of a response, the same one for its record."""
    if isinstance(response, Response):
        return mark(response.event.cluster or "", str(response.workload))
    return mark(response.cluster, response.workload)


def title(response: Response) -> str:
    """Return the title of a new issue."""
    cluster = f" in {response.event.cluster}" if response.event.cluster else ""
    return plain(f"Contained: {response.workload}{cluster}", limit=_TITLE_LIMIT)


def body(outcomes: Iterable[Outcome], *, commit: str, repository_url: str | None) -> str:
    """Return the text of a new issue for the first events of a workload."""
    events = list(outcomes)
    response = next(outcome.response for outcome in events if outcome.response)
    head = f"{mark_of(response)}\n{_what(events)}\n\n{_commit(commit, repository_url)}\n\n{_undo(repository_url)}"
    details = [event_table(outcome.event) for outcome in events[:1] if outcome.event]
    text = "\n\n".join([head, *details]) + "\n"
    return text if len(text) <= _BODY_LIMIT else f"{head}\n"


def comment(outcomes: Iterable[Outcome], *, commit: str, repository_url: str | None) -> str:
    """Return the comment for further events of a workload, which may have changed more."""
    parts = [_what(list(outcomes)), *([_commit(commit, repository_url)] if commit else [])]
    return "\n\n".join(parts) + "\n"


def closing(commit: str, repository_url: str | None) -> str:
    """Return the comment with which an issue is closed."""
    return f"Restored. {_commit(commit, repository_url)}\n"


def _what(outcomes: list[Outcome]) -> str:
    lines = [
        f"- {outcome.verdict}: {markdown_code(outcome.response)} for {_code(outcome.event.rule)} "
        f"({outcome.event.priority.word}), event {_code(outcome.event.id)}: {_code(outcome.reason)}"
        for outcome in outcomes[:_MOST_EVENTS]
        if outcome.response and outcome.event
    ]
    omitted = len(outcomes) - _MOST_EVENTS
    return "\n".join([*lines, *([f"- {omitted} more"] if omitted > 0 else [])])


def _code(text: str) -> str:
    return markdown_code(text, limit=_TEXT_LIMIT)


def _commit(commit: str, repository_url: str | None) -> str:
    code = markdown_code(commit[:12])
    return f"Commit [{code}]({repository_url}/commit/{commit})." if repository_url else f"Commit {code}."


def _undo(repository_url: str | None) -> str:
    workflow = "the restore workflow"
    if repository_url:
        workflow = f"[the restore workflow]({repository_url}/actions/workflows/restore.yml)"
    return f"When the workload is clean again, run {workflow} with this commit. That closes this issue."
