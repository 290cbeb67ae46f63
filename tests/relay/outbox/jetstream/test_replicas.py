"""Three relays on three nats-servers, each a process of its own; one of them is killed under load."""

import asyncio
import itertools
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from relay.outbox.jetstream import streams
from tests import sidekick
from tests.localhub import Hub
from tests.relay import natsserver
from tests.relay.natsserver import Node
from tests.relay.process import REPOSITORY, ROOT, Process, environment, started

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

EVENT = sidekick.falco_events()["E02"]


@dataclass
class Load:
    """Posts events until it is told to stop, and remembers which were answered with 202, by relay."""

    relays: list[Process]
    accepted: dict[int, set[str]] = field(default_factory=lambda: {0: set(), 1: set(), 2: set()})
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self, number: int) -> None:
        for count in itertools.count():
            if self._stop.is_set():
                return
            event_id = f"{number}-{count}"
            # Somebody who is refused by one relay goes to the next, as a Service does.
            for at in range(3):
                with suppress(OSError, ValueError):
                    chosen = (number + count + at) % 3
                    if self._post(self.relays[chosen].address, event_id) == 202:
                        self.accepted[chosen].add(event_id)
                        break

    def stop(self) -> None:
        self._stop.set()

    @property
    def ids(self) -> set[str]:
        return set().union(*self.accepted.values())

    def _post(self, address: str, event_id: str) -> int:
        """Each event is about a pod of its own: none is folded."""
        pod = {**EVENT, "output_fields": {**EVENT["output_fields"], "k8s.pod.name": f"pod-{event_id}"}}
        return sidekick.post(pod, address=address, event_id=event_id)[0]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub.start(tmp_path / "hub", action_source=ROOT) as hub:
        hub.create_repository(REPOSITORY, files={"README.md": b""})
        yield hub


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[Node]]:
    with natsserver.cluster(tmp_path / "nats") as nodes:
        yield nodes


@pytest.fixture
def relays(tmp_path: Path, hub: Hub, nodes: list[Node]) -> Iterator[list[Process]]:
    token = hub.create_token(REPOSITORY, permissions={"contents": "write"})
    settings = {"RELAY_OUTBOX": natsserver.addresses(nodes), "RELAY_MIN_INTERVAL_SECONDS": "0.2"}
    with ExitStack() as stack:
        relays = []
        for name in "abc":
            folder = tmp_path / name
            folder.mkdir()
            environ = environment(folder, api_url=hub.api_url, token=token, settings=settings)
            relays.append(stack.enter_context(started(folder, environ)))
        yield relays


def dispatched(hub: Hub) -> list[str]:
    """The ids of all events that GitHub has taken, in its order."""
    bodies = [json.loads(request.body) for request in hub.requests if request.status == 204]
    return [event["id"] for body in bodies for event in body["client_payload"]["events"]]


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def delivering(relays: list[Process]) -> Process:
    """The relay that holds the lease, as it says itself."""
    [holder] = [relay for relay in relays if "this relay delivers now" in relay.log.read_text()]
    return holder


def leading(nodes: list[Node]) -> Node:
    """The server that leads the stream of letters."""

    async def leader() -> str | None:
        connection = await streams.connect(natsserver.addresses(nodes))
        try:
            info = await connection.jetstream().stream_info(streams.Names.of(REPOSITORY).letters)
        finally:
            await connection.close()
        assert info.cluster is not None
        return info.cluster.leader

    name = asyncio.run(leader())
    return next(node for node in nodes if node.name == name)


@pytest.mark.parametrize("victim", ["the relay that delivers", "a relay that does not", "the server that leads"])
def test_everything_accepted_is_dispatched_though_one_is_killed(
    hub: Hub, nodes: list[Node], relays: list[Process], victim: str
) -> None:
    load = Load(relays)
    with ThreadPoolExecutor() as pool:
        posting = [pool.submit(load.run, number) for number in range(6)]
        try:
            wait_for(lambda: len(dispatched(hub)) >= 100)
            earlier = len(load.ids)
            match victim:
                case "the relay that delivers":
                    delivering(relays).kill()
                case "a relay that does not":
                    next(relay for relay in relays if relay is not delivering(relays)).kill()
                case _:
                    leading(nodes).stop(signal.SIGKILL)
            wait_for(lambda: len(load.ids) >= earlier + 200)
        finally:
            load.stop()
        for relay in posting:
            relay.result()
    wait_for(lambda: load.ids <= set(dispatched(hub)))
    assert all(load.accepted.values()), "every relay takes its share"
    twice = len(dispatched(hub)) - len(set(dispatched(hub)))
    assert twice <= 200, "no more than what was under way when it was killed"
