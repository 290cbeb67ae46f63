"""What a person reads of a status: the job summary. Everything from an event is shown as untrusted text."""

from collections.abc import Sequence
from datetime import datetime

from ..escape import fenced, markdown_code, one_line
from ..plan.containment import Fate
from ..plan.status import Status
from . import duration
from .status_row import StatusRow, rows

_CONTAINED_ROWS = 200  # at most, so that the summary stays below GitHub's limit
_ENDED_ROWS = 20
_CELL_LIMIT = 100  # characters


def status_summary(status: Status, repository_url: str | None) -> str:
    """Return the job summary, in GitHub Markdown."""
    table = list(rows(status, repository_url))
    contained = [row for row in table if row.fate.is_contained]
    ended = [row for row in table if not row.fate.is_contained]
    parts = [
        f"## {headline(contained)}",
        *_overdue(contained, status.contained_days),
        *_contained(contained),
        *_ended(ended, status),
        f"As of commit {_link(status.commit, repository_url)}, {_time(status.time)} UTC.",
    ]
    return "\n\n".join(parts) + "\n"


def headline(contained: Sequence[StatusRow]) -> str:
    """Return how many workloads are contained, in words."""
    count = len({(row.cluster, row.workload) for row in contained})
    return "Nothing is contained" if not count else f"{count} workload{' is' if count == 1 else 's are'} contained"


def remark(row: StatusRow) -> str:
    """Return what a person must know of a response that may not be in force as a whole; empty if it is."""
    match row.fate:
        case Fate.IN_PART:
            return "somebody has changed a part of it"
        case Fate.UNCLEAR:
            return "the files have changed so that only a person can tell"
        case _:
            return ""


def overdue_sentence(row: StatusRow, contained_days: int | None) -> str:
    """Return that a workload has been contained for too long. It has texts of an event, and nothing is escaped."""
    cluster = f" in {one_line(row.cluster, limit=_CELL_LIMIT)}" if row.cluster else ""
    workload = f"{one_line(row.workload, limit=_CELL_LIMIT)}{cluster}"
    return f"{workload} has been contained for {duration.words(row.age)}; limits.contained-days is {contained_days}"


def _overdue(contained: Sequence[StatusRow], contained_days: int | None) -> list[str]:
    sentences = [overdue_sentence(row, contained_days) for row in contained if row.is_overdue][:_ENDED_ROWS]
    lines = ["> [!WARNING]", *(f"> - {markdown_code(sentence)}" for sentence in sentences)]
    return ["\n".join(lines)] if sentences else []


def _contained(contained: Sequence[StatusRow]) -> list[str]:
    if not contained:
        return []
    lines = ["| Workload | Cluster | Since (UTC) | For | Response | Falco rule | Event | Commit |", f"|{' --- |' * 8}"]
    lines += [_contained_row(row) for row in contained[:_CONTAINED_ROWS]]
    commands = [f"# {one_line(row.workload, limit=_CELL_LIMIT)}\n{row.undo}" for row in contained[:_ENDED_ROWS]]
    omitted = (
        [f"{len(contained) - _CONTAINED_ROWS} more are left out here."] if len(contained) > _CONTAINED_ROWS else []
    )
    return ["\n".join(lines), *omitted, f"### To undo one\n\n{fenced(chr(10).join(commands), 'bash')}"]


def _contained_row(row: StatusRow) -> str:
    state = f" ({remark(row)})" if remark(row) else ""
    cells = [
        _cell(row.workload) + state,
        _cell(row.cluster),
        _time(row.since),
        duration.words(row.age) + (" ⚠️" if row.is_overdue else ""),
        _cell(row.response),
        _cell(row.rule),
        _cell(row.event),
        _sha(row.commit, row.commit_url),
    ]
    return f"| {' | '.join(cells)} |"


def _ended(ended: Sequence[StatusRow], status: Status) -> list[str]:
    if not ended:
        return []
    counts = {fate: sum(row.fate is fate for row in ended) for fate in Fate}
    numbers = ", ".join(f"{number} {fate}" for fate, number in counts.items() if number)
    median = f" Median time contained: {duration.words(status.median)}." if status.median is not None else ""
    lines = ["| | Workload | Cluster | Since (UTC) | For | By | Commit |", f"|{' --- |' * 7}"]
    lines += [_ended_row(row) for row in ended[:_ENDED_ROWS]]
    return [f"### Ended\n\n{numbers}.{median}", "\n".join(lines)]


def _ended_row(row: StatusRow) -> str:
    cells = [
        row.fate.value,
        _cell(row.workload),
        _cell(row.cluster),
        _time(row.since),
        duration.words(row.age) if row.until else "",
        _cell(row.ended_by_author),
        _sha(row.ended_by, row.ended_by_url),
    ]
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return markdown_code(text, limit=_CELL_LIMIT) if text else ""


def _sha(sha: str, url: str) -> str:
    code = markdown_code(sha[:12]) if sha else ""
    return f"[{code}]({url})" if url else code


def _link(sha: str, repository_url: str | None) -> str:
    return _sha(sha, f"{repository_url}/commit/{sha}" if repository_url else "")


def _time(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M")
