"""Lists, requeues and drops the dead letters of a stream, for `python -m relay dead`."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from relay.errors import StorageUnusable
from relay.outbox.dead_letters import DeadLetter
from relay.outbox.jetstream.publish import Message, publish
from relay.outbox.jetstream.records import decode_dead_letter
from relay.outbox.jetstream.streams import Names, connect, storage_errors
from relay.outbox.jetstream.subjects import subject_of


class JetStreamDeadLetters:
    """See relay.outbox.dead_letters.DeadLetters. Keys are the sequences of the stream."""

    def __init__(self, runner: asyncio.Runner, connection: Client, names: Names) -> None:
        self._runner = runner
        self._context = connection.jetstream()
        self._names = names

    @classmethod
    @contextmanager
    def open(cls, servers: str, *, repository: str) -> Iterator["JetStreamDeadLetters"]:
        """Connect to the servers. Raise StorageUnusable, or StorageFailed from within the block."""
        with asyncio.Runner() as runner:
            connection = runner.run(connect(servers))
            try:
                with storage_errors():
                    yield cls(runner, connection, Names.of(repository))
            finally:
                runner.run(connection.close())

    def keys(self) -> list[int]:
        return self._runner.run(self._keys())

    def read(self, key: int) -> DeadLetter:
        message = self._runner.run(self._context.get_msg(self._names.dead, seq=key))
        record = decode_dead_letter(message.data)
        return DeadLetter(record.buried, record.record.letter.document, record.reason)

    def requeue(self, keys: Sequence[int]) -> None:
        for key in keys:
            self._runner.run(self._requeue(key))

    def drop(self, keys: Sequence[int]) -> None:
        for key in keys:
            self._runner.run(self._context.delete_msg(self._names.dead, key))

    async def _keys(self) -> list[int]:
        try:
            state = (await self._context.stream_info(self._names.dead)).state
        except NotFoundError as error:
            raise StorageUnusable(
                "no relay has used NATS for this repository yet; check RELAY_OUTBOX and RELAY_REPOSITORY"
            ) from error
        keys: list[int] = []
        key = state.first_seq - 1
        while len(keys) < state.messages:
            try:
                message = await self._context.get_msg(
                    self._names.dead, seq=key + 1, subject=self._names.dead, next=True
                )
            except NotFoundError:  # somebody else has dropped it meanwhile
                break
            key = message.seq or 0
            keys.append(key)
        return keys

    async def _requeue(self, key: int) -> None:
        """Copy the letter into the stream, then delete the dead letter. NATS knows a second copy by its id."""
        message = await self._context.get_msg(self._names.dead, seq=key)
        record = decode_dead_letter(message.data).record
        subject = subject_of(record.letter, stream=self._names.letters)
        copy = Message(subject, msgspec.msgpack.encode(record), f"{record.letter.identity.hex()}.{key}")
        await publish(self._context, copy)
        await self._context.delete_msg(self._names.dead, key)
