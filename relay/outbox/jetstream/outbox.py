"""The outbox on JetStream: puts letters into the streams, and hands them out for delivery.

See the package for its guarantees.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import anyio
import msgspec
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from relay.errors import StorageFailed
from relay.outbox.dedup import RecentLetters
from relay.outbox.jetstream.fold_counts import FoldCounts
from relay.outbox.jetstream.lease import Lease
from relay.outbox.jetstream.pending import PendingLetters
from relay.outbox.jetstream.publish import publish, publish_together
from relay.outbox.jetstream.records import DeadLetterRecord, LetterRecord, decode_letter
from relay.outbox.jetstream.streams import Names, bucket, connect, create_streams, storage_errors
from relay.outbox.jetstream.windows import Windows
from relay.outbox.protocol import Backlog, Claim, Letter, Receipt

LEASE_SECONDS = 10.0
# A relay that fails this often in a row releases the lease: another relay may be able to deliver.
_FAILURES = 3
# Knowing a window saves a letter, but waiting for it must not lose one.
_WINDOWS_SECONDS = 1.0
_CLOSING_SECONDS = 1.0


class JetStreamOutbox:
    """See relay.outbox.protocol.Outbox, and relay.outbox.jetstream for the guarantees. Create it by `open`."""

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
        self._memory = RecentLetters(coalesce_seconds=coalesce_seconds)
        self._windows = Windows(
            bucket(connection.jetstream(timeout=_WINDOWS_SECONDS), names.windows), self._memory, now=now
        )
        self._fold_counts = FoldCounts(self._context, stream=names.folded)
        self._pending = PendingLetters(connection, stream=names.letters)
        delivery = bucket(self._context, names.delivery)
        self._lease = Lease(delivery, seconds=lease_seconds, on_loss=self._pending.forget)
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
        """Connect and create the streams. Raise StorageUnusable.

        `observe_commit` gets the seconds that each write took.
        """
        connection = await connect(servers)
        names = Names.of(repository)
        seconds = {"coalesce_seconds": coalesce_seconds, "lease_seconds": lease_seconds}
        try:
            await create_streams(connection.jetstream(), names, max_backlog=max_backlog, **seconds)
        except BaseException:
            await connection.close()
            raise
        return cls(connection, names, now=now, observe_commit=observe_commit, **seconds)

    async def put(self, letters: Sequence[Letter]) -> Receipt:
        """Store the new letters of one request together or not at all, unless NATS finds repeats among them."""
        with storage_errors():
            async with self._windows.reserve(letters):
                new, folded = self._memory.sort(letters, now := self._now())
                accepted = await self._store(new, now)
            await asyncio.gather(*map(self._fold_counts.add, folded))
        for letter in folded:
            self._memory.add(letter.identity, None, now)
        return Receipt(accepted=accepted, coalesced=len(letters) - accepted)

    async def claim(self, *, room: int) -> Sequence[Claim]:
        with self._restart_on_failure():
            while True:
                await self._lease.hold()
                await self._pending.fill(room=room)
                if letters := self._pending.select(room=room):
                    counts = await self._fold_counts.counts() if any(letter.workload for _, letter in letters) else {}
                    return [_claim(key, letter, counts) for key, letter in letters]

    async def settle(self, claims: Sequence[Claim]) -> None:
        self._failures = 0
        with self._restart_on_failure():
            await self._pending.acknowledge([claim.key for claim in claims])
        await self._fold_counts.forget(claims)

    async def release(self, claims: Sequence[Claim]) -> None:  # noqa: ARG002  # all pending letters stay, in order
        self._failures += 1
        if self._failures == _FAILURES:
            self._failures = 0
            self._pending.forget()
            await self._lease.drop()

    async def bury(self, claim: Claim, *, reason: str) -> None:
        if (record := self._pending.get(claim.key)) is None:
            raise StorageFailed("another relay delivers now, and GitHub will reject this letter for it too")
        dead = msgspec.msgpack.encode(DeadLetterRecord(record, self._now(), reason))
        with self._restart_on_failure():
            await publish(self._context, self._names.dead, (dead, str(claim.key)))
            await self._pending.acknowledge([claim.key])

    async def backlog(self) -> Backlog:
        with storage_errors():
            letters, dead = await asyncio.gather(
                self._context.stream_info(self._names.letters), self._context.stream_info(self._names.dead)
            )
            oldest = await self._received(letters.state.first_seq) if letters.state.messages else None
        return Backlog(waiting=letters.state.messages, oldest=oldest, dead=dead.state.messages)

    @property
    def damage(self) -> None:
        """Return None: NATS checks what it stores itself."""

    async def close(self) -> None:
        self._pending.forget()
        with anyio.move_on_after(_CLOSING_SECONDS):
            await self._lease.drop()
            await self._connection.close()

    async def _store(self, letters: Sequence[Letter], now: float) -> int:
        """Store the letters and open the windows of the new ones. Return how many were new to the stream."""
        if not letters:
            return 0
        start = asyncio.get_running_loop().time()
        messages = [(msgspec.msgpack.encode(LetterRecord(letter, now)), letter.identity.hex()) for letter in letters]
        are_new = await publish_together(self._connection, self._context, self._names.letters, messages)
        self._observe(asyncio.get_running_loop().time() - start)
        for letter, is_new in zip(letters, are_new, strict=True):
            self._memory.add(letter.identity, letter.workload if is_new else None, now)
        workloads = [
            letter.workload for letter, is_new in zip(letters, are_new, strict=True) if is_new and letter.workload
        ]
        await self._windows.open(workloads, since=now)
        return sum(are_new)

    async def _received(self, key: int) -> float | None:
        try:
            message = await self._context.get_msg(self._names.letters, seq=key)
        except NotFoundError:  # it was settled meanwhile
            return None
        return decode_letter(message.data).received

    @contextmanager
    def _restart_on_failure(self) -> Iterator[None]:
        """Drop the pending letters after a failure: a new feed brings all of them again, in order."""
        try:
            with storage_errors():
                yield
        except StorageFailed:
            self._pending.forget()
            raise


def _claim(key: int, letter: Letter, counts: dict[bytes, int]) -> Claim:
    """Return the claim with the count of its workload, and remove that count: later letters have none."""
    coalesced = counts.pop(letter.workload, 0) if letter.workload else 0
    return Claim(key, letter.workload, letter.document, coalesced)
