"""A status as a page of its own: one file without a server, and without anything from elsewhere.

Its policy lets a browser run the one script and use the one style that are in it, by their digests, and load nothing.
Every text is escaped, whoever wrote it. Without scripts the page still has everything but filters and sorting.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from string import Template

from ..escape import html_text
from ..plan.containment import Fate
from ..plan.status import Status
from . import duration
from .status_chart import status_chart
from .status_row import StatusRow, rows
from .status_summary import headline, remark

_CONTAINED_COLUMNS = {
    "Workload": "text",
    "Cluster": "text",
    "Since (UTC)": "number",
    "For": "number",
    "Response": "text",
    "Falco rule": "text",
    "Event": "text",
    "Commit": "text",
    "To undo it": "",
}
_ENDED_COLUMNS = {
    "Workload": "text",
    "Cluster": "text",
    "How it ended": "text",
    "Since (UTC)": "number",
    "For": "number",
    "Response": "text",
    "Falco rule": "text",
    "Event": "text",
    "Commit": "text",
    "Ended by": "text",
}


def status_page(status: Status, *, title: str, repository_url: str | None) -> str:
    """Return the page; `title` names the repository."""
    table = list(rows(status, repository_url))
    contained = [row for row in table if row.fate.is_contained]
    ended = [row for row in table if not row.fate.is_contained]
    style, script = _file("page.css"), _file("page.js")
    subtitle = f"{html_text(title)} · as of commit {_sha(status.commit, _commit_url(status, repository_url))}, "
    return Template(_file("page.html")).substitute(
        policy=_policy(style, script),
        style=style,
        script=script,
        headline=html_text(headline(contained)),
        subtitle=subtitle + f"{_time(status.time)} UTC",
        tiles=_tiles(status, contained),
        clusters=_options(row.cluster for row in table if row.cluster),
        states=_options(row.fate.value for row in table),
        contained=_table("Contained now", _CONTAINED_COLUMNS, [_contained_cells(row) for row in contained], contained),
        chart=_chart(table, status.time),
        ended=_table("Ended", _ENDED_COLUMNS, [_ended_cells(row) for row in ended], ended),
        footer="Read from the history of the desired-state repository by falco-dispatch.",
    )


@cache
def _file(name: str) -> str:
    return resources.files(__package__).joinpath("page", name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy"""
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src '{_digest(style)}'",
            f"script-src '{_digest(script)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _tiles(status: Status, contained: Sequence[StatusRow]) -> str:
    longest = max((row.age for row in contained), default=timedelta())
    tiles = [("Contained now", str(len(contained)), "alarm" if contained else "")]
    tiles += [("The longest for", duration.words(longest) if contained else "none yet", "")]
    if status.contained_days is not None:
        label = f"Longer than {status.contained_days} d"
        tiles.append((label, str(len(status.overdue)), "warning" if status.overdue else ""))
    for fate in (Fate.UNDONE, Fate.RESTORED):
        tiles.append((fate.value.capitalize(), str(sum(item.fate is fate for item in status.containments)), ""))
    tiles.append(
        ("Median time contained", duration.words(status.median) if status.median is not None else "none yet", "")
    )
    return "\n".join(f'<div class="{name}"><dt>{label}</dt><dd>{value}</dd></div>' for label, value, name in tiles)


def _options(values: Iterable[str]) -> str:
    return "".join(f'<option value="{html_text(value)}">{html_text(value)}</option>' for value in sorted(set(values)))


_Cells = list[tuple[str, object, str]]  # content, sort key, class


def _contained_cells(row: StatusRow) -> _Cells:
    note = f'<span class="remark">{html_text(remark(row))}</span>' if remark(row) else ""
    undo = f'<div class="undo"><code>{html_text(row.undo, limit=2000)}</code></div>'
    return [
        (f"{_workload(row)}{note}", row.workload, "workload"),
        (html_text(row.cluster), row.cluster, ""),
        *_times(row),
        (html_text(row.response), row.response, ""),
        *_event(row),
        (_sha(row.commit, row.commit_url), row.commit, ""),
        (undo, "", ""),
    ]


def _ended_cells(row: StatusRow) -> _Cells:
    author = f" {html_text(row.ended_by_author)}" if row.ended_by_author else ""
    return [
        (_workload(row), row.workload, "workload"),
        (html_text(row.cluster), row.cluster, ""),
        (html_text(row.fate.value), row.fate.value, ""),
        *_times(row),
        (html_text(row.response), row.response, ""),
        *_event(row),
        (_sha(row.commit, row.commit_url), row.commit, ""),
        (f"{_sha(row.ended_by, row.ended_by_url)}{author}", row.ended_by_author, ""),
    ]


def _workload(row: StatusRow) -> str:
    kind, _, name = row.workload.partition(" ")
    return f'<span class="kind">{html_text(kind)}</span> {html_text(name)}'


def _times(row: StatusRow) -> _Cells:
    age = duration.words(row.age) if row.until or row.fate.is_contained else ""
    return [(_time(row.since), row.since.timestamp(), "time"), (age, row.age.total_seconds(), "age")]


def _event(row: StatusRow) -> _Cells:
    priority = f' <span class="quiet">({html_text(row.priority)})</span>' if row.priority else ""
    return [(f"{html_text(row.rule)}{priority}", row.rule, ""), (f"<code>{html_text(row.event)}</code>", row.event, "")]


def _table(caption: str, columns: dict[str, str], cells: Sequence[_Cells], table: Sequence[StatusRow]) -> str:
    if not table:
        return '<p class="empty">Nothing.</p>'
    heads = [
        f'<th scope="col" data-type="{kind}">{name}</th>' if kind else f"<th>{name}</th>"
        for name, kind in columns.items()
    ]
    lines = [_line(list(columns), row_cells, row) for row_cells, row in zip(cells, table, strict=True)]
    head, body = "".join(heads), "\n".join(lines)
    return (
        f'<div class="frame rows"><table aria-label="{caption}"><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n'
        "</tbody></table></div>"
    )


def _line(columns: Sequence[str], cells: _Cells, row: StatusRow) -> str:
    parts = [
        f'<td class="{name}" data-label="{column}" data-sort="{html_text(key)}">{_block(content)}</td>'
        for column, (content, key, name) in zip(columns, cells, strict=True)
    ]
    name = ' class="overdue"' if row.is_overdue else ""
    data = f'data-cluster="{html_text(row.cluster)}" data-state="{html_text(row.fate.value)}"'
    return f"<tr{name} {data}>{''.join(parts)}</tr>"


def _block(content: str) -> str:
    return f"<div>{content}</div>" if content else ""


def _chart(table: Sequence[StatusRow], now: datetime) -> str:
    if not table:
        return '<p class="empty">Nothing.</p>'
    legend = '<p class="legend"><span class="contained">in force</span><span>ended</span></p>'
    return f'<div class="frame chart">{legend}{status_chart(table, now)}</div>'


def _sha(sha: str, url: str) -> str:
    code = f"<code>{html_text(sha[:12])}</code>" if sha else ""
    return f'<a href="{html_text(url, limit=2000)}">{code}</a>' if url else code


def _commit_url(status: Status, repository_url: str | None) -> str:
    return f"{repository_url}/commit/{status.commit}" if repository_url else ""


def _time(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M")
