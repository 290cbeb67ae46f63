"""Reads a work queue from its oldest message on, for one reader at a time.

It decides nothing about the messages, and acknowledges none.
"""

import json
import secrets

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.errors import NotFoundError

# A message that got lost on its way to the reader is sent again after this time.
_ACK_SECONDS = 30.0
_ANSWER_SECONDS = 2.0


class Feed:
    """A consumer of the stream. Opening one ends all others; their unacknowledged messages come here, in order."""

    def __init__(self, connection: Client, *, requests: str, inbox: str, subscription: Subscription) -> None:
        self._connection = connection
        self._requests = requests
        self._inbox = inbox
        self._subscription = subscription

    @classmethod
    async def open(cls, connection: Client, *, stream: str) -> "Feed":
        context = connection.jetstream()
        for consumer in await _names(connection, stream):
            try:
                await context.delete_consumer(stream, consumer)
            except NotFoundError:  # it has ended meanwhile
                continue
        name = f"relay-{secrets.token_hex(4)}"
        config = ConsumerConfig(
            name=name,
            durable_name=name,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=_ACK_SECONDS,
            max_deliver=-1,
            max_ack_pending=-1,
        )
        await context.add_consumer(stream, config)
        inbox = connection.new_inbox()
        subscription = await connection.subscribe(inbox)
        requests = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}"
        return cls(connection, requests=requests, inbox=inbox, subscription=subscription)

    async def wait(self, *, seconds: float) -> list[Msg]:
        """Wait for the next message and return it. Return an empty list if none comes within that time."""
        return await self._pull(1, seconds=seconds, expires=int(seconds * 1e9))

    async def take(self, count: int) -> list[Msg]:
        """Return the messages that are available now, up to `count`."""
        return await self._pull(count, seconds=0.0, no_wait=True)

    async def close(self) -> None:
        await self._subscription.unsubscribe()

    async def _pull(self, count: int, *, seconds: float, **options: object) -> list[Msg]:
        """Request messages and return those that come.

        https://docs.nats.io/reference/reference-protocols/nats_api_reference#fetching-messages-from-a-pull-consumer
        """
        request = json.dumps({"batch": count, **options}).encode()
        await self._connection.publish(self._requests, request, reply=self._inbox)
        messages: list[Msg] = []
        while len(messages) < count:
            message = await self._subscription.next_msg(timeout=seconds + _ANSWER_SECONDS)
            status = (message.headers or {}).get("Status")
            if status is None:
                messages.append(message)
            elif status in ("404", "408"):  # no messages, or none in time
                break
            else:  # the consumer or its server has ended
                raise Error(f"the consumer ended: {status} {(message.headers or {}).get('Description', '')}")
        return messages


async def _names(connection: Client, stream: str) -> list[str]:
    """Return the names of all consumers. A list with more details leaves out those whose server is down."""
    answer = await connection.request(f"$JS.API.CONSUMER.NAMES.{stream}", b"", timeout=_ANSWER_SECONDS)
    return list(json.loads(answer.data).get("consumers") or [])
