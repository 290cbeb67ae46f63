"""Limits the time of a TLS handshake, which uvicorn leaves at a minute."""

import asyncio
from typing import Any, cast

import uvloop

HANDSHAKE_SECONDS = 10.0


class BoundedLoop(uvloop.Loop):
    """uvloop's event loop, whose servers end a handshake that takes too long."""

    async def create_server(self, *arguments: Any, **options: Any) -> asyncio.Server:
        if options.get("ssl") is not None:
            options["ssl_handshake_timeout"] = HANDSHAKE_SECONDS
        server = await super().create_server(*arguments, **options)
        return cast(asyncio.Server, server)  # its equal in all that uvicorn asks of it
