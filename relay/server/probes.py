"""Answers probes and metrics. No answer contains anything of an event."""

import time

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from relay.errors import StorageFailed
from relay.metrics import CONTENT_TYPE
from relay.server.intake import State


async def healthz(request: Request[State]) -> Response:
    """Answer GET /healthz: the process runs. Raise StorageDamaged, which becomes a 503, if it is about to end."""
    if damage := request.state["outbox"].damage:
        raise damage
    return JSONResponse({"status": "alive"})


async def readyz(request: Request[State]) -> Response:
    """Answer GET /readyz: the outbox works. Raise StorageFailed, which becomes a 503."""
    backlog = await request.state["outbox"].backlog()
    return JSONResponse({"status": "ready", "waiting": backlog.waiting, "dead": backlog.dead})


async def metrics(request: Request[State]) -> Response:
    """Answer GET /metrics in Prometheus' text format, without the backlog while the storage fails."""
    try:
        backlog = await request.state["outbox"].backlog()
    except StorageFailed:
        backlog = None
    return Response(request.state["metrics"].exposition(backlog, now=time.time()), media_type=CONTENT_TYPE)
