"""Which commits look as if GitHub had made them, but are not signed by it as its API says: a signature can be copied.

https://docs.github.com/en/rest/commits/commits#list-commits
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from ..errors import ApiRefused
from ..github.api import Api
from .commit_object import Commit

_PAGE = 100  # commits in an answer
_PAGES = 10


def forged(api: Api, commits: Collection[Commit], *, head: str, since: float) -> frozenset[str]:
    """Return the SHAs of commits up to `head` that claim to be made by GitHub but are not. `since` is in seconds.

    What could not be checked is not forged: it counts against the limits.
    """
    claims = {commit.sha for commit in commits if commit.is_by_github}
    result: set[str] = set()
    page = 0
    while claims and page < _PAGES:
        page += 1
        try:
            entries = _entries(api, head=head, since=since, page=page)
        except ApiRefused:
            break
        result |= {entry["sha"] for entry in entries if entry.get("sha") in claims and not _is_verified(entry)}
        claims -= {entry.get("sha") for entry in entries}
        if len(entries) < _PAGE:
            break
    return frozenset(result)


def _entries(api: Api, *, head: str, since: float, page: int) -> list[dict[str, Any]]:
    moment = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    contents = api.get("commits", sha=head, since=moment, per_page=str(_PAGE), page=str(page))
    return [entry for entry in contents if isinstance(entry, dict)] if isinstance(contents, list) else []


def _is_verified(entry: dict[str, Any]) -> bool:
    commit = entry.get("commit")
    verification = commit.get("verification") if isinstance(commit, dict) else None
    return isinstance(verification, dict) and verification.get("verified") is True
