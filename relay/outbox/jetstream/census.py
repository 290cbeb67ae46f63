"""Counts the letters that wait in each queue of the stream, without a question before each dispatch.

NATS can list what waits by subject, but a list of 20,000 subjects takes longer than a dispatch. So the list is taken
now and then, and in between the relays tell each other what they have stored. A number that is too high does no harm:
where no letter is, none is read. It decides neither the turns (turns.py) nor what is accepted (shares.py).
"""

import asyncio
import secrets
from collections import Counter, defaultdict
from collections.abc import Sequence

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg

from relay.outbox.jetstream.streams import Names
from relay.outbox.jetstream.subjects import queue_of
from relay.outbox.shares import Shares
from relay.outbox.turns import Lane, Turns

# What other relays have delivered is known after this time, if this relay accepts or delivers anything.
_LIST_SECONDS = 5.0
# A list that takes long is taken less often: all lists together take a twentieth of the time.
_PAUSE = 20.0
_ANSWER_SECONDS = 5.0


class Arrivals(msgspec.Struct, frozen=True):
    """What a relay tells all relays: the subjects of the letters that it has stored."""

    relay: str
    subjects: Sequence[str]


class Census:
    """The numbers of waiting letters, in `shares` and `turns`. `arrival` is set whenever a letter was stored."""

    def __init__(self, connection: Client, names: Names, *, shares: Shares) -> None:
        self.shares = shares
        self.turns = Turns()
        self.arrival = asyncio.Event()
        self._connection = connection
        self._context = connection.jetstream(timeout=_ANSWER_SECONDS)
        self._names = names
        self._relay = secrets.token_hex(8)
        self._now = asyncio.get_running_loop().time
        self._seconds = _LIST_SECONDS
        self._listing = asyncio.Lock()
        self._listed: float | None = None
        self._duration = 0.0
        self._arrivals_of_listing: list[str] = []

    async def listen(self) -> None:
        """Learn from now on what other relays store."""
        await self._connection.subscribe(self._names.arrivals, cb=self._on_arrivals)

    async def refresh(self, seconds: float | None = None) -> None:
        """Take the list anew if it is older than this, or too old. Raise what NATS raises."""
        async with self._listing:
            if not self._is_younger_than(self._seconds if seconds is None else seconds):
                await self._list()

    @property
    def is_listing(self) -> bool:
        """Whether somebody waits for the list."""
        return self._listing.locked()

    def forget(self) -> None:
        """Take the list anew before its next use, however young it is."""
        self._listed = None

    def remove(self, lane: Lane, gravity: int, kind: bytes | None, *, now: float) -> None:
        """Remove a letter that was delivered or buried; its pod and cluster have had their turn."""
        self.shares.remove(lane.cluster, kind)
        self.turns.end(lane, gravity, now)

    async def announce(self, subjects: Sequence[str]) -> None:
        """Count letters that this relay has stored, and tell the others. Raise what NATS raises."""
        self._add(subjects)
        await self._connection.publish(self._names.arrivals, msgspec.json.encode(Arrivals(self._relay, subjects)))

    async def _on_arrivals(self, message: Msg) -> None:
        try:
            arrivals = msgspec.json.decode(message.data, type=Arrivals)
        except msgspec.DecodeError:  # older relays do not name what they have stored
            self.forget()
        else:
            # Without this limit, a relay that neither accepts nor delivers anything would count for ever.
            if arrivals.relay != self._relay and (self.is_listing or self._is_younger_than(self._seconds)):
                self._add(arrivals.subjects)
        self.arrival.set()

    def _add(self, subjects: Sequence[str]) -> None:
        if self.is_listing:  # the list may have been made before
            self._arrivals_of_listing += subjects
        self._count(subjects)

    def _count(self, subjects: Sequence[str]) -> None:
        for subject in subjects:
            queue = queue_of(subject, stream=self._names.letters)
            self.shares.add(queue.lane.cluster, queue.kind)
            self.turns.add(queue.lane, queue.gravity)

    async def _list(self) -> None:
        """Replace the numbers. NATS lists the first 100,000 subjects, which is enough for fair turns."""
        self._arrivals_of_listing = []
        start = self._listed = self._now()
        info = await self._context.stream_info(self._names.letters, subjects_filter=">")
        subjects = info.state.subjects or {}
        counts = {queue_of(subject, stream=self._names.letters): count for subject, count in subjects.items()}
        numbers: dict[Lane, Counter[int]] = defaultdict(Counter)
        for queue, count in counts.items():
            numbers[queue.lane][queue.gravity] += count
        self.turns.replace(numbers)
        self.shares.replace((queue.lane.cluster, queue.kind, count) for queue, count in counts.items())
        self._duration = self._now() - start
        self._count(self._arrivals_of_listing)

    def _is_younger_than(self, seconds: float) -> bool:
        return self._listed is not None and self._now() - self._listed < max(seconds, _PAUSE * self._duration)
