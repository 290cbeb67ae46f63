"""The responses that a repository's history records, in the trailers of the commits that made them.

https://git-scm.com/docs/git-interpret-trailers
"""

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from ..errors import BadHistory
from ..yamledit.values import ABSENT, Absent, Value, YamlPath

_TRAILER = re.compile(r"([A-Za-z][A-Za-z-]*): (.*)")
FIRST = "Falco-Rule"  # the trailer that each response begins with


@dataclass(frozen=True, kw_only=True)
class Previous:
    """What stood at a place before a response; ABSENT where nothing did. Without a `path` it was the whole document."""

    file: PurePosixPath
    document: int
    path: YamlPath
    inside: YamlPath | None
    value: Value | Absent

    @classmethod
    def read(cls, text: str) -> "Previous":
        """From a `Previous` trailer. Raises BadHistory for what the action does not write."""
        try:
            found = json.loads(text)
            file = PurePosixPath(found["file"])
            steps = [*found["path"], *found.get("inside", [])]
            number = found["document"]
        except (ValueError, TypeError, KeyError) as error:
            raise BadHistory(f"a Previous trailer is none that this action writes: {error!a}") from error
        if file.is_absolute() or ".." in file.parts or not all(type(step) in (str, int) for step in steps):
            raise BadHistory("a Previous trailer names a place that this action would not")
        if type(number) is not int or number < 0:
            raise BadHistory("a Previous trailer names no document")
        inside = tuple(found["inside"]) if "inside" in found else None
        value = found.get("value", ABSENT)
        return cls(file=file, document=number, path=tuple(found["path"]), inside=inside, value=value)


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One response of a commit."""

    rule: str
    event_id: str
    event_source: str
    response: str
    cluster: str = ""
    previous: tuple[Previous, ...] = field(default=())


def trailers(message: str) -> list[tuple[str, str]]:
    """The trailers of a commit: its last paragraph, if that is nothing else."""
    lines = message.strip().split("\n\n")[-1].splitlines()
    found = [_TRAILER.fullmatch(line) for line in lines]
    return [(match[1], match[2]) for match in found if match] if all(found) else []


def responses(message: str) -> list[Recorded]:
    """The responses that a commit made; none for a commit of somebody else's. Raises BadHistory."""
    return [_recorded(group) for group in _groups(trailers(message))]


def count(messages: Iterable[str]) -> int:
    """How many responses these commits made."""
    return sum(1 for message in messages for key, _ in trailers(message) if key == FIRST)


def _groups(pairs: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    starts = [number for number, (key, _) in enumerate(pairs) if key == FIRST]
    for start, end in itertools.pairwise([*starts, len(pairs)]):
        yield pairs[start:end]


def _recorded(group: list[tuple[str, str]]) -> Recorded:
    said: Mapping[str, Any] = dict(group)
    try:
        return Recorded(
            rule=said[FIRST], event_id=said["CloudEvent-Id"], event_source=said["CloudEvent-Source"],
            response=said["Response"], cluster=said.get("Cluster", ""),
            previous=tuple(Previous.read(text) for key, text in group if key == "Previous"),
        )  # fmt: skip
    except KeyError as error:
        raise BadHistory(f"a response in the history lacks the trailer {error}") from error
