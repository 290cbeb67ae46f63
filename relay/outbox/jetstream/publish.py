"""Writes to a stream: once, and again for some seconds while its servers change places.

Whoever posts an event to the relay may never do so again: Falcosidekick does not.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from nats.aio.client import Client
from nats.errors import NoRespondersError, OutboundBufferLimitError
from nats.errors import TimeoutError as NatsTimeout
from nats.js import JetStreamContext
from nats.js.api import PubAck
from nats.js.errors import APIError, NoStreamResponseError, ServiceUnavailableError

from relay.errors import BacklogFull

_MOST_TOGETHER = 1000
# An election among NATS' servers takes 4 to 9 seconds.
_SECONDS = 12.0
_ANSWER_SECONDS = 2.0
_PAUSE = 0.25
# https://github.com/nats-io/nats-server/blob/main/server/errors.json
_NOT_STORED = 10077
_REPEAT_AMONG_THEM = 10201
_TRANSIENT_CODES = (10176, 10210)  # a batch that was cut off by a change of leaders, too many batches at once
_TRANSIENT = (NatsTimeout, NoRespondersError, NoStreamResponseError, OutboundBufferLimitError, ServiceUnavailableError)

# A payload and the id that tells it from all others.
Message = tuple[bytes, str]


async def publish(context: JetStreamContext, subject: str, message: Message) -> bool:
    """Whether the message is new to the stream. Raises BacklogFull, and what NATS raises."""
    ack, retried = await _insist(partial(_one, context, subject, message))
    return retried or not ack.duplicate  # after a retry, the one that was there is most likely this


async def publish_together(
    connection: Client, context: JetStreamContext, subject: str, messages: Sequence[Message]
) -> list[bool]:
    """Of each message, whether it is new. All are stored or none, up to 1000 of them that are no repeats."""
    if len(messages) <= 1:
        return [await publish(context, subject, message) for message in messages]
    first, rest = messages[:_MOST_TOGETHER], messages[_MOST_TOGETHER:]
    try:
        await _insist(partial(_batch, connection, context, subject, first))
        new = [True] * len(first)
    except APIError as error:
        if error.err_code != _REPEAT_AMONG_THEM:
            raise
        new = [await publish(context, subject, message) for message in first]
    return new + await publish_together(connection, context, subject, rest)


async def _insist(attempt: Callable[[], Awaitable[PubAck]]) -> tuple[PubAck, bool]:
    """The answer, and whether it took more than one attempt."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _SECONDS
    retried = False
    while True:
        try:
            return await attempt(), retried
        except (*_TRANSIENT, APIError) as error:
            code = error.err_code if isinstance(error, APIError) else None
            if code == _NOT_STORED and "maximum messages" in str(error):
                raise BacklogFull("GitHub has not taken what waits; nothing of this request was accepted") from error
            if not (isinstance(error, _TRANSIENT) or code in _TRANSIENT_CODES) or loop.time() > until:
                raise
        retried = True
        await asyncio.sleep(_PAUSE)


async def _one(context: JetStreamContext, subject: str, message: Message) -> PubAck:
    payload, message_id = message
    return await context.publish(subject, payload, timeout=_ANSWER_SECONDS, headers={"Nats-Msg-Id": message_id})


async def _batch(connection: Client, context: JetStreamContext, subject: str, messages: Sequence[Message]) -> PubAck:
    """https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-50.md"""
    batch = secrets.token_hex(16)
    *early, (payload, message_id) = messages

    def headers(sequence: int, message_id: str) -> dict[str, str]:
        return {"Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(sequence), "Nats-Msg-Id": message_id}

    for sequence, (earlier, earlier_id) in enumerate(early, 1):
        await connection.publish(subject, earlier, headers=headers(sequence, earlier_id))
    last = {**headers(len(messages), message_id), "Nats-Batch-Commit": "1"}
    return await context.publish(subject, payload, timeout=_ANSWER_SECONDS, headers=last)
