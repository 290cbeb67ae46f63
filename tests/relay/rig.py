"""A relay process between a stream of events and the local GitHub, with a wire that may break: for tests of faults."""

import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests import sidekick
from tests.localhub import Hub
from tests.localhub.model import Fault
from tests.relay.process import REPOSITORY, ROOT, TOKEN, Process, environment, started
from tests.relay.wire import Trouble, Wire, laid

E02 = sidekick.falco_events()["E02"]


@dataclass(frozen=True)
class AcceptedDispatch:
    """What GitHub has taken in one dispatch; `life` is the relay's process that sent it."""

    life: int
    ids: list[str]


class FaultRig:
    """The parts. Each relay has a token of its own, which tells its dispatches from those of the others."""

    def __init__(self, folder: Path, hub: Hub, wire: Wire) -> None:
        hub.create_repository(REPOSITORY, files={"README.md": b""})
        hub.limit.per_minute = 10**6  # it is the relay that is to hold back
        self.folder = folder
        self.hub = hub
        self.wire = wire
        self._lives: list[str] = []

    @contextmanager
    def relay(self, **settings: str) -> Iterator[Process]:
        """A relay on the same outbox each time; every event goes out, unless the settings say otherwise."""
        token = self.hub.create_token(REPOSITORY, permissions={"contents": "write"})
        self._lives.append(f"Bearer {token}")
        chosen = {"RELAY_COALESCE_SECONDS": "0", "RELAY_MIN_INTERVAL_SECONDS": "0.05", **settings}
        environ = environment(self.folder, api_url=self.wire.url, token=token, settings=chosen)
        with started(self.folder, environ) as process:
            yield process

    def befall(self, trouble: Fault | Trouble) -> None:
        """What becomes of the next dispatch."""
        if isinstance(trouble, Fault):
            self.hub.faults.append(trouble)
        else:
            self.wire.troubles.append(trouble)

    @property
    def dispatches(self) -> list[AcceptedDispatch]:
        """All that GitHub has taken, in its order."""
        return [
            AcceptedDispatch(
                self._lives.index(request.headers["authorization"]), [event["id"] for event in events(request.body)]
            )
            for request in list(self.hub.requests)
            if request.status == 204
        ]

    @property
    def heard(self) -> Counter[str]:
        """How often GitHub has taken each event."""
        return Counter(itertools.chain.from_iterable(dispatch.ids for dispatch in self.dispatches))

    def post(self, process: Process, event_id: str) -> int | None:
        """The status of the answer to an event about a pod of its own, None if there was none."""
        try:
            return sidekick.post(event_of_pod(event_id), address=process.address, event_id=event_id)[0]
        except (OSError, http.client.HTTPException):  # killed before the answer, or within it
            return None

    def post_together(self, process: Process, *ids: str) -> int:
        """The status of the answer to all of them, each about a pod of its own, in one request."""
        batch = [sidekick.cloudevent(event_of_pod(event_id), event_id=event_id) for event_id in ids]
        headers = {"Content-Type": "application/cloudevents-batch+json", "Authorization": f"Bearer {TOKEN}"}
        return httpx.post(process.url, content=json.dumps(batch), headers=headers).status_code


def event_of_pod(pod: str) -> dict[str, Any]:
    """Falco's event about a pod. A pod may send 200 in a minute, and have 500 wait."""
    return {**E02, "output_fields": {**E02["output_fields"], "k8s.pod.name": pod}}


def events(body: bytes) -> list[dict[str, str]]:
    """The CloudEvents of a dispatch."""
    cloudevents: list[dict[str, str]] = json.loads(body)["client_payload"]["events"]
    return cloudevents


@contextmanager
def fault_rig(folder: Path) -> Iterator[FaultRig]:
    """The local GitHub and the wire to it, until the end of the block."""
    with Hub.start(folder / "hub", action_source=ROOT) as hub, laid(hub.api_url) as wire:
        yield FaultRig(folder, hub, wire)


class Posting:
    """Posts one event after another in several threads, to whichever relay there is."""

    def __init__(self, fault_rig: FaultRig, *, threads: int = 4, pause: float = 0.0) -> None:
        self._site = fault_rig
        self._pause = pause
        self._numbers = itertools.count()
        self._ended = threading.Event()
        self.process: Process | None = None
        self.sent: set[str] = set()
        self.accepted: set[str] = set()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]

    def __enter__(self) -> "Posting":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._pause):
            if (process := self.process) is None:
                time.sleep(0.005)
                continue
            event_id = f"event-{next(self._numbers)}"
            self.sent.add(event_id)
            status = self._site.post(process, event_id)
            if status == 202:
                self.accepted.add(event_id)
            elif status is None:
                time.sleep(0.005)


def until(condition: Callable[[], object], *, seconds: float = 60.0) -> None:
    """Waits until the condition holds; the deadline is only there to end a test that would hang."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("it has not come to that")
        time.sleep(0.02)


SharedRig = tuple[FaultRig, Process]  # one relay for several tests, which each leave it as it was


def waiting(process: Process) -> int:
    """How many events a relay has yet to send."""
    return int(httpx.get(f"{process.url}/readyz").json()["waiting"])
