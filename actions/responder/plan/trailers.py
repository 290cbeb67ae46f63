"""The responses that a repository's history records, in the trailers of the commits that made them.

Decides which trailers are believed. What an undo record says is for undo_record.py.
https://git-scm.com/docs/git-interpret-trailers
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..errors import BadHistory
from . import undo_record
from .undo_record import UndoRecord

_TRAILER = re.compile(r"([A-Za-z][A-Za-z-]*): (.*)")
FIRST = "Falco-Rule"  # the trailer that each response begins with


@dataclass(frozen=True, kw_only=True)
class RecordedResponse:
    """One response of a commit."""

    rule: str
    event_id: str
    event_source: str
    response: str
    cluster: str = ""
    records: tuple[UndoRecord, ...] = ()


def trailers(message: str) -> list[tuple[str, str]]:
    """Return the trailers of a commit: its last paragraph, if that has nothing else."""
    lines = message.strip().split("\n\n")[-1].splitlines()
    matches = [_TRAILER.fullmatch(line) for line in lines]
    return [(match[1], match[2]) for match in matches if match] if all(matches) else []


def responses(message: str) -> list[RecordedResponse]:
    """Return the responses that a commit made; none for a commit of somebody else. Raise BadHistory."""
    return [_response(group) for group in _groups(trailers(message))]


def count(messages: Iterable[str]) -> int:
    """Return how many responses these commits made."""
    return sum(1 for message in messages for key, _ in trailers(message) if key == FIRST)


def _groups(pairs: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    starts = [index for index, (key, _) in enumerate(pairs) if key == FIRST]
    for start, end in itertools.pairwise([*starts, len(pairs)]):
        yield pairs[start:end]


def _response(group: list[tuple[str, str]]) -> RecordedResponse:
    values = dict(group)
    try:
        return RecordedResponse(
            rule=values[FIRST],
            event_id=values["CloudEvent-Id"],
            event_source=values["CloudEvent-Source"],
            response=values["Response"],
            cluster=values.get("Cluster", ""),
            records=tuple(undo_record.load(text) for key, text in group if key == "Previous"),
        )
    except KeyError as error:
        raise BadHistory(f"a response in the history lacks the trailer {error}") from error
