"""The outbox on JetStream: puts letters into the streams, and hands them out for delivery.

See the package for its guarantees.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial

import anyio
import msgspec
import nats
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from relay.errors import BacklogFull, StorageFailed
from relay.outbox.dedup import RecentLetters
from relay.outbox.jetstream.census import Census
from relay.outbox.jetstream.fold_counts import FoldCounts
from relay.outbox.jetstream.lease import Lease
from relay.outbox.jetstream.pending import POLL_SECONDS, PendingLetters
from relay.outbox.jetstream.publish import Message, publish, publish_together
from relay.outbox.jetstream.records import DeadLetterRecord, LetterRecord, decode_letter
from relay.outbox.jetstream.streams import (
    Names,
    bucket,
    connect,
    create_lease_bucket,
    create_streams,
    storage_errors,
)
from relay.outbox.jetstream.subjects import subject_of
from relay.outbox.jetstream.windows import Windows
from relay.outbox.protocol import Backlog, Claim, Letter, Receipt
from relay.outbox.shares import Shares

LEASE_SECONDS = 10.0
# A relay that fails this often in a row releases the lease: another relay may be able to deliver.
_FAILURES = 3
# Knowing a window saves a letter, but waiting for it must not lose one.
_WINDOWS_SECONDS = 1.0
_CLOSING_SECONDS = 1.0
# What waits is known from a list of this age at most before a letter is refused.
_RECOUNT_SECONDS = 1.0


class JetStreamOutbox:
    """See relay.outbox.protocol.Outbox, and relay.outbox.jetstream for the guarantees. Create it by `open`."""

    def __init__(
        self,
        connection: Client,
        names: Names,
        *,
        coalesce_seconds: float,
        lease_seconds: float,
        shares: Shares,
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
        self._census = Census(connection, names, shares=shares)
        self._pending = PendingLetters(connection, self._census, stream=names.letters, now=now)
        self._lease = Lease(
            bucket(self._context, names.delivery),
            seconds=lease_seconds,
            create_bucket=partial(create_lease_bucket, self._context, names, seconds=lease_seconds),
            on_loss=self._pending.forget,
        )
        self._failures = 0
        self._has_failed = False

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
        callers: Callable[[], int] = lambda: 1,
        lease_seconds: float = LEASE_SECONDS,
    ) -> "JetStreamOutbox":
        """Connect and create the streams. Raise StorageUnusable.

        `observe_commit` gets the seconds that each write took; `callers` returns how many share the backlog.
        """
        connection = await connect(servers)
        names = Names.of(repository)
        seconds = {"coalesce_seconds": coalesce_seconds, "lease_seconds": lease_seconds}
        try:
            await create_streams(connection.jetstream(), names, max_backlog=max_backlog, **seconds)
            shares = Shares(max_backlog=max_backlog, callers=callers)
            outbox = cls(connection, names, shares=shares, now=now, observe_commit=observe_commit, **seconds)
            await outbox._census.listen()
        except BaseException:
            await connection.close()
            raise
        return outbox

    async def put(self, letters: Sequence[Letter]) -> Receipt:
        """Store the new letters of one request together or not at all, unless NATS finds repeats among them."""
        with self._writing():
            async with self._windows.reserve(letters):
                new, folded = self._memory.sort(letters, now := self._now())
                await self._check_shares(new)
                accepted = await self._store(new, now)
            await asyncio.gather(*map(self._fold_counts.add, folded))
        for letter in folded:
            self._memory.add(letter.identity, None, now)
        return Receipt(accepted=accepted, coalesced=len(letters) - accepted)

    async def claim(self, *, room: int) -> Sequence[Claim]:
        with self._restart_on_failure():
            while True:
                await self._lease.hold()
                self._census.arrival.clear()
                if records := await self._pending.select(room=room):
                    acts = {record.letter.act for _, record in records if record.letter.act}
                    counts = await self._fold_counts.counts(acts)
                    return [_claim(key, record, counts) for key, record in records]
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._census.arrival.wait(), POLL_SECONDS)

    async def settle(self, claims: Sequence[Claim]) -> None:
        self._failures = 0
        if self._lease.is_lost:  # another relay delivers, and may have claimed the same letters
            return
        with self._restart_on_failure():
            if self._lease.is_over:
                raise StorageFailed("this relay stood still, and another one may deliver the same letters now")
            await self._pending.remove([claim.key for claim in claims])
        await self._fold_counts.forget(claims)

    async def release(self, claims: Sequence[Claim]) -> None:  # noqa: ARG002  # the next claim starts with the same letters
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
            await publish(self._context, Message(self._names.dead, dead, str(claim.key)))
            await self._pending.remove([claim.key])

    async def backlog(self) -> Backlog:
        with storage_errors():
            if self._has_failed:  # reading does not prove that writes work again
                await self._windows.prove()
                self._has_failed = False
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
        messages = [
            Message(
                subject_of(letter, stream=self._names.letters),
                msgspec.msgpack.encode(LetterRecord(letter, now)),
                letter.identity.hex(),
            )
            for letter in letters
        ]
        are_new = await publish_together(self._connection, self._context, messages)
        self._observe(asyncio.get_running_loop().time() - start)
        for letter, is_new in zip(letters, are_new, strict=True):
            self._memory.add(letter.identity, letter.act if is_new else None, now)
        new = [letter for letter, is_new in zip(letters, are_new, strict=True) if is_new]
        if new:
            subjects = [message.subject for message, is_new in zip(messages, are_new, strict=True) if is_new]
            with suppress(nats.errors.Error):  # otherwise the relay that delivers looks by itself
                await self._census.announce(subjects)
        await self._windows.open([letter.act for letter in new if letter.act], since=now)
        return len(new)

    async def _check_shares(self, letters: Sequence[Letter]) -> None:
        """Raise BacklogFull if a share has no room; count anew what waits, if that was long ago or matters."""
        shares = self._census.shares
        if not self._census.is_listing:  # a request in the meantime goes by the former numbers
            await self._count()
        try:
            shares.check(letters)
        except BacklogFull:
            await self._count(_RECOUNT_SECONDS)
            shares.check(letters)

    async def _count(self, seconds: float | None = None) -> None:
        with suppress(nats.errors.Error):  # the former numbers must do: not to know them must not lose an event
            await self._census.refresh(seconds)

    async def _received(self, key: int) -> float | None:
        try:
            message = await self._context.get_msg(self._names.letters, seq=key)
        except NotFoundError:  # it was settled meanwhile
            return None
        return decode_letter(message.data).received

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Remember that a write failed."""
        try:
            with storage_errors():
                yield
        except StorageFailed:
            self._has_failed = True
            raise

    @contextmanager
    def _restart_on_failure(self) -> Iterator[None]:
        """Drop the pending letters after a failure: a new feed brings all of them again, in order."""
        try:
            with storage_errors():
                yield
        except StorageFailed:
            self._pending.forget()
            raise


def _claim(key: int, record: LetterRecord, counts: dict[bytes, int]) -> Claim:
    """Return the claim with the count of its act, and remove that count: later letters have none."""
    letter = record.letter
    coalesced = counts.pop(letter.act, 0) if letter.act else 0
    return Claim(key, letter.act, letter.document, coalesced, record.received)
