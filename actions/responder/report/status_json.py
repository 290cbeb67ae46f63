"""A status for programs: a JSON document in which the texts of events are as the events had them."""

from datetime import datetime
from typing import Any

from ..escape import json_text
from ..plan.status import Status
from .status_row import StatusRow, rows


def status_json(status: Status, repository_url: str | None) -> str:
    """Return the whole status as JSON in ASCII, on which GitHub acts nowhere."""
    return json_text(
        {
            "commit": status.commit,
            "time": _time(status.time),
            "contained": len(status.contained),
            "overdue": len(status.overdue),
            "contained-days": status.contained_days,
            "median-seconds": None if status.median is None else status.median.total_seconds(),
            "responses": [_as_json(row) for row in rows(status, repository_url)],
        }
    )


def contained_json(status: Status, repository_url: str | None) -> str:
    """Return a JSON array of the responses that are still in force."""
    return json_text([_as_json(row) for row in rows(status, repository_url) if row.fate.is_contained])


def _as_json(row: StatusRow) -> dict[str, Any]:
    kind, _, name = row.workload.partition(" ")
    namespace, _, name = name.partition("/")
    return {
        "state": row.fate.value,
        "kind": kind,
        "namespace": namespace,
        "name": name,
        "cluster": row.cluster or None,
        "response": row.response,
        "since": _time(row.since),
        "until": _time(row.until) if row.until else None,
        "seconds": row.age.total_seconds(),
        "overdue": row.is_overdue,
        "falco-rule": row.rule,
        "priority": row.priority or None,
        "event": row.event,
        "source": row.source,
        "commit": row.commit,
        "commit-url": row.commit_url or None,
        "ended-by": row.ended_by or None,
        "ended-by-author": row.ended_by_author or None,
        "undo": row.undo or None,
    }


def _time(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
