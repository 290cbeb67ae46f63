"""Builds the bodies of GitHub dispatches from CloudEvents, and knows how much one body carries. Does no I/O.

https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event
https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import msgspec

from relay.events import COALESCED, TYPE

# Characters of `client_payload`, and of all `inputs`; both modes count bytes of UTF-8, which are never fewer.
LIMIT = 65_535
_RUN_DETAILS = "return_run_details"
# What the extension `coalesced` can add to a document after its size was taken.
_MARK_ROOM = len(',\\"coalesced\\":1000000000')


class Dispatch(Protocol):
    """One of GitHub's two ways to start a workflow."""

    @property
    def permissions(self) -> Mapping[str, str]:
        """What a token needs, as GitHub Apps name it, and no more."""

    @property
    def path(self) -> str:
        """Where to post, relative to the API's address."""

    @property
    def room(self) -> int:
        """What the sizes of all documents in one body may add up to."""

    def size(self, document: bytes) -> int:
        """What one document takes of the room."""

    def body(self, documents: Sequence[bytes]) -> bytes:
        """The request body for structured CloudEvents in JSON."""

    def without(self, refused: str, /) -> "Dispatch | None":
        """The dispatch without what an older GitHub does not know, if this message of a rejection is about that."""


@dataclass(frozen=True, slots=True)
class RepositoryDispatch:
    """`client_payload.events` holds the events; asks for Contents: write."""

    repository: str

    @property
    def permissions(self) -> Mapping[str, str]:
        return {"contents": "write"}

    @property
    def path(self) -> str:
        return f"/repos/{self.repository}/dispatches"

    @property
    def room(self) -> int:
        return LIMIT - len('{"events":[]}')

    def size(self, document: bytes) -> int:
        return len(document) + _MARK_ROOM + len(",")

    def body(self, documents: Sequence[bytes]) -> bytes:
        return b'{"event_type":"%b","client_payload":{"events":[%b]}}' % (TYPE.encode(), b",".join(documents))

    def without(self, _refused: str, /) -> None:
        return None


@dataclass(frozen=True, slots=True)
class WorkflowDispatch:
    """`inputs.event` holds the events as a text; asks for Actions: write alone."""

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
    def room(self) -> int:
        return LIMIT - len('{"event":"[]"}')

    def size(self, document: bytes) -> int:
        return len(msgspec.json.encode(document.decode())) + _MARK_ROOM + len(",")

    def body(self, documents: Sequence[bytes]) -> bytes:
        inputs = {"event": (b"[%b]" % b",".join(documents)).decode()}
        details = {_RUN_DETAILS: True} if self.run_details else {}
        return msgspec.json.encode({"ref": self.ref, "inputs": inputs, **details})

    def without(self, refused: str, /) -> "WorkflowDispatch | None":
        return replace(self, run_details=False) if self.run_details and _RUN_DETAILS in refused else None


def with_coalesced(document: bytes, count: int) -> bytes:
    """The document with the number of events that were folded into it, if there are any."""
    return b'%b,"%b":%d}' % (document[:-1], COALESCED.encode(), count) if count else document
