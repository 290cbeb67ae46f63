"""The outbox itself: what goes into the streams, and what comes out for delivery."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import msgspec
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from relay.errors import StorageFailed
from relay.outbox.dedup import Memory
from relay.outbox.jetstream.folded import Folded
from relay.outbox.jetstream.held import Held
from relay.outbox.jetstream.lease import Lease
from relay.outbox.jetstream.publish import publish, publish_together
from relay.outbox.jetstream.stored import DeadLetter, Kept, kept
from relay.outbox.jetstream.streams import Names, bucket, connect, failing, make
from relay.outbox.jetstream.windows import Windows
from relay.outbox.protocol import Backlog, Claim, Letter, Receipt

LEASE_SECONDS = 10.0
# A relay that fails as often in a row, perhaps alone, lets another one try.
_FAILURES = 3
# To know of a window saves a letter; to wait for it must not cost one.
_WINDOWS_SECONDS = 1.0


class JetStreamOutbox:
    """See relay.outbox.protocol.Outbox, and relay.outbox.jetstream for what holds here. Made by `open`."""

    def __init__(
        self,
        connection: Client,
        names: Names,
        *,
        coalesce_seconds: float,
        lease_seconds: float,
        now: Callable[[], float],
        observe_commit: Callable[[float], None],
    ) -> None:
        self._connection = connection
        self._context = connection.jetstream()
        self._names = names
        self._now = now
        self._observe = observe_commit
        self._memory = Memory(coalesce_seconds=coalesce_seconds)
        self._windows = Windows(
            bucket(connection.jetstream(timeout=_WINDOWS_SECONDS), names.windows), self._memory, now=now
        )
        self._folded = Folded(self._context, stream=names.folded)
        self._held = Held(connection, stream=names.letters)
        delivery = bucket(self._context, names.delivery)
        self._lease = Lease(delivery, seconds=lease_seconds, lost=self._held.forget)
        self._failures = 0

    @classmethod
    async def open(
        cls,
        servers: str,
        *,
        repository: str,
        coalesce_seconds: float,
        max_backlog: int,
        now: Callable[[], float],
        observe_commit: Callable[[float], None],
        lease_seconds: float = LEASE_SECONDS,
    ) -> "JetStreamOutbox":
        """Raises StorageUnusable. `observe_commit` gets the seconds that each write took."""
        connection = await connect(servers)
        names = Names.of(repository)
        seconds = {"coalesce_seconds": coalesce_seconds, "lease_seconds": lease_seconds}
        try:
            await make(connection.jetstream(), names, max_backlog=max_backlog, **seconds)
        except BaseException:
            await connection.close()
            raise
        return cls(connection, names, now=now, observe_commit=observe_commit, **seconds)

    async def put(self, letters: Sequence[Letter]) -> Receipt:
        """New letters of one request are kept together or not at all, unless NATS finds repeats among them."""
        with failing():
            async with self._windows.known(letters):
                new, folded = self._memory.sort(letters, now := self._now())
                accepted = await self._keep(new, now)
            await asyncio.gather(*map(self._folded.add, folded))
        for letter in folded:
            self._memory.add(letter.identity, None, now)
        return Receipt(accepted=accepted, coalesced=len(letters) - accepted)

    async def claim(self, *, room: int) -> Sequence[Claim]:
        with self._starting_over():
            while True:
                await self._lease.hold()
                await self._held.fill(room=room)
                if chosen := self._held.fitting(room=room):
                    counts = await self._folded.counts() if any(letter.workload for _, letter in chosen) else {}
                    return [_claim(key, letter, counts) for key, letter in chosen]

    async def settle(self, claims: Sequence[Claim]) -> None:
        self._failures = 0
        with self._starting_over():
            await self._held.acknowledge([claim.key for claim in claims])
        await self._folded.told(claims)

    async def release(self, claims: Sequence[Claim]) -> None:  # noqa: ARG002  # all that are held stay, in their order
        self._failures += 1
        if self._failures == _FAILURES:
            self._failures = 0
            self._held.forget()
            await self._lease.drop()

    async def bury(self, claim: Claim, *, reason: str) -> None:
        if (letter := self._held.get(claim.key)) is None:
            raise StorageFailed("another relay delivers now, and will find out the same about this letter")
        dead = msgspec.msgpack.encode(DeadLetter(letter, self._now(), reason))
        with self._starting_over():
            await publish(self._context, self._names.dead, (dead, str(claim.key)))
            await self._held.acknowledge([claim.key])

    async def backlog(self) -> Backlog:
        with failing():
            letters, dead = await asyncio.gather(
                self._context.stream_info(self._names.letters), self._context.stream_info(self._names.dead)
            )
            oldest = await self._received(letters.state.first_seq) if letters.state.messages else None
        return Backlog(waiting=letters.state.messages, oldest=oldest, dead=dead.state.messages)

    async def close(self) -> None:
        self._held.forget()
        await self._lease.drop()
        await self._connection.close()

    async def _keep(self, letters: Sequence[Letter], now: float) -> int:
        """How many were new to the stream; each of those opens its workload's window."""
        if not letters:
            return 0
        begun = asyncio.get_running_loop().time()
        messages = [(msgspec.msgpack.encode(Kept(letter, now)), letter.identity.hex()) for letter in letters]
        are_new = await publish_together(self._connection, self._context, self._names.letters, messages)
        self._observe(asyncio.get_running_loop().time() - begun)
        for letter, is_new in zip(letters, are_new, strict=True):
            self._memory.add(letter.identity, letter.workload if is_new else None, now)
        about = [each.workload for each, is_new in zip(letters, are_new, strict=True) if is_new and each.workload]
        await self._windows.open(about, since=now)
        return sum(are_new)

    async def _received(self, key: int) -> float | None:
        try:
            message = await self._context.get_msg(self._names.letters, seq=key)
        except NotFoundError:  # settled meanwhile
            return None
        return kept(message.data).received

    @contextmanager
    def _starting_over(self) -> Iterator[None]:
        """After any trouble nobody knows which messages were on their way; a new feed has them all, in order."""
        try:
            with failing():
                yield
        except StorageFailed:
            self._held.forget()
            raise


def _claim(key: int, letter: Letter, counts: dict[bytes, int]) -> Claim:
    """The count goes with the first letter of its workload, and is gone from `counts` then."""
    coalesced = counts.pop(letter.workload, 0) if letter.workload else 0
    return Claim(key, letter.workload, letter.document, coalesced)
