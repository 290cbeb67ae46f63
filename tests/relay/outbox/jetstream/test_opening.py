"""How a relay comes to use NATS, what is said where it cannot, and the dead letters that are kept there."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import anyio
import pytest

from relay import __main__ as command
from relay import settings
from relay.errors import BadSettings, StorageUnusable
from relay.outbox.jetstream import streams
from relay.outbox.jetstream.outbox import JetStreamOutbox
from relay.outbox.protocol import Receipt
from tests.relay.letters import ROOM, drained, letter, names, opened_on_nats
from tests.relay.natsserver import Node, server
from tests.relay.test_settings import GOOD

pytestmark = pytest.mark.anyio

Opened = Callable[..., AbstractAsyncContextManager[JetStreamOutbox]]


@pytest.fixture
def repository(tmp_path: Path) -> str:
    return f"acme/{tmp_path.name}"


@pytest.fixture
def opened(nats: Node, repository: str) -> Opened:
    """Another relay of the same repository each time it is called; the lease is short."""
    return partial(opened_on_nats, nats.address, repository=repository, lease_seconds=1.0)


class TestOpening:
    async def test_a_server_that_is_not_there_is_said_with_what_to_check(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(streams, "_OPENING_SECONDS", 1.0)
        with pytest.raises(StorageUnusable, match="Check RELAY_OUTBOX"):
            async with opened_on_nats("nats://127.0.0.1:1", repository="a/b"):
                pass

    async def test_a_server_without_jetstream_is_said_so(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(streams, "_OPENING_SECONDS", 1.0)
        with server(tmp_path / "nats", jetstream=False) as node, pytest.raises(StorageUnusable, match="with JetStream"):
            async with opened_on_nats(node.address, repository="a/b"):
                pass

    async def test_a_server_that_is_too_old_is_refused(self) -> None:
        async with _old_server() as address:
            with pytest.raises(StorageUnusable, match=r"2\.10\.27 is too old"):
                async with opened_on_nats(address, repository="a/b"):
                    pass

    async def test_other_settings_hold_from_then_on(self, opened: Opened) -> None:
        async with opened(max_backlog=1, coalesce_seconds=5, lease_seconds=1) as outbox:
            await outbox.put([letter("a")])
        async with opened(max_backlog=2, coalesce_seconds=50, lease_seconds=2) as outbox:
            assert await outbox.put([letter("b")]) == Receipt(accepted=1, coalesced=0)
            status = await outbox._context.stream_info(f"KV_{outbox._names.windows}")
            assert status.config.max_age == 50


class TestSettings:
    @pytest.mark.parametrize("servers", ["nats://one:4222", "nats://user:pw@one,tls://two:4222"])
    def test_servers_are_taken_and_never_shown(self, servers: str) -> None:
        arguments = settings.Settings.from_environ({**GOOD, "RELAY_OUTBOX": servers})
        assert arguments.outbox == servers
        assert servers not in repr(arguments)

    @pytest.mark.parametrize("servers", ["nats://", "nats://one,", "nats://one two", "http://one", "nats://one,two"])
    def test_what_is_no_server_is_refused(self, servers: str) -> None:
        with pytest.raises(BadSettings, match=r"^RELAY_OUTBOX must"):
            settings.Settings.from_environ({**GOOD, "RELAY_OUTBOX": servers})

    def test_without_the_extra_it_is_said_how_to_get_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("relay.setting_forms.find_spec", lambda _: None)
        with pytest.raises(BadSettings, match=r"pip install 'falco-dispatch\[nats\]'"):
            settings.Settings.from_environ({**GOOD, "RELAY_OUTBOX": "nats://one"})


class TestDeadLetters:
    @pytest.fixture
    async def buried(self, opened: Opened) -> None:
        async with opened() as outbox:
            await outbox.put([letter(name) for name in "abc"])
            for claim in (await outbox.claim(room=ROOM))[:2]:
                await outbox.bury(claim, reason="422 no\n")

    async def run(self, monkeypatch: pytest.MonkeyPatch, nats: Node, repository: str, *arguments: str) -> int:
        monkeypatch.setenv("RELAY_OUTBOX", nats.address)
        monkeypatch.setenv("RELAY_REPOSITORY", repository)
        monkeypatch.setattr("sys.argv", ["relay", "dead", *arguments])
        return await anyio.to_thread.run_sync(command.main)

    @pytest.mark.usefixtures("buried")
    async def test_they_are_listed_and_shown(
        self, monkeypatch: pytest.MonkeyPatch, nats: Node, repository: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert await self.run(monkeypatch, nats, repository, "list") == 0
        streams = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
        assert [row[2:] for row in streams[1:]] == [['"a"', r'"422 no\n"'], ['"b"', r'"422 no\n"']]
        assert await self.run(monkeypatch, nats, repository, "show", streams[2][0]) == 0
        assert json.loads(capsys.readouterr().out)["event"] == {"id": "b"}

    @pytest.mark.usefixtures("buried")
    async def test_a_requeued_one_goes_out_again_though_its_id_is_known(
        self, monkeypatch: pytest.MonkeyPatch, nats: Node, repository: str, opened: Opened
    ) -> None:
        assert await self.run(monkeypatch, nats, repository, "requeue", "2") == 0
        async with opened() as outbox:
            assert names(await drained(outbox)) == ["c", "b"]
            assert (await outbox.backlog()).dead == 1

    @pytest.mark.usefixtures("buried")
    async def test_dropped_ones_are_gone_and_missing_ones_are_named(
        self, monkeypatch: pytest.MonkeyPatch, nats: Node, repository: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert await self.run(monkeypatch, nats, repository, "drop", "1") == 0
        assert await self.run(monkeypatch, nats, repository, "drop", "1", "2") == 1
        assert "no dead letter 1; nothing was done" in capsys.readouterr().err
        assert await self.run(monkeypatch, nats, repository, "drop", "--all") == 0
        capsys.readouterr()
        assert await self.run(monkeypatch, nats, repository, "list") == 0
        assert len(capsys.readouterr().out.splitlines()) == 1

    async def test_a_repository_that_nobody_has_served_is_said_so(
        self, monkeypatch: pytest.MonkeyPatch, nats: Node, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert await self.run(monkeypatch, nats, "acme/unknown", "list") == 1
        assert "check RELAY_OUTBOX and RELAY_REPOSITORY" in capsys.readouterr().err

    async def test_the_repository_must_be_told(
        self, monkeypatch: pytest.MonkeyPatch, nats: Node, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert await self.run(monkeypatch, nats, "", "list") == 2
        assert "RELAY_REPOSITORY is required" in capsys.readouterr().err


@asynccontextmanager
async def _old_server() -> AsyncIterator[str]:
    """As much of NATS' protocol as a client needs to find out the version."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        info = {"server_id": "x", "version": "2.10.27", "proto": 1, "headers": True, "max_payload": 1048576}
        writer.write(b"INFO " + json.dumps(info).encode() + b"\r\n")
        while line := await reader.readline():
            if line.startswith(b"PING"):
                writer.write(b"PONG\r\n")
        writer.close()

    async with AsyncExitStack() as stack:
        listener = await stack.enter_async_context(await asyncio.start_server(serve, "127.0.0.1", 0))
        yield f"nats://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
