"""Writes what decides the turn of a letter into its subject: NATS then counts what waits, for all relays alike."""

from typing import NamedTuple

from relay.outbox.protocol import Letter
from relay.outbox.turns import Lane

SUBJECT_PATTERN = "*.*.*.*"
_NONE = "-"


class Queue(NamedTuple):
    """The letters of one lane, gravity and kind. A kind is a digest."""

    lane: Lane
    gravity: int
    kind: bytes | None


def subject_of(letter: Letter, *, stream: str) -> str:
    """Return the subject under which a letter is stored."""
    kind = letter.kind.hex() if letter.kind else _NONE
    return f"{_prefix(Lane(letter.cluster, letter.pod), letter.gravity, stream=stream)}.{kind}"


def filter_of(lane: Lane, gravity: int, *, stream: str) -> str:
    """Return the subject that takes in all letters of a lane and gravity."""
    return stream if lane == OLDER_RELAYS else f"{_prefix(lane, gravity, stream=stream)}.*"


def queue_of(subject: str, *, stream: str) -> Queue:
    """Return the queue that a subject stands for."""
    if subject == stream:
        return Queue(OLDER_RELAYS, 0, None)
    cluster, pod, gravity, kind = subject.removeprefix(f"{stream}.").split(".")
    lane = Lane(_bytes(cluster).decode(), _bytes(pod) if pod != _NONE else None)
    return Queue(lane, int(gravity), _bytes(kind) if kind != _NONE else None)


# They put letters under the bare name of the stream. No cluster has this name.
OLDER_RELAYS = Lane("\n", None)


def _prefix(lane: Lane, gravity: int, *, stream: str) -> str:
    cluster = lane.cluster.encode().hex() or _NONE
    return f"{stream}.{cluster}.{lane.pod.hex() if lane.pod else _NONE}.{gravity}"


def _bytes(token: str) -> bytes:
    return b"" if token == _NONE else bytes.fromhex(token)
