"""Starts what the relay's benchmarks measure, and says how much they do."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.localhub import Hub
from tests.relay.process import REPOSITORY, Process, environment, started
from tests.relay.wire import Wire


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much is done."""

    rounds: int
    intake: int
    storm: int
    steady: int
    quiet: int
    flood: int


FULL = Scale(rounds=5, intake=20_000, storm=100_000, steady=5_000, quiet=10, flood=20_000)
QUICK = Scale(rounds=1, intake=1_000, storm=3_000, steady=500, quiet=2, flood=1_000)


class Bench:
    """The local GitHub, and relays on it."""

    def __init__(self, folder: Path, hub: Hub, wire: Wire) -> None:
        hub.create_repository(REPOSITORY, files={"README.md": b""})
        self._token = hub.create_token(REPOSITORY, permissions={"contents": "write"})
        self._folder = folder
        self.hub = hub
        self.wire = wire

    @contextmanager
    def server(self, module: str = "relay", **settings: str) -> Iterator[Process]:
        """Start a fresh relay, or another module that serves."""
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            environ = environment(Path(folder), api_url=self.wire.url, token=self._token, settings=settings)
            with started(Path(folder), environ, module=(module,)) as process:
                yield process

    def heard(self, start: int) -> list[dict[str, Any]]:
        """Return the events of all dispatches but the first `start`."""
        bodies = [json.loads(request.body) for request in self.hub.requests[start:] if request.status == 204]
        return [event for body in bodies for event in body["client_payload"]["events"]]
