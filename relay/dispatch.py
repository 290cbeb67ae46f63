"""Builds the bodies of GitHub dispatches from CloudEvents, and knows how much one body carries. Does no I/O.

https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event
https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from relay.events import COALESCED, TYPE

# Characters of `client_payload`, and of all `inputs`; both modes count bytes of UTF-8, which are never fewer.
LIMIT = 65_535
# What the extension `coalesced` can add to a document after its size was taken.
_MARK_ROOM = len(',\\"coalesced\\":1000000000')


class Dispatch(Protocol):
    """One of GitHub's two ways to start a workflow."""

    @property
    def path(self) -> str:
        """Where to post, relative to the API's address."""

    @property
    def room(self) -> int:
        """What the sizes of all documents in one body may add up to."""

    def size(self, document: str) -> int:
        """What one document takes of the room."""

    def body(self, documents: Sequence[str]) -> bytes:
        """The request body for structured CloudEvents in JSON."""


@dataclass(frozen=True, slots=True)
class RepositoryDispatch:
    """`client_payload.events` holds the events; asks for Contents: write."""

    repository: str

    @property
    def path(self) -> str:
        return f"/repos/{self.repository}/dispatches"

    @property
    def room(self) -> int:
        return LIMIT - len('{"events":[]}')

    def size(self, document: str) -> int:
        return len(document.encode()) + _MARK_ROOM + len(",")

    def body(self, documents: Sequence[str]) -> bytes:
        return f'{{"event_type":"{TYPE}","client_payload":{{"events":[{",".join(documents)}]}}}}'.encode()


@dataclass(frozen=True, slots=True)
class WorkflowDispatch:
    """`inputs.event` holds the events as a text; asks for Actions: write alone."""

    repository: str
    workflow: str
    ref: str

    @property
    def path(self) -> str:
        return f"/repos/{self.repository}/actions/workflows/{self.workflow}/dispatches"

    @property
    def room(self) -> int:
        return LIMIT - len('{"event":"[]"}')

    def size(self, document: str) -> int:
        return len(_encode(document).encode()) + _MARK_ROOM + len(",")

    def body(self, documents: Sequence[str]) -> bytes:
        inputs = {"event": f"[{','.join(documents)}]"}
        return _encode({"ref": self.ref, "inputs": inputs, "return_run_details": True}).encode()


def with_coalesced(document: str, count: int) -> str:
    """The document with the number of events that were folded into it, if there are any."""
    return f'{document[:-1]},"{COALESCED}":{count}}}' if count else document


def _encode(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
