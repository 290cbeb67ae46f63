"""What has become of each response that a history records: whether it is in force now, or who ended it and when.

A response is judged by the files, as they were at each later commit of the action and as they are now; only an undo of
the action is believed by its record. Which commits count, and how files are read, is for the caller.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath

from .record_state import RecordState, response_state
from .trailers import RecordedResponse, RecordedUndo
from .undo import Read, Snapshot


class Fate(StrEnum):
    """What has become of a response.

    IN_PART: some of what it wrote was changed. UNCLEAR: only a person can tell. REPLACED: a later response changed the
    same values.
    """

    IN_FORCE = "in force"
    IN_PART = "in part"
    UNCLEAR = "unclear"
    REPLACED = "replaced"
    UNDONE = "undone by hand"
    RESTORED = "restored"

    @property
    def is_contained(self) -> bool:
        """Return whether the workload has to be taken for contained by this response."""
        return self in (Fate.IN_FORCE, Fate.IN_PART, Fate.UNCLEAR)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A commit of the action's: its responses, what it took back, and how it reached the branch.

    `carrier` is the commit of the branch that brought it in (itself, or a merge), `time` that commit's; `read_before`
    and `read_after` read the branch without it and with it.
    """

    snapshot: Snapshot
    undos: tuple[RecordedUndo, ...] = ()
    carrier: str
    time: datetime
    read_before: Read
    read_after: Read


@dataclass(frozen=True, kw_only=True)
class Change:
    """A commit that changed files: when it reached the branch, and how to read the files as of it."""

    sha: str
    author: str
    time: datetime
    read: Read


@dataclass(frozen=True, kw_only=True)
class Containment:
    """A response and what has become of it. `ended_by` is the commit that ended it, if that is known."""

    sha: str
    response: RecordedResponse
    since: datetime
    fate: Fate = Fate.IN_FORCE
    until: datetime | None = None
    ended_by: str = ""
    ended_by_author: str = ""


FindChanges = Callable[[str, str, Sequence[PurePosixPath]], Iterable[Change]]
_FATES = {
    RecordState.HOLDS: Fate.IN_FORCE,
    RecordState.PARTLY: Fate.IN_PART,
    RecordState.UNCLEAR: Fate.UNCLEAR,
    RecordState.CHANGED: Fate.UNDONE,
}
_Key = tuple[str, str, str]  # commit, event and response


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """The entries of a history, the oldest first, and how to read the files as they are now.

    `reader_of_tip` returns how to read the newest commit by the paths that files had in another one.
    `find_changes` yields the commits of the branch after the first and up to the second of two commits that changed
    some files, the oldest first; the second is empty for the newest of all.
    """

    entries: Sequence[Entry]
    reader_of_tip: Callable[[str], Read]
    find_changes: FindChanges

    def containments(self) -> list[Containment]:
        """Return all responses, the oldest first, and what has become of each."""
        files = _files_by_key(self.entries)
        touched = [(entry, _touched_files(entry, files)) for entry in self.entries]
        return [
            self._judge(entry, response, itertools.islice(touched, index + 1, None))
            for index, entry in enumerate(self.entries)
            for response in entry.snapshot.responses
        ]

    def _judge(
        self, entry: Entry, response: RecordedResponse, later: Iterable[tuple[Entry, Set[PurePosixPath]]]
    ) -> Containment:
        containment = Containment(sha=entry.snapshot.sha, response=response, since=entry.time)
        files = {record.file for record in response.records}
        carrier, is_replaced = entry.carrier, False
        for other, touched in later:
            if _key(containment.sha, response) in map(_undo_key, other.undos):
                return replace(containment, fate=Fate.RESTORED, until=other.time, ended_by=other.snapshot.sha)
            if other.carrier == carrier or files.isdisjoint(touched):
                continue
            was_there = _is_there(response, entry, other.read_before)
            if not was_there and not is_replaced:
                return self._undone(entry, containment, carrier, other.carrier)
            is_replaced = not _is_there(response, entry, other.read_after)
            carrier = other.carrier
        fate = _FATES[response_state(response, entry.snapshot, self.reader_of_tip(containment.sha))]
        if fate is not Fate.UNDONE:
            return replace(containment, fate=fate)
        return (
            replace(containment, fate=Fate.REPLACED) if is_replaced else self._undone(entry, containment, carrier, "")
        )

    def _undone(self, entry: Entry, containment: Containment, start: str, end: str) -> Containment:
        """Return a containment that somebody ended between two commits, with the commit that did it."""
        response = containment.response
        for change in self.find_changes(start, end, sorted({record.file for record in response.records})):
            if not _is_there(response, entry, change.read):
                return replace(
                    containment,
                    fate=Fate.UNDONE,
                    until=change.time,
                    ended_by=change.sha,
                    ended_by_author=change.author,
                )
        return replace(containment, fate=Fate.UNDONE)


def _is_there(response: RecordedResponse, entry: Entry, read: Read) -> bool:
    return response_state(response, entry.snapshot, read) is not RecordState.CHANGED


def _key(sha: str, response: RecordedResponse) -> _Key:
    return sha, response.event_id, response.response


def _undo_key(undo: RecordedUndo) -> _Key:
    return undo.commit, undo.event_id, undo.response


def _files_by_key(entries: Iterable[Entry]) -> dict[_Key, set[PurePosixPath]]:
    files: dict[_Key, set[PurePosixPath]] = {}
    for entry in entries:
        for response in entry.snapshot.responses:
            recorded = {record.file for record in response.records}
            files.setdefault(_key(entry.snapshot.sha, response), set()).update(recorded)
    return files


def _touched_files(entry: Entry, files: Mapping[_Key, Set[PurePosixPath]]) -> Set[PurePosixPath]:
    """Return the files that the responses and the undos of an entry changed."""
    keys = [_key(entry.snapshot.sha, response) for response in entry.snapshot.responses]
    keys += map(_undo_key, entry.undos)
    return {file for key in keys for file in files.get(key, ())}
