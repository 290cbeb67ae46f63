"""How many responses there were over time, as a chart in SVG that needs no script. Shows counts and dates only."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from .status_row import StatusRow

_WIDTH, _HEIGHT = 960, 180
_START, _TOP, _BOTTOM = 32, 12, 24  # margins
_LABEL = 64  # the width of a date
_MOST_BARS = 53
_DAY = timedelta(days=1)


def status_chart(rows: Sequence[StatusRow], now: datetime) -> str:
    """Return the chart, with a bar for each day, week or month up to now."""
    first = min((row.since.astimezone(UTC).date() for row in rows), default=now.date())
    unit, starts = _periods(first, now.astimezone(UTC).date())
    contained = Counter(_period_of(row, starts) for row in rows if row.fate.is_contained)
    ended = Counter(_period_of(row, starts) for row in rows if not row.fate.is_contained)
    highest = max((contained[start] + ended[start] for start in starts), default=0) or 1
    label = f"{len(rows)} responses, by {unit}"
    parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">']
    for value in sorted({0, highest // 2, highest}):
        y = _y(value, highest)
        parts.append(f'<line class="axis" x1="{_START}" x2="{_WIDTH}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text x="{_START - 8}" y="{y + 4}" text-anchor="end">{value}</text>')
    step = (_WIDTH - _START) / len(starts)
    for index, start in enumerate(starts):
        x = _START + index * step
        parts += _bar(x, step, contained[start], ended[start], highest, f"{unit} of {start}")
        if index % (len(starts) // 8 + 1) == 0 and x + step / 2 < _WIDTH - _LABEL / 2:
            parts.append(f'<text x="{x + step / 2:.1f}" y="{_HEIGHT - 6}" text-anchor="middle">{start}</text>')
    return "".join([*parts, "</svg>"])


def _bar(x: float, step: float, contained: int, ended: int, highest: int, period: str) -> list[str]:
    """Return a bar of two parts: what is still contained stands on what has ended."""
    width, middle, top = min(step * 0.7, 40), _y(ended, highest), _y(ended + contained, highest)
    x_start, bottom = x + (step - width) / 2, _y(0, highest)
    rectangles = [("ended", middle, bottom - middle), ("contained", top, middle - top)]
    parts = [
        f'<rect class="{name}" x="{x_start:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'
        for name, y, height in rectangles
        if height
    ]
    title = f"<title>{period}: {contained + ended} responses, {contained} in force</title>"
    return [f"<g>{title}{''.join(parts)}</g>"] if parts else []


def _y(value: float, highest: int) -> float:
    return round(_HEIGHT - _BOTTOM - value / highest * (_HEIGHT - _TOP - _BOTTOM), 1)


def _periods(first: date, last: date) -> tuple[str, list[date]]:
    """Return the unit of the chart and the first day of each period, the oldest first, at most `_MOST_BARS`."""
    days = max((last - first).days, 0)
    if days < 31:
        length = max(days, 13)  # a chart of one bar says little
        return "day", [last - _DAY * number for number in range(length, -1, -1)]
    monday = last - _DAY * last.weekday()
    if days < 7 * (_MOST_BARS - 2):
        count = ((monday - first).days + 6) // 7
        return "week", [monday - 7 * _DAY * number for number in range(count, -1, -1)]
    months = [last.replace(day=1)]
    while months[-1] > first and len(months) < _MOST_BARS:
        months.append((months[-1] - _DAY).replace(day=1))
    return "month", months[::-1]


def _period_of(row: StatusRow, starts: Sequence[date]) -> date:
    """Return the first day of the period that a response was made in; what is older counts for the first one."""
    day = row.since.astimezone(UTC).date()
    return max((start for start in starts if start <= day), default=starts[0])
