"""Builds the bodies of GitHub dispatches from CloudEvents, and knows how much one body can hold. Does no I/O.

https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event
https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from relay.events import ACCEPTED, COALESCED, DISPATCHED, TYPE

# Characters of `client_payload`, and of all `inputs`; both modes count bytes of UTF-8, which are never fewer.
LIMIT = 65_535
_RUN_DETAILS = "return_run_details"
_MOMENT = "2026-11-25T12:20:41.123Z"
# What `stamped` can add to a document after its size was measured, as the text of a workflow's input.
_MARK_ROOM = len(f',\\"{COALESCED}\\":1000000000,\\"{ACCEPTED}\\":\\"{_MOMENT}\\",\\"{DISPATCHED}\\":\\"{_MOMENT}\\"')


class Dispatch(Protocol):
    """One of GitHub's two ways to start a workflow."""

    @property
    def permissions(self) -> Mapping[str, str]:
        """Return the permissions that a token needs, in the words of GitHub Apps."""

    @property
    def path(self) -> str:
        """Return the path of the endpoint, relative to the API's address."""

    @property
    def answers_with_run(self) -> bool:
        """Return whether GitHub may answer with the run that it started."""

    @property
    def room(self) -> int:
        """Return the limit for the sum of the sizes of all documents in one body."""

    def size(self, document: bytes) -> int:
        """Return the part of the room that one document takes."""

    def body(self, documents: Sequence[bytes]) -> bytes:
        """Return the request body for structured CloudEvents in JSON."""

    def without(self, message: str, /) -> "Dispatch | None":
        """Return this dispatch without the key that an older GitHub rejects, or None if `message` is not about it."""


@dataclass(frozen=True, slots=True)
class RepositoryDispatch:
    """`client_payload.events` holds the events; needs Contents: write."""

    repository: str

    @property
    def permissions(self) -> Mapping[str, str]:
        return {"contents": "write"}

    @property
    def path(self) -> str:
        return f"/repos/{self.repository}/dispatches"

    @property
    def answers_with_run(self) -> bool:
        return False

    @property
    def room(self) -> int:
        return LIMIT - len('{"events":[]}')

    def size(self, document: bytes) -> int:
        return len(document) + _MARK_ROOM + len(",")

    def body(self, documents: Sequence[bytes]) -> bytes:
        return b'{"event_type":"%b","client_payload":{"events":[%b]}}' % (TYPE.encode(), b",".join(documents))

    def without(self, _message: str, /) -> None:
        return None


@dataclass(frozen=True, slots=True)
class WorkflowDispatch:
    """`inputs.event` holds the events as text; needs Actions: write alone."""

    repository: str
    workflow: str
    ref: str
    run_details: bool = True  # GitHub Enterprise Server 3.19 rejects the key

    @property
    def permissions(self) -> Mapping[str, str]:
        return {"actions": "write"}

    @property
    def path(self) -> str:
        return f"/repos/{self.repository}/actions/workflows/{self.workflow}/dispatches"

    @property
    def answers_with_run(self) -> bool:
        return True

    @property
    def room(self) -> int:
        return LIMIT - len('{"event":"[]"}')

    def size(self, document: bytes) -> int:
        return len(msgspec.json.encode(document.decode())) + _MARK_ROOM + len(",")

    def body(self, documents: Sequence[bytes]) -> bytes:
        inputs = {"event": (b"[%b]" % b",".join(documents)).decode()}
        details = {_RUN_DETAILS: True} if self.run_details else {}
        return msgspec.json.encode({"ref": self.ref, "inputs": inputs, **details})

    def without(self, message: str, /) -> "WorkflowDispatch | None":
        return replace(self, run_details=False) if self.run_details and _RUN_DETAILS in message else None


def stamped(document: bytes, *, coalesced: int, accepted: float, dispatched: float) -> bytes:
    """Return the document with the times of the relay, in seconds since the epoch, and the number of folded events."""
    marks: dict[str, object] = {ACCEPTED: _moment(accepted), DISPATCHED: _moment(dispatched)}
    if coalesced:
        marks[COALESCED] = coalesced
    return b"%b,%b" % (document[:-1], msgspec.json.encode(marks)[1:])


def _moment(seconds: float) -> str:
    """Return a time as RFC 3339, to the millisecond: https://www.rfc-editor.org/rfc/rfc3339#section-5.6"""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
