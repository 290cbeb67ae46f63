"""One response of a status: words, addresses and the command that takes it back, none of them escaped yet."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..plan import trailers
from ..plan.containment import Containment, Fate
from ..plan.status import Status


@dataclass(frozen=True, kw_only=True)
class StatusRow:
    """A response; `rule`, `event` and `cluster` are texts of an event, `ended_by_author` is the text of a person."""

    workload: str
    cluster: str
    response: str
    fate: Fate
    since: datetime
    until: datetime | None
    age: timedelta
    rule: str
    priority: str
    event: str
    source: str
    commit: str
    commit_url: str
    ended_by: str
    ended_by_url: str
    ended_by_author: str
    undo: str
    is_overdue: bool


def rows(status: Status, repository_url: str | None) -> Iterator[StatusRow]:
    """Yield a row for each response, in the order of the status."""
    return (_row(status, containment, repository_url) for containment in status.containments)


def undo_command(status: Status, containment: Containment) -> str:
    """Return a command of GitHub's CLI for the restore workflow. A shell does nothing with what an event says."""
    is_by_event = status.needs_event(containment)
    value = f"event={trailers.encode(containment.response.event_id)}" if is_by_event else f"commit={containment.sha}"
    return f"gh workflow run restore.yml -f {shlex.quote(value)}"


def _row(status: Status, containment: Containment, repository_url: str | None) -> StatusRow:
    response = containment.response
    return StatusRow(
        workload=response.workload,
        cluster=response.cluster,
        response=response.action,
        fate=containment.fate,
        since=containment.since,
        until=containment.until,
        age=status.age(containment),
        rule=response.rule,
        priority=response.priority,
        event=response.event_id,
        source=response.event_source,
        commit=containment.sha,
        commit_url=_commit_url(repository_url, containment.sha),
        ended_by=containment.ended_by,
        ended_by_url=_commit_url(repository_url, containment.ended_by),
        ended_by_author=containment.ended_by_author,
        undo=undo_command(status, containment) if containment.fate.is_contained else "",
        is_overdue=status.is_overdue(containment),
    )


def _commit_url(repository_url: str | None, sha: str) -> str:
    return f"{repository_url}/commit/{sha}" if repository_url and sha else ""
