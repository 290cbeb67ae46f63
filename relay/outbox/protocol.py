"""The interface of an outbox, where accepted events wait for GitHub, and the values that go in and out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from relay.errors import StorageDamaged


class Letter(msgspec.Struct, frozen=True):
    """An accepted event.

    `identity` is equal for repeats, `act` for events that are folded (None: it is never folded). `pod` is equal for
    events about the same pod, `kind` for those that also have the same rule and priority. All are digests, so any store
    can use them as keys. Letters of older relays have neither `pod` nor `kind`. `gravity` is 0 for the gravest
    priority. `size` is the part of a dispatch's room that the letter takes.
    """

    identity: bytes
    act: bytes | None = msgspec.field(name="workload")  # the name in streams that older relays share
    document: bytes
    size: int
    cluster: str = ""
    pod: bytes | None = None
    kind: bytes | None = None
    gravity: int = 0


class Receipt(msgspec.Struct, frozen=True):
    """The result for the letters of one request: how many were new, and how many folded into an earlier one."""

    accepted: int
    coalesced: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A letter in delivery, which was `received` at that time, in seconds since the epoch.

    `coalesced` counts the events folded into it of which GitHub does not know yet.
    """

    key: int
    act: bytes | None
    document: bytes
    coalesced: int
    received: float


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many letters wait, since when (seconds since the epoch), and the number of dead letters."""

    waiting: int
    oldest: float | None
    dead: int


class Outbox(Protocol):
    """Stores letters until GitHub has them. Every method raises StorageFailed if the storage fails."""

    @property
    def damage(self) -> StorageDamaged | None:
        """Return why the storage can no longer be trusted, or None."""

    async def put(self, letters: Sequence[Letter]) -> Receipt:
        """Store letters; return when all are durable. After BacklogFull or StorageFailed none of them is stored."""

    async def claim(self, *, room: int) -> Sequence[Claim]:
        """Wait for letters; return those whose turn it is and that fit into the room, at least one, in order."""

    async def settle(self, claims: Sequence[Claim]) -> None:
        """Forget letters that GitHub has accepted."""

    async def release(self, claims: Sequence[Claim]) -> None:
        """Return letters that were not delivered to their places."""

    async def bury(self, claim: Claim, *, reason: str) -> None:
        """Keep a letter that GitHub rejected for good as a dead letter."""

    async def backlog(self) -> Backlog:
        """Return the state of the outbox. This also proves that the storage works."""

    async def close(self) -> None:
        """Finish the current work, then close the storage."""
