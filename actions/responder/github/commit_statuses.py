"""The statuses of a commit, which other programs have written. What they mean is not decided here.

https://docs.github.com/en/rest/commits/statuses#list-commit-statuses-for-a-reference
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .api import Api


@dataclass(frozen=True, kw_only=True)
class CommitStatus:
    """What one program says of a commit; `state` is pending, success, failure or error."""

    context: str
    state: str
    description: str


def latest(api: Api, commit: str) -> list[CommitStatus]:
    """Return the newest status of each context. Raises ApiRefused."""
    content = api.get(f"commits/{quote(commit, safe='')}/statuses", per_page="100")
    newest: dict[str, CommitStatus] = {}
    for entry in content if isinstance(content, list) else []:  # the newest first
        if isinstance(entry, dict):
            status = _status(entry)
            newest.setdefault(status.context, status)
    return list(newest.values())


def _status(entry: Mapping[str, Any]) -> CommitStatus:
    context, state, description = (str(entry.get(name) or "") for name in ("context", "state", "description"))
    return CommitStatus(context=context, state=state, description=description)
