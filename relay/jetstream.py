"""The outbox on NATS JetStream: durable on several machines, for several relays of one repository.

What holds:

- What `put` has accepted is in a stream with file storage, in a cluster on two of its three servers at least, and goes
  only when GitHub has taken it or as a dead letter. The loss of relays, or of one server of three, loses nothing. A
  single server writes to its disk at once but makes sure of it every two minutes: against a power cut it has to be
  told `sync_interval: always`.
- All relays take events; one of them delivers, the one that holds the lease. GitHub's limit counts for all relays
  together, so more senders would only send smaller dispatches. When it stops another one follows at once, when it is
  killed within the lease's seconds, and then whatever was under way goes out once more: delivery is at least once.
  A relay that fails three times in a row lets another one try.
- Letters go out in the order of the stream, over every change of the delivering relay. Two relays that are told of one
  workload in the same milliseconds may bring them into the stream in either order.
- A repeated (source, id) is known for an hour: by NATS, unless all servers restart in between, and by each relay. The
  repeat of an event that was folded is known by the relay that has folded it.
- Folding: the window of a workload opens once its letter is kept, never before, so nothing can be folded into what was
  lost. Relays that hear of a workload in the same milliseconds may keep a letter each. Counts are best effort.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

import msgspec
import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import KeyNotFoundError, NotFoundError

from relay.errors import StorageFailed
from relay.feed import Feed
from relay.lease import Lease
from relay.memory import Memory
from relay.outbox import Backlog, Claim, Letter, Receipt
from relay.publish import publish, publish_together
from relay.streams import Names, bucket, connect, failing, make

LEASE_SECONDS = 10.0
_POLL_SECONDS = 10.0
_PULLED_AT_ONCE = 64
# A relay that fails as often in a row, perhaps alone, lets another one try.
_FAILURES = 3
_ANSWER_SECONDS = 5.0


class Kept(msgspec.Struct, frozen=True):
    """A letter as it is in the stream; `received` is in seconds since the epoch."""

    letter: Letter
    received: float


class DeadLetter(msgspec.Struct, frozen=True):
    """A letter that GitHub will never take, as it is in its stream."""

    kept: Kept
    buried: float
    reason: str


@dataclass(frozen=True, slots=True)
class _Held:
    """A letter that is with this relay, and where to acknowledge it."""

    kept: Kept
    reply: str


class JetStreamOutbox:
    """See relay.outbox.Outbox, and above. Made by `opened`."""

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
        self._context: JetStreamContext = connection.jetstream()
        self._names = names
        self._windows = bucket(self._context, names.windows)
        self._lease = Lease(bucket(self._context, names.delivery), seconds=lease_seconds, lost=self._forget)
        self._memory = Memory(coalesce_seconds=coalesce_seconds)
        self._busy: dict[bytes, asyncio.Event] = {}
        self._now = now
        self._observe = observe_commit
        self._feed: Feed | None = None
        self._held: dict[int, _Held] = {}
        self._counted_to = 0
        self._late: set[int] = set()
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
        try:
            await make(
                connection.jetstream(),
                names,
                max_backlog=max_backlog,
                coalesce_seconds=coalesce_seconds,
                lease_seconds=lease_seconds,
            )
        except BaseException:
            await connection.close()
            raise
        return cls(
            connection,
            names,
            coalesce_seconds=coalesce_seconds,
            lease_seconds=lease_seconds,
            now=now,
            observe_commit=observe_commit,
        )

    async def put(self, letters: Sequence[Letter]) -> Receipt:
        """New letters of one request are kept together or not at all, as long as none of them is a repeat."""
        with failing():
            async with self._alone(letters):
                await self._learn(letters)
                new, folded = self._memory.sort(letters, now := self._now())
                accepted = await self._keep(new, now)
            await asyncio.gather(*[self._fold(letter, now) for letter in folded])
        return Receipt(accepted=accepted, coalesced=len(letters) - accepted)

    async def claim(self, *, room: int) -> Sequence[Claim]:
        with self._starting_over():
            while True:
                await self._lease.hold()
                if self._feed is None:
                    self._feed = await Feed.open(self._connection, self._context, stream=self._names.letters)
                await self._pull(self._feed, room=room)
                if claims := await self._fitting(room):
                    return claims

    async def settle(self, claims: Sequence[Claim]) -> None:
        self._failures = 0
        self._late |= {claim.key for claim in claims}
        with self._starting_over():
            await asyncio.gather(*[self._acknowledge(claim.key) for claim in claims])
        with suppress(nats.errors.Error):  # a count that is told twice does less harm than an event that is
            await asyncio.gather(*[self._told(claim) for claim in claims if claim.coalesced])

    async def release(self, claims: Sequence[Claim]) -> None:  # noqa: ARG002  # all that are held stay
        """They stay with this relay, in their order, unless it fails too often."""
        self._failures += 1
        if self._failures >= _FAILURES:
            self._failures = 0
            self._forget()
            await self._lease.drop()

    async def bury(self, claim: Claim, *, reason: str) -> None:
        held = self._held.get(claim.key)
        if held is None:
            raise StorageFailed("this relay delivers no longer; the one that does will bury the letter")
        dead = msgspec.msgpack.encode(DeadLetter(held.kept, self._now(), reason))
        with failing():
            await publish(self._context, self._names.dead, (dead, f"{claim.key}"))
        self._late.add(claim.key)
        with self._starting_over():
            await self._acknowledge(claim.key)

    async def backlog(self) -> Backlog:
        with failing():
            letters, dead = await asyncio.gather(
                self._context.stream_info(self._names.letters), self._context.stream_info(self._names.dead)
            )
            oldest = await self._received(letters.state.first_seq) if letters.state.messages else None
        return Backlog(waiting=letters.state.messages, oldest=oldest, dead=dead.state.messages)

    async def close(self) -> None:
        self._forget()
        await self._lease.drop()
        await self._connection.close()

    @asynccontextmanager
    async def _alone(self, letters: Sequence[Letter]) -> AsyncIterator[None]:
        """No other request of this relay opens a window for the same workloads meanwhile."""
        if not self._memory.coalesces:
            yield
            return
        workloads = {letter.workload for letter in letters if letter.workload is not None}
        while busy := [self._busy[workload] for workload in workloads if workload in self._busy]:
            await busy[0].wait()
        now = self._now()
        done = asyncio.Event()
        mine = {workload: done for workload in workloads if not self._memory.folds(workload, now)}
        self._busy |= mine
        try:
            yield
        finally:
            for workload in mine:
                del self._busy[workload]
            done.set()

    async def _learn(self, letters: Sequence[Letter]) -> None:
        """Which windows other relays have opened."""
        if not self._memory.coalesces:
            return
        now = self._now()
        workloads = {letter.workload for letter in letters if letter.workload is not None}
        unknown = [workload for workload in workloads if not self._memory.folds(workload, now)]
        for workload, since in zip(unknown, await asyncio.gather(*map(self._since, unknown)), strict=True):
            if since is not None:
                self._memory.learn(workload, since)

    async def _since(self, workload: bytes) -> float | None:
        try:
            entry = await self._windows.get(workload.hex())
        except KeyNotFoundError:
            return None
        return float(entry.value or 0)

    async def _keep(self, letters: Sequence[Letter], now: float) -> int:
        """How many were new to the stream; each of those opens its workload's window."""
        if not letters:
            return 0
        begun = asyncio.get_running_loop().time()
        messages = [(msgspec.msgpack.encode(Kept(letter, now)), letter.identity.hex()) for letter in letters]
        are_new = await publish_together(self._connection, self._context, self._names.letters, messages)
        self._observe(asyncio.get_running_loop().time() - begun)
        opened: list[bytes] = []
        for letter, is_new in zip(letters, are_new, strict=True):
            self._memory.add(letter.identity, letter.workload if is_new else None, now)
            if is_new and letter.workload is not None and self._memory.coalesces:
                opened.append(letter.workload)
        with suppress(nats.errors.Error):  # the letters are kept; at worst another relay keeps one more
            await asyncio.gather(*[self._windows.put(workload.hex(), repr(now).encode()) for workload in opened])
        return sum(are_new)

    async def _fold(self, letter: Letter, now: float) -> None:
        assert letter.workload is not None  # noqa: S101  # what has no workload is never folded
        subject = f"{self._names.folded}.{letter.workload.hex()}"
        await publish(self._context, subject, (b"", letter.identity.hex()))
        self._memory.add(letter.identity, None, now)

    async def _pull(self, feed: Feed, *, room: int) -> None:
        """Hold as many letters as may fit, at least one if there are any."""
        if not self._held:
            await self._hold(await feed.wait(seconds=_POLL_SECONDS))
        while self._held and sum(held.kept.letter.size for held in self._held.values()) <= room:
            messages = await feed.more(_PULLED_AT_ONCE)
            await self._hold(messages)
            if len(messages) < _PULLED_AT_ONCE:
                break

    async def _hold(self, messages: Sequence[Msg]) -> None:
        for message in messages:
            key = message.metadata.sequence.stream
            self._held[key] = _Held(msgspec.msgpack.decode(message.data, type=Kept), message.reply)
        await asyncio.gather(*[self._acknowledge(key) for key in self._late & self._held.keys()])

    async def _fitting(self, room: int) -> list[Claim]:
        chosen: list[tuple[int, Letter]] = []
        for key in sorted(self._held):
            letter = self._held[key].kept.letter
            room -= letter.size
            if room < 0 and chosen:
                break
            chosen.append((key, letter))
        counts = await self._counts() if any(letter.workload for _, letter in chosen) else {}
        # Each count goes with the first letter of its workload.
        return [
            Claim(key, letter.workload, letter.document, counts.pop(letter.workload, 0) if letter.workload else 0)
            for key, letter in chosen
        ]

    async def _counts(self) -> dict[bytes, int]:
        """How many events were folded, by workload."""
        info = await self._context.stream_info(self._names.folded, subjects_filter=f"{self._names.folded}.*")
        self._counted_to = info.state.last_seq
        subjects = info.state.subjects or {}
        return {bytes.fromhex(subject.rpartition(".")[2]): count for subject, count in subjects.items()}

    async def _told(self, claim: Claim) -> None:
        """Forget the count that GitHub has heard, and not what was folded since."""
        assert claim.workload is not None  # noqa: S101  # what has no workload has no count
        subject = f"{self._names.folded}.{claim.workload.hex()}"
        await self._context.purge_stream(self._names.folded, seq=self._counted_to + 1, subject=subject)

    async def _acknowledge(self, key: int) -> None:
        """Without the letter at hand, it is remembered: should it come again, it is acknowledged then."""
        if held := self._held.get(key):
            await self._connection.request(held.reply, b"+ACK", timeout=_ANSWER_SECONDS)
            self._held.pop(key, None)
            self._late.discard(key)

    async def _received(self, key: int) -> float | None:
        try:
            message = await self._context.get_msg(self._names.letters, seq=key)
        except NotFoundError:  # settled meanwhile
            return None
        return msgspec.msgpack.decode(message.data or b"", type=Kept).received

    def _forget(self) -> None:
        """Hold nothing: the next claim starts with the oldest letter that the stream has."""
        self._feed = None
        self._held.clear()

    @contextmanager
    def _starting_over(self) -> Iterator[None]:
        """After any trouble nobody knows which messages were on their way; a new feed has them all, in order."""
        try:
            with failing():
                yield
        except StorageFailed:
            self._forget()
            raise
