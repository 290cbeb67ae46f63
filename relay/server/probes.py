"""What those who run the relay may ask it. None of it tells what is in an event."""

import time

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from relay.errors import StorageFailed
from relay.metrics import CONTENT_TYPE
from relay.server.intake import State


async def healthz(_: Request[State]) -> Response:
    """GET /healthz: the process answers."""
    return JSONResponse({"status": "alive"})


async def readyz(request: Request[State]) -> Response:
    """GET /readyz: the outbox works; raises StorageFailed, which answers 503."""
    backlog = await request.state["outbox"].backlog()
    return JSONResponse({"status": "ready", "waiting": backlog.waiting, "dead": backlog.dead})


async def metrics(request: Request[State]) -> Response:
    """GET /metrics: Prometheus' text format; without the backlog while the storage fails."""
    try:
        backlog = await request.state["outbox"].backlog()
    except StorageFailed:
        backlog = None
    return Response(request.state["metrics"].exposition(backlog, now=time.time()), media_type=CONTENT_TYPE)
