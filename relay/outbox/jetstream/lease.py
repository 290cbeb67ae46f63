"""Decides which of several relays delivers: the one that holds a short-lived key and renews it.

It does not decide what the holder does with the lease.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress

import nats
from nats.js.errors import KeyNotFoundError, KeyWrongLastSequenceError, NoStreamResponseError
from nats.js.kv import KeyValue

log = logging.getLogger("relay.jetstream")

_KEY = "holder"


class Lease:
    """The key in a bucket whose keys live for `seconds`. `on_loss` is called when another relay may hold it.

    The bucket is in memory, so that a full disk stops no delivery. A server that starts anew has forgotten it; then
    `create_bucket` is called.
    """

    def __init__(
        self,
        bucket: KeyValue,
        *,
        seconds: float,
        create_bucket: Callable[[], Awaitable[None]],
        on_loss: Callable[[], None],
    ) -> None:
        self._bucket = bucket
        self._seconds = seconds
        self._create_bucket = create_bucket
        self._on_loss = on_loss
        self._holder = secrets.token_hex(8).encode()
        self._now = asyncio.get_running_loop().time
        self._until = 0.0
        self._revision: int | None = None
        self._renewal: asyncio.Task[None] | None = None

    async def hold(self) -> None:
        """Wait until this relay holds the lease. Raise what NATS raises."""
        while self._revision is None or self._now() >= self._until:
            if self._revision is not None:  # the process stood still, and the renewal with it
                self._on_loss()
            start = self._now()
            self._revision = await self._take()
            if self._revision is None:
                await asyncio.sleep(self._seconds / 10)
            else:
                self._until = start + self._seconds
                log.info("this relay delivers now")
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._renew())

    @property
    def is_lost(self) -> bool:
        """Whether this relay knows that it does not hold the lease."""
        return self._revision is None

    @property
    def is_over(self) -> bool:
        """Whether this relay has not renewed the lease in time, so another one may hold it."""
        return self._now() >= self._until

    async def drop(self) -> None:
        """Release the lease at once, if NATS is reachable."""
        revision, self._revision = self._revision, None
        if self._renewal is not None:
            self._renewal.cancel()
            self._renewal = None
        if revision is not None:
            with suppress(nats.errors.Error):  # otherwise it expires
                await self._bucket.delete(_KEY, last=revision)

    async def _take(self) -> int | None:
        try:
            return await self._bucket.create(_KEY, self._holder)
        except NoStreamResponseError:
            await self._create_bucket()
            return await self._bucket.create(_KEY, self._holder)
        except KeyNotFoundError:  # the key expired while nats-py looked at it
            return None
        except KeyWrongLastSequenceError:
            return await self._own_revision()

    async def _own_revision(self) -> int | None:
        """Return the revision if this relay holds the key: the answer to a renewal may have been lost."""
        try:
            entry = await self._bucket.get(_KEY)
        except KeyNotFoundError:
            return None
        return entry.revision if entry.value == self._holder else None

    async def _renew(self) -> None:
        while self._revision is not None and self._now() < self._until:
            await asyncio.sleep(self._seconds / 5)
            start = self._now()
            try:
                self._revision = await self._bucket.update(_KEY, self._holder, last=self._revision)
            except (KeyWrongLastSequenceError, NoStreamResponseError):  # another relay may take it at once
                break
            except nats.errors.Error:
                continue
            self._until = start + self._seconds
        self._revision = self._renewal = None
        log.warning("this relay delivers no longer: another one may have taken over")
        self._on_loss()
