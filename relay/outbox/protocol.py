"""What the relay asks of the place where accepted events wait for GitHub, and the values that go in and out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec


class Letter(msgspec.Struct, frozen=True):
    """An event on its way. `identity` tells repeats, `workload` tells what is about one workload and one rule.

    Both are digests, fit for a key of any store. `size` is what the document takes of a dispatch's room.
    """

    identity: bytes
    workload: bytes | None
    document: bytes
    size: int


class Receipt(msgspec.Struct, frozen=True):
    """What became of the letters of one request: new ones, and those folded into one that was there before."""

    accepted: int
    coalesced: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A letter that is out for delivery. `coalesced` is how many events were folded into it and are not told yet."""

    key: int
    workload: bytes | None
    document: bytes
    coalesced: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits, since when (seconds since the epoch), and how many dead letters there are."""

    waiting: int
    oldest: float | None
    dead: int


class Outbox(Protocol):
    """Keeps letters until GitHub has them. Every method raises StorageFailed if the storage does not work now."""

    async def put(self, letters: Sequence[Letter]) -> Receipt:
        """Returns once all are durable; raises BacklogFull or StorageFailed, then none of them is kept."""

    async def claim(self, *, room: int) -> Sequence[Claim]:
        """Waits for letters; returns the oldest that fit into the room, at least one, in order."""

    async def settle(self, claims: Sequence[Claim]) -> None:
        """GitHub has them: forget them."""

    async def release(self, claims: Sequence[Claim]) -> None:
        """Not delivered: they take their old places again."""

    async def bury(self, claim: Claim, *, reason: str) -> None:
        """GitHub will never take it: keep it as a dead letter."""

    async def backlog(self) -> Backlog:
        """How things stand; also proof that the storage works."""

    async def close(self) -> None:
        """Finish what is under way, then let go of the storage."""
