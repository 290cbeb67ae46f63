"""Reads the time of an event. Text that is no time is not shown anywhere: an attacker may have written it."""

import re
from datetime import UTC, datetime

# https://www.rfc-editor.org/rfc/rfc3339#section-5.6
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,12})?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)


def parse_time(text: str | None) -> datetime | None:
    """Return a time in UTC, to the microsecond; None for what is no time, or is outside of the calendar in UTC."""
    if text is None or not _TIME.fullmatch(text):
        return None
    try:
        time = datetime.fromisoformat(text.upper())
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
