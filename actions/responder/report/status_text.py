"""What a person reads of a status on a terminal. Texts of events are one line each, without control characters."""

from collections.abc import Sequence

from ..escape import one_line
from ..plan.status import Status
from . import duration
from .status_row import StatusRow, rows
from .status_summary import headline, overdue_sentence

_CELL_LIMIT = 60  # characters
_COLUMNS = ("WORKLOAD", "CLUSTER", "STATE", "SINCE (UTC)", "FOR", "RESPONSE", "FALCO RULE", "COMMIT")


def status_text(status: Status) -> str:
    """Return a line for each response that is in force, how to undo each, and how many have ended."""
    table = list(rows(status, None))
    contained = [row for row in table if row.fate.is_contained]
    parts = [headline(contained)]
    if contained:
        parts += ["\n".join(_aligned([_COLUMNS, *map(_cells, contained)]))]
        parts += ["To undo one:\n" + "\n".join(f"  {row.undo}  # {_cell(row.workload)}" for row in contained)]
    sentences = [overdue_sentence(row, status.contained_days) for row in contained if row.is_overdue]
    parts += ["\n".join(sentences)] if sentences else []
    fates = [row.fate for row in table if not row.fate.is_contained]
    if fates:
        counts = ", ".join(f"{fates.count(fate)} {fate}" for fate in dict.fromkeys(fates))
        median = "" if status.median is None else f"; median time contained: {duration.words(status.median)}"
        parts.append(f"Ended: {counts}{median}")
    return "\n\n".join(parts)


def _cells(row: StatusRow) -> tuple[str, ...]:
    since, age = row.since.strftime("%Y-%m-%d %H:%M"), duration.words(row.age)
    cells = (row.workload, row.cluster, row.fate.value, since, age, row.response, row.rule, row.commit[:12])
    return tuple(map(_cell, cells))


def _cell(text: str) -> str:
    return one_line(text, limit=_CELL_LIMIT)


def _aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
