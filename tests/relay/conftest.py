"""Fixtures for the relay's tests: settings that work, a recording GitHub, a relay on a real socket."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from relay.settings import Settings
from tests.relay import natsserver
from tests.relay.rig import Shared, Site, site
from tests.relay.serving import TOKEN, Hub, Relay, serving


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[natsserver.Node]:
    """A nats-server by itself, for all tests."""
    with natsserver.server(tmp_path_factory.mktemp("nats")) as node:
        yield node


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Two clusters, no pauses, nothing folded together."""
    tokens = tmp_path / "tokens.yaml"
    tokens.write_text(f"prod: {TOKEN}\nstaging: another-long-token\n", encoding="utf-8")
    return Settings(
        repository="acme/desired-state",
        github_token="the-token-for-github",
        tokens_file=tokens,
        outbox=f"sqlite:{tmp_path}/relay.db",
        coalesce_seconds=0.0,
        min_interval_seconds=0.0,
    )


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
async def relay(settings: Settings, hub: Hub) -> AsyncIterator[Relay]:
    async with serving(settings, hub) as relay:
        yield relay


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Site]:
    """Where relays can be started as processes, and their surroundings fail."""
    with site(tmp_path) as there:
        yield there


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """One relay for troubles that pass."""
    with site(tmp_path_factory.mktemp("shared")) as there, there.relay() as process:
        yield there, process
