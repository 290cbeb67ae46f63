"""Which responses a restore takes back, and which commit of the history is believed to have made them."""

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Self

from ..errors import BadHistory, BadInput, NotRecorded
from ..escape import one_line, plain
from ..github.inputs import Inputs
from ..plan import trailers
from ..plan.trailers import RecordedResponse
from ..plan.undo import Snapshot
from ..publish.commit_object import Commit
from ..publish.git import Git

Show = Callable[[str, PurePosixPath], bytes | None]  # returns a file as of a commit

_SHA = re.compile("[0-9a-f]{7,40}")
_WORKLOAD = re.compile(r"([A-Za-z]+) ([^/ ]+)/([^/ ]+)")
_OLD_LIMIT = 300  # characters of an id in commits of older versions, which cut it


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The responses to take back: all of a commit, that to an event, or the last one to a workload."""

    commit: str = ""
    event: str = ""
    workload: str = ""

    @classmethod
    def from_inputs(cls, run_inputs: Inputs) -> Self:
        """Read the selection from the inputs, of which one has to be set. Raises BadInput."""
        selection = cls(
            commit=run_inputs.text("commit").lower(),
            event=trailers.decode(run_inputs.text("event")),
            workload=run_inputs.text("workload"),
        )
        if len(list(filter(None, (selection.commit, selection.event, selection.workload)))) != 1:
            raise BadInput("say what to restore by one of the inputs commit, event and workload")
        if selection.commit and not _SHA.fullmatch(selection.commit):
            raise BadInput("input commit is no SHA: 7 to 40 digits and letters from a to f")
        if selection.workload and not _WORKLOAD.fullmatch(selection.workload):
            raise BadInput('input workload is not like "Deployment NAMESPACE/NAME"')
        return selection

    def pick(self, sha: str, responses: Sequence[RecordedResponse]) -> list[RecordedResponse]:
        """Return those of a commit's responses that are selected."""
        if self.commit:
            return list(responses) if sha.startswith(self.commit) else []
        if self.event:
            ids = (self.event, one_line(self.event, limit=_OLD_LIMIT), trailers.short_id(self.event))
            return [response for response in responses if response.event_id in ids]
        return [response for response in responses if response.response.endswith(f" {self.workload}")]

    def __str__(self) -> str:
        names = {"commit": self.commit, "event": self.event, "workload": self.workload}
        return next(f"{name} {plain(value)}" for name, value in names.items() if value)


def find(
    commits: Iterable[Commit], git: Git, selection: Selection, *, warn: Callable[[str], None]
) -> tuple[Snapshot, list[RecordedResponse]]:
    """Return the newest commit with responses that are selected, and those responses. Raise NotRecorded without one.

    A commit that the action did not make, or whose record is incomplete, is passed over with a warning, unless the
    selection names the commit itself.
    """
    for commit in commits:
        if not commit.sha.startswith(selection.commit):
            continue
        try:
            responses = trailers.responses(commit.message)
        except BadHistory as error:
            if selection.commit:
                raise
            warn(f"commit {commit.sha[:12]} is passed over: {error}")
            continue
        selected = selection.pick(commit.sha, responses)
        if not selected:
            continue
        if not selection.commit and not commit.is_of_action:
            author = one_line(commit.author, limit=80)
            warn(
                f"commit {commit.sha[:12]} by {author} is passed over: it says what the selection names, but this "
                "action did not make it. To undo it nevertheless, name it by the input commit"
            )
            continue
        return snapshot(commit, responses, git.show), selected
    raise NotRecorded(f"no response is recorded on this branch for {selection}")


def snapshot(commit: Commit, responses: Sequence[RecordedResponse], show: Show) -> Snapshot:
    """Return a commit with responses, and how to read the files before and after it. Raises BadHistory."""
    if len(commit.parents) != 1:
        raise BadHistory(f"commit {commit.sha[:12]} has {len(commit.parents)} parents, a response has one")
    return Snapshot(
        sha=commit.sha,
        responses=tuple(responses),
        read_before=functools.partial(show, commit.parents[0]),
        read_after=functools.partial(show, commit.sha),
    )
