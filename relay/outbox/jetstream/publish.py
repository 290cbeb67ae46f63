"""Writes to a stream, and retries for some seconds while its servers elect a leader.

A failure would lose the event, because Falcosidekick does not post it again.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import NamedTuple

from nats.aio.client import Client
from nats.errors import NoRespondersError, OutboundBufferLimitError
from nats.errors import TimeoutError as NatsTimeout
from nats.js import JetStreamContext
from nats.js.api import PubAck
from nats.js.errors import APIError, NoStreamResponseError, ServiceUnavailableError

from relay.errors import BacklogFull

_MOST_TOGETHER = 1000
# An election among NATS' servers takes 4 to 9 seconds.
_RETRY_SECONDS = 12.0
_ANSWER_SECONDS = 2.0
_PAUSE = 0.25
# https://github.com/nats-io/nats-server/blob/main/server/errors.json
_NOT_STORED = 10077
_REPEAT_IN_BATCH = 10201
_TRANSIENT_CODES = (10176, 10210)  # a batch that was cut off by a change of leaders, too many batches at once
_TRANSIENT = (NatsTimeout, NoRespondersError, NoStreamResponseError, OutboundBufferLimitError, ServiceUnavailableError)


class Message(NamedTuple):
    """A message for a stream; `id` is unique in it."""

    subject: str
    payload: bytes
    id: str


async def publish(context: JetStreamContext, message: Message) -> bool:
    """Store a message and return whether it is new to the stream. Raise BacklogFull, and what NATS raises."""
    writer = _PersistentWriter()
    ack = await writer.write(partial(_publish, context, message))
    return writer.has_retried or not ack.duplicate  # after a retry, the stored message is most likely this one


async def publish_together(connection: Client, context: JetStreamContext, messages: Sequence[Message]) -> list[bool]:
    """Store messages and return for each whether it is new.

    Up to 1000 messages without repeats are stored together or not at all.
    """
    if len(messages) <= 1:
        return [await publish(context, message) for message in messages]
    batch, remainder = messages[:_MOST_TOGETHER], messages[_MOST_TOGETHER:]
    writer = _PersistentWriter()
    try:
        await writer.write(partial(_publish_batch, connection, context, batch))
        new = [True] * len(batch)
    except APIError as error:
        if error.err_code != _REPEAT_IN_BATCH:
            raise
        # After a retry, the repeats are most likely the messages of the first attempt.
        new = [await publish(context, message) or writer.has_retried for message in batch]
    return new + await publish_together(connection, context, remainder)


class _PersistentWriter:
    """Repeats one write for some seconds. `has_retried` says whether it took more than one attempt."""

    def __init__(self) -> None:
        self.has_retried = False

    async def write(self, attempt: Callable[[], Awaitable[PubAck]]) -> PubAck:
        """Return the acknowledgement. Raise BacklogFull, and what NATS raises."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _RETRY_SECONDS
        while True:
            try:
                return await attempt()
            except (*_TRANSIENT, APIError) as error:
                code = error.err_code if isinstance(error, APIError) else None
                if code == _NOT_STORED and "maximum messages" in str(error):
                    raise BacklogFull(
                        "the backlog is full because GitHub does not accept events; nothing of this request was stored"
                    ) from error
                if not (isinstance(error, _TRANSIENT) or code in _TRANSIENT_CODES) or loop.time() > deadline:
                    raise
            self.has_retried = True
            await asyncio.sleep(_PAUSE)


async def _publish(context: JetStreamContext, message: Message) -> PubAck:
    headers = {"Nats-Msg-Id": message.id}
    return await context.publish(message.subject, message.payload, timeout=_ANSWER_SECONDS, headers=headers)


async def _publish_batch(connection: Client, context: JetStreamContext, messages: Sequence[Message]) -> PubAck:
    """Publish an atomic batch.

    https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-50.md
    """
    batch_id = secrets.token_hex(16)
    *early, last = messages

    def headers(sequence: int, message_id: str) -> dict[str, str]:
        return {"Nats-Batch-Id": batch_id, "Nats-Batch-Sequence": str(sequence), "Nats-Msg-Id": message_id}

    for sequence, message in enumerate(early, 1):
        await connection.publish(message.subject, message.payload, headers=headers(sequence, message.id))
    commit = {**headers(len(messages), last.id), "Nats-Batch-Commit": "1"}
    return await context.publish(last.subject, last.payload, timeout=_ANSWER_SECONDS, headers=commit)
