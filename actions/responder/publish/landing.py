"""When a commit reached the branch: with its own push, or with the merge that brought it in. Reads nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from .commit_object import Commit


@dataclass(frozen=True, kw_only=True)
class Landing:
    """A commit, and the commit of the branch itself that it came with: the same one, or a merge."""

    commit: Commit
    carrier: Commit


def landings(commits: Sequence[Commit]) -> list[Landing]:
    """Return when each commit of a history reached the branch, the oldest first; `commits` begin with the tip."""
    by_sha = {commit.sha: commit for commit in commits}
    carriers: dict[str, Commit] = {}
    mainline = _mainline(commits, by_sha)
    for carrier in reversed(mainline):
        pending = [carrier.sha]
        while pending:
            sha = pending.pop()
            if sha in by_sha and sha not in carriers:
                carriers[sha] = carrier
                pending += by_sha[sha].parents
    age = {commit.sha: index for index, commit in enumerate(commits)}
    oldest_first = sorted(commits, key=lambda commit: (age[carriers[commit.sha].sha], age[commit.sha]), reverse=True)
    return [Landing(commit=commit, carrier=carriers[commit.sha]) for commit in oldest_first]


def _mainline(commits: Sequence[Commit], by_sha: dict[str, Commit]) -> list[Commit]:
    """Return the commits that were pushed to the branch itself, the newest first."""
    mainline = list(commits[:1])
    while mainline and (parents := mainline[-1].parents) and parents[0] in by_sha:
        mainline.append(by_sha[parents[0]])
    return mainline
