"""Runs the relay in this process, as uvicorn serves it, on a socket of its own."""

import json
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import httpx
import uvicorn

from relay.server.app import create_app
from relay.server.limits import Limits, bounded_http
from relay.settings import Settings
from tests import sidekick

TOKEN = "a-token-of-the-cluster-prod"


class RecordingGitHub:
    """GitHub's dispatch endpoint as an httpx transport: keeps what it gets, answers 204 or what was set before."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.answers: deque[httpx.Response | Exception] = deque()
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.popleft() if self.answers else httpx.Response(204)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def dispatches(self) -> list[list[dict[str, Any]]]:
        """The events of each request."""
        return [json.loads(request.content)["client_payload"]["events"] for request in self.requests]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for dispatch in self.dispatches for event in dispatch]

    async def heard(self, count: int = 1) -> list[dict[str, Any]]:
        """Waits until that many events have come."""
        await until(lambda: len(self.events) >= count)
        return self.events


@dataclass(frozen=True)
class ServedRelay:
    """A relay that serves."""

    address: str
    server: uvicorn.Server

    def as_cluster(self, token: str = TOKEN) -> str:
        """The address as Falcosidekick is given it."""
        return self.address.replace("http://", f"http://x:{token}@")

    async def falcosidekick(self, event: Mapping[str, Any], *, event_id: str, **extensions: str) -> tuple[int, Any]:
        """What Falcosidekick would send, over a socket of its own; the status and the answer."""
        status, body = await anyio.to_thread.run_sync(
            lambda: sidekick.post(event, address=self.as_cluster(), event_id=event_id, **extensions)
        )
        return status, json.loads(body)

    async def post(
        self, content: bytes, *, path: str = "/", token: str | None = TOKEN, **headers: str
    ) -> httpx.Response:
        """A POST with these headers; underscores in their names stand for dashes."""
        sent_headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent_headers.setdefault("authorization", f"Bearer {token}")
        async with httpx.AsyncClient() as client:
            return await client.post(self.address.rstrip("/") + path, content=content, headers=sent_headers)

    async def get(self, path: str) -> httpx.Response:
        async with httpx.AsyncClient() as client:
            return await client.get(self.address.rstrip("/") + path)


@asynccontextmanager
async def serving(
    settings: Settings, hub: RecordingGitHub | None, *, limits: Limits | None = None, **arguments: Any
) -> AsyncIterator[ServedRelay]:
    """A relay whose GitHub is the hub, or the one in the settings; stopped at the end as a signal would stop it."""
    config = uvicorn.Config(
        create_app(settings, transport=hub.transport if hub else None, **arguments),
        http=bounded_http(  # type: ignore[arg-type]  # called like the class
            most=settings.max_connections, most_by_address=settings.max_connections_per_address, limits=limits
        ),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
    )
    config.load()
    server = uvicorn.Server(config)
    # Its own main loop and signal handlers are left out: they only add waiting.
    server.lifespan = config.lifespan_class(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        await server.startup([listener])
        try:
            yield ServedRelay(f"http://127.0.0.1:{listener.getsockname()[1]}/", server)
        finally:
            await server.shutdown()


async def until(condition: Callable[[], object], *, seconds: float = 20.0) -> None:
    """Waits until the condition holds; the deadline is only there to end a test that would hang."""
    with anyio.fail_after(seconds):
        while not condition():  # noqa: ASYNC110  # what is waited for happens on the far side of a socket
            await anyio.sleep(0.005)
