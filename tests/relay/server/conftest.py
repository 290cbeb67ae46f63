"""Connects slow clients to the relay of a test."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from tests.relay.server.clients import Client, Connect
from tests.relay.serving import ServedRelay


@pytest.fixture
async def connect(relay: ServedRelay) -> AsyncIterator[Connect]:
    """Connect to the relay from an address of this machine; what is open in the end is cut."""
    host, port = relay.address.removeprefix("http://").rstrip("/").split(":")
    clients: list[Client] = []

    async def connect(source: str = "127.0.0.1", *, receive_buffer: int | None = None) -> Client:
        connection = socket.socket()
        connection.setblocking(False)
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.bind((source, 0))
        await asyncio.get_running_loop().sock_connect(connection, (host, int(port)))
        clients.append(client := Client(*await asyncio.open_connection(sock=connection)))
        return client

    yield connect
    for client in clients:
        client.leave()
