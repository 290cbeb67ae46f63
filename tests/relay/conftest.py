"""Fixtures for the relay's tests: settings that work, a recording GitHub, a relay on a real socket."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from relay.settings import Settings
from tests.relay import natsserver
from tests.relay.rig import FaultRig, SharedRig, fault_rig
from tests.relay.serving import TOKEN, RecordingGitHub, ServedRelay, serving


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
def hub() -> RecordingGitHub:
    return RecordingGitHub()


@pytest.fixture
async def relay(settings: Settings, hub: RecordingGitHub) -> AsyncIterator[ServedRelay]:
    async with serving(settings, hub) as relay:
        yield relay


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[FaultRig]:
    """Where relays can be started as processes, and their surroundings fail."""
    with fault_rig(tmp_path) as rig:
        yield rig


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedRig]:
    """One relay for troubles that pass."""
    with fault_rig(tmp_path_factory.mktemp("shared")) as rig, rig.relay() as process:
        yield rig, process
