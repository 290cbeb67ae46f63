"""The floor for the relay's intake: reads the body and answers 202, on the same server with the same settings."""

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from relay import logs


async def receive(request: Request) -> Response:
    """Nothing is looked at, nothing is kept."""
    await request.body()
    return Response(status_code=202)


async def readyz(_: Request) -> Response:
    """As the relay is asked."""
    return JSONResponse({"status": "ready"})


if __name__ == "__main__":
    logs.configure("json")
    app = Starlette(routes=[Route("/", receive, methods=["POST"]), Route("/readyz", readyz)])
    uvicorn.run(app, port=0, log_config=None, access_log=False, server_header=False, date_header=False)
