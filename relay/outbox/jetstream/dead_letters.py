"""The dead letters in their stream, for `python -m relay dead`."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from relay.errors import StorageUnusable
from relay.outbox.dead_letters import Dead
from relay.outbox.jetstream.publish import publish
from relay.outbox.jetstream.stored import Kept, dead_letter
from relay.outbox.jetstream.streams import Names, connect, failing


class JetStreamDeadLetters:
    """See relay.outbox.dead_letters.DeadLetters. Keys are the sequences of the stream."""

    def __init__(self, runner: asyncio.Runner, connection: Client, names: Names) -> None:
        self._runner = runner
        self._context = connection.jetstream()
        self._names = names

    @classmethod
    @contextmanager
    def open(cls, servers: str, *, repository: str) -> Iterator["JetStreamDeadLetters"]:
        """Raises StorageUnusable, and StorageFailed in between."""
        with asyncio.Runner() as runner:
            connection = runner.run(connect(servers))
            try:
                with failing():
                    yield cls(runner, connection, Names.of(repository))
            finally:
                runner.run(connection.close())

    def keys(self) -> list[int]:
        return self._runner.run(self._keys())

    def read(self, key: int) -> Dead:
        message = self._runner.run(self._context.get_msg(self._names.dead, seq=key))
        dead = dead_letter(message.data)
        return Dead(dead.buried, dead.kept.letter.document, dead.reason)

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
            except NotFoundError:  # dropped by somebody else meanwhile
                break
            key = message.seq or 0
            keys.append(key)
        return keys

    async def _requeue(self, key: int) -> None:
        """First into the stream, then out of the other: in between it is in both, and known by its id if it was."""
        message = await self._context.get_msg(self._names.dead, seq=key)
        letter = dead_letter(message.data).kept
        again = (msgspec.msgpack.encode(Kept(letter.letter, letter.received)), f"{letter.letter.identity.hex()}.{key}")
        await publish(self._context, self._names.letters, again)
        await self._context.delete_msg(self._names.dead, key)
