"""Reads the ledger of responses from the history of a checkout: which commits count is decided here, and nothing more.

Those of the action count, as for a restore. What became of a response is decided in `plan.containment`.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath

from ..errors import BadHistory, BadInput
from ..escape import plain
from ..plan import trailers
from ..plan.containment import Change, Entry, Ledger
from ..plan.undo import Read
from ..publish import history, landing
from ..publish.git import Git
from ..publish.landing import Landing
from .selection import Show, snapshot

Warn = Callable[[str], None]
_CACHED_FILES = 4096


def read(git: Git, *, warn: Warn) -> Ledger:
    """Return the ledger up to the checked-out commit. Raise BadInput for a shallow checkout: a part is not the whole.

    A commit that only looks like one of the action's is passed over with a warning.
    """
    if git.is_shallow():
        raise BadInput(
            "the checkout is shallow, so that older responses would be missing: write `fetch-depth: 0` below "
            "actions/checkout, or run `git fetch --unshallow`"
        )
    show = functools.lru_cache(maxsize=_CACHED_FILES)(git.show)
    commits = landing.landings(list(history.all_commits(git)))
    entries = [entry for landed in commits for entry in _entries(landed, show, warn)]

    def reader_of_tip(sha: str) -> Read:
        renames = functools.cache(lambda: git.renames(sha))

        def read_at_tip(path: PurePosixPath) -> bytes | None:
            data = show("HEAD", path)
            return data if data is not None or path not in renames() else show("HEAD", renames()[path])

        return read_at_tip

    def find_changes(start: str, end: str, paths: Sequence[PurePosixPath]) -> Iterator[Change]:
        for commit in history.changes_of(git, start, end, paths):
            author = commit.author.rpartition(" <")[0]
            yield Change(sha=commit.sha, author=author, time=commit.time, read=functools.partial(show, commit.sha))

    return Ledger(entries=entries, reader_of_tip=reader_of_tip, find_changes=find_changes)


def _entries(landed: Landing, show: Show, warn: Warn) -> Iterator[Entry]:
    """Yield the entry of a commit if it is one of the action's with a record."""
    commit, carrier = landed.commit, landed.carrier
    try:
        responses, undos = trailers.responses(commit.message), trailers.undos(commit.message)
    except BadHistory as error:
        warn(f"commit {commit.sha[:12]} is passed over: {plain(error)}")
        return
    if not responses and not undos:
        return
    if not commit.is_of_action:
        warn(
            f"commit {commit.sha[:12]} by {plain(commit.author, limit=80)} is passed over: it has the trailers of a "
            "response, but this action did not make it"
        )
        return
    yield Entry(
        snapshot=snapshot(commit, responses, show),
        undos=tuple(undos),
        carrier=carrier.sha,
        time=carrier.time,
        read_before=functools.partial(show, carrier.parents[0]),
        read_after=functools.partial(show, carrier.sha),
    )
