"""A TLS handshake has to come to its end."""

import asyncio
import ssl
from pathlib import Path

import anyio
import pytest

from relay.server.loop import BoundedLoop
from tests.relay.certificates import Authority


def test_a_tls_handshake_that_does_not_come_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relay.server.loop.HANDSHAKE_SECONDS", 0.2)
    pair = Authority("authority").issue("relay")
    (tmp_path / "tls.pem").write_bytes(pair.certificate + pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls.pem")

    async def wait_for_the_end() -> bytes:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0, ssl=context)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"\x16\x03\x01")
            with anyio.fail_after(30):
                end = await reader.read()
            writer.close()
            return end

    with asyncio.Runner(loop_factory=BoundedLoop) as runner:
        assert runner.run(wait_for_the_end()) == b""
