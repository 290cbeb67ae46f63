"""Reads the commits of the checked-out branch. Whether one of them records responses is not decided here."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from ..errors import GitFailed
from . import commit_object
from .commit_object import Commit
from .git import Git

_BATCH = 500  # commits that are read at once


def commits_since(git: Git, moment: float, branch: str) -> Iterator[Commit]:
    """Yield the commits that were pushed to the branch itself since a moment, the newest first.

    What a merge brought in is left out: anybody could have written it. `moment` is in seconds since the epoch. A
    shallow checkout is deepened as far as necessary. Most often its last commit is older already.
    """
    timestamp, _, _ = git.run("rev-list", "--max-count=1", "--timestamp", "HEAD").partition(" ")
    if float(timestamp) < moment:
        return
    since = f"@{moment:.0f} +0000"  # git guesses what a number alone means
    if git.is_shallow():
        git.fetch(f"--shallow-since={since}", branch=branch)
    yield from _read(git, git.run("rev-list", "--first-parent", f"--since={since}", "HEAD").split())


def all_commits(git: Git) -> Iterator[Commit]:
    """Yield the commits up to the one that is checked out, the newest first.

    The history of a shallow checkout is fetched first.
    """
    if git.is_shallow():
        git.fetch("--unshallow")
    yield from _read(git, git.run("rev-list", "HEAD").split())


def changes_of(git: Git, start: str, end: str, paths: Sequence[PurePosixPath]) -> Iterator[Commit]:
    """Yield the commits of the branch itself after `start` and up to `end` that changed some paths.

    The oldest comes first. An empty `end` means the checked-out commit.
    """
    options = ("--reverse", "--first-parent", f"{start}..{end or 'HEAD'}")
    literal = [f":(top,literal){git.path_in_repository(path)}" for path in paths]
    yield from _read(git, git.run("rev-list", *options, "--", *literal).split())


def read_commit(git: Git, sha: str) -> Commit:
    """Return one commit."""
    return next(_read(git, [sha]))


def _read(git: Git, shas: Sequence[str]) -> Iterator[Commit]:
    for start in range(0, len(shas), _BATCH):
        batch = shas[start : start + _BATCH]
        output, offset = git.read("cat-file", "--batch", stdin="\n".join(batch).encode()), 0
        for sha in batch:
            end = output.index(b"\n", offset)
            header = output[offset:end].decode()
            if not header.startswith(f"{sha} commit "):
                raise GitFailed("cat-file", header)
            size = int(header.split(" ")[2])
            yield commit_object.parse(sha, output[end + 1 : end + 1 + size])
            offset = end + size + 2
