"""Decides which of several relays delivers: the one that holds a key which lives for seconds and has to be renewed."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress

import nats
from nats.js.errors import KeyNotFoundError, KeyWrongLastSequenceError
from nats.js.kv import KeyValue

log = logging.getLogger("relay.jetstream")

_KEY = "holder"


class Lease:
    """The key in a bucket whose keys live for `seconds`. `lost` is called when somebody else may hold it."""

    def __init__(self, bucket: KeyValue, *, seconds: float, lost: Callable[[], None]) -> None:
        self._bucket = bucket
        self._seconds = seconds
        self._lost = lost
        self._me = secrets.token_hex(8).encode()
        self._now = asyncio.get_running_loop().time
        self._until = 0.0
        self._revision: int | None = None
        self._renewal: asyncio.Task[None] | None = None

    async def hold(self) -> None:
        """Returns once the lease is held; raises what NATS raises."""
        while self._revision is None or self._now() >= self._until:
            if self._revision is not None:  # the renewal stood still, together with the process
                self._lost()
            begun = self._now()
            self._revision = await self._take()
            if self._revision is None:
                await asyncio.sleep(self._seconds / 10)
            else:
                self._until = begun + self._seconds
                log.info("this relay delivers now")
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._renew())

    async def drop(self) -> None:
        """Let another relay have it at once, if NATS can be told."""
        revision, self._revision = self._revision, None
        if self._renewal is not None:
            self._renewal.cancel()
            self._renewal = None
        if revision is not None:
            with suppress(nats.errors.Error):  # else it ends by itself
                await self._bucket.delete(_KEY, last=revision)

    async def _take(self) -> int | None:
        try:
            return await self._bucket.create(_KEY, self._me)
        except KeyNotFoundError:  # it was there, and ended while nats-py looked why
            return None
        except KeyWrongLastSequenceError:
            return await self._mine()

    async def _mine(self) -> int | None:
        """The revision, if the key is this relay's own: the answer to a renewal may have been lost."""
        try:
            entry = await self._bucket.get(_KEY)
        except KeyNotFoundError:
            return None
        return entry.revision if entry.value == self._me else None

    async def _renew(self) -> None:
        while self._revision is not None and self._now() < self._until:
            await asyncio.sleep(self._seconds / 5)
            begun = self._now()
            try:
                self._revision = await self._bucket.update(_KEY, self._me, last=self._revision)
            except KeyWrongLastSequenceError:
                break
            except nats.errors.Error:
                continue
            self._until = begun + self._seconds
        self._revision = self._renewal = None
        log.warning("this relay delivers no longer: another one may have taken over")
        self._lost()
