"""Falcosidekick before the relay: the real one where it is on the PATH, otherwise the requests that it would send."""

import http.client
import json
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from tests import sidekick

from . import processes, programs

Output = Literal["cloudevents", "webhook"]
OUTPUTS: tuple[Output, ...] = ("cloudevents", "webhook")
# What Falcosidekick sends for POST /test: handlers.go, TestHandler.
TEST_EVENT = {
    "output": "This is a test from falcosidekick",
    "priority": "Debug",
    "rule": "Test rule",
    "time": "2026-01-01T00:00:00Z",
    "output_fields": {"proc.name": "falcosidekick", "user.name": "falcosidekick"},
    "source": "internal",
    "tags": ["example", "test"],
    "hostname": "falcosidekick",
}


class Falcosidekick(Protocol):
    """Takes Falco's JSON and hands it on to the relay through one of its outputs."""

    def post(self, event: Mapping[str, Any]) -> None:
        """Take an event as Falco posts it."""

    def test(self) -> None:
        """Send the test event."""


@dataclass(frozen=True, kw_only=True)
class Real:
    """A running Falcosidekick."""

    port: int

    def post(self, event: Mapping[str, Any]) -> None:
        self._post("/", json.dumps(event).encode())

    def test(self) -> None:
        self._post("/test", b"")

    def _post(self, path: str, body: bytes) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        status = connection.getresponse().status
        connection.close()
        if status != 200:
            raise RuntimeError(f"Falcosidekick answered {status}")


@dataclass(frozen=True, kw_only=True)
class StandIn:
    """The requests of Falcosidekick, byte for byte, without it."""

    address: str
    output: Output

    def post(self, event: Mapping[str, Any]) -> None:
        if self.output == "cloudevents":
            status, _ = sidekick.post(event, address=self.address, event_id=str(uuid.uuid4()))
        else:
            status = self._post_webhook(event)
        if status != 202:
            raise RuntimeError(f"the relay answered {status}")

    def test(self) -> None:
        self.post(TEST_EVENT)

    def _post_webhook(self, event: Mapping[str, Any]) -> int:
        url = urlsplit(self.address)
        headers = {"Authorization": f"Bearer {url.password}", "User-Agent": "Falcosidekick"}
        headers |= {"Content-Type": "application/json; charset=utf-8"}
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=10)
        connection.request("POST", "/", sidekick.body(event), headers)
        status = connection.getresponse().status
        connection.close()
        return status


def description() -> str:
    """Return which of the two is used."""
    program = programs.falcosidekick()
    return f"{program} (real)" if program else "tests/sidekick.py, because no falcosidekick is on the PATH"


@contextmanager
def start(output: Output, *, address: str, logs: Path) -> Iterator[Falcosidekick]:
    """Start Falcosidekick with one output; `address` is that of the relay, with the caller's token."""
    program = programs.falcosidekick()
    if program is None:
        yield StandIn(address=address, output=output)
        return
    port, url = processes.free_port(), urlsplit(address)
    environ = {"LISTENADDRESS": "127.0.0.1", "LISTENPORT": str(port), "PATH": os.environ["PATH"]}
    if output == "cloudevents":
        environ["CLOUDEVENTS_ADDRESS"] = address
    else:
        environ["WEBHOOK_ADDRESS"] = f"{url.scheme}://{url.hostname}:{url.port}/"
        environ["WEBHOOK_CUSTOMHEADERS"] = f"Authorization:Bearer {url.password}"
    name = f"falcosidekick-{output}"
    is_ready = lambda: processes.listens(port)  # noqa: E731
    with processes.start(name, logs=logs, environ=environ, program=program, is_ready=is_ready):
        yield Real(port=port)
