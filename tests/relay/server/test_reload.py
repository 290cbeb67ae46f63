"""Tokens that change while the relay runs, over a socket."""

import dataclasses
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import anyio
import httpx
import pytest

from relay.settings import Settings
from tests import sidekick
from tests.relay.serving import TOKEN, RecordingGitHub, ServedRelay, serving, until
from tests.relay.volume import Volume

pytestmark = pytest.mark.anyio

NEW = "a-new-token-of-the-cluster-prod"
EVENT = sidekick.body(sidekick.falco_events()["E02"])


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    volume = Volume(tmp_path / "secret")
    volume.put(tokens_yaml=f"prod: {TOKEN}".encode())
    return volume


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relay.server.reload._INTERVAL_SECONDS", 0.02)


@pytest.fixture
def followed(settings: Settings, volume: Volume) -> Settings:
    return dataclasses.replace(settings, tokens_file=volume.path / "tokens.yaml")


async def status(relay: ServedRelay, token: str) -> int:
    return (await relay.post(EVENT, token=token, content_type="application/json")).status_code


async def reload_successful(relay: ServedRelay) -> bool:
    lines = (await relay.get("/metrics")).text.splitlines()
    return 'relay_config_last_reload_successful{file="tokens"} 1.0' in lines


async def credential_successful(relay: ServedRelay) -> bool:
    lines = (await relay.get("/metrics")).text.splitlines()
    return 'relay_config_last_reload_successful{file="credential"} 1.0' in lines


async def eventually(ask: Callable[[], Awaitable[object]], answer: object) -> None:
    with anyio.fail_after(20):
        while await ask() != answer:  # noqa: ASYNC110  # what is waited for happens on the far side of a socket
            await anyio.sleep(0.01)


async def test_a_token_of_a_swapped_secret_is_known_and_the_one_before_is_not(
    followed: Settings, volume: Volume, hub: RecordingGitHub
) -> None:
    async with serving(followed, hub) as relay:
        assert (await status(relay, TOKEN), await status(relay, NEW)) == (202, 401)
        volume.put(tokens_yaml=f"prod: {NEW}".encode())
        await eventually(partial(status, relay, NEW), 202)
        assert await status(relay, TOKEN) == 401


async def test_a_file_that_is_written_in_place_is_read_again_too(settings: Settings, hub: RecordingGitHub) -> None:
    assert settings.tokens_file
    async with serving(settings, hub) as relay:
        settings.tokens_file.write_text(f"prod: {NEW}")
        await eventually(partial(status, relay, NEW), 202)
        assert await status(relay, TOKEN) == 401


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"tokens_yaml": b""}, id="empty"),
        pytest.param({"tokens_yaml": b"prod: [" + NEW.encode()}, id="no YAML"),
        pytest.param({"tokens_yaml": b"a: %b\nb: %b" % (NEW.encode(), NEW.encode())}, id="one token for two"),
        pytest.param({"other": b""}, id="gone"),
    ],
)
async def test_a_broken_file_changes_nothing_and_is_said_until_it_is_mended(
    followed: Settings, volume: Volume, hub: RecordingGitHub, broken: dict[str, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "relay.follow")
    async with serving(followed, hub) as relay:
        assert await reload_successful(relay)
        volume.put(**broken)
        await eventually(partial(reload_successful, relay), False)
        assert (await status(relay, TOKEN), await status(relay, NEW)) == (202, 401)
        await anyio.sleep(0.2)  # other looks at the same file
        volume.put(tokens_yaml=f"prod: {NEW}".encode())
        await eventually(partial(reload_successful, relay), True)
        assert (await status(relay, TOKEN), await status(relay, NEW)) == (401, 202)
    message = [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "relay.follow"]
    assert message == [("ERROR", "not taken, the former stays in force"), ("INFO", "read again")]
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "RELAY_TOKENS_FILE" in vars(record)["detail"]
    assert NEW not in str([vars(record) for record in caplog.records])


async def test_a_changed_token_for_github_is_used_at_once_and_starts_the_tries_anew(
    settings: Settings, hub: RecordingGitHub, tmp_path: Path
) -> None:
    file = tmp_path / "github-token"
    file.write_text("former")
    limited = httpx.Response(429, headers={"Retry-After": "3600"})
    hub.answers += [limited]
    chosen = dataclasses.replace(settings, github_token="former", github_token_file=file)
    async with serving(chosen, hub) as relay:
        assert await status(relay, TOKEN) == 202
        await until(lambda: hub.requests)
        file.write_text("no token: it has spaces")
        await eventually(partial(credential_successful, relay), False)
        file.write_text("latter")
        await until(lambda: len(hub.requests) == 2)
    assert [request.headers["authorization"] for request in hub.requests] == ["Bearer former", "Bearer latter"]
