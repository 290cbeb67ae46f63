"""Answers in the form of GitHub's, with its headers."""

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import JSONResponse, Response

from .state import State


def _headers(state: State) -> dict[str, str]:
    remaining, reset = state.limit.remaining(time.time())
    return {
        "X-GitHub-Request-Id": secrets.token_hex(8).upper(),
        "X-RateLimit-Limit": str(state.limit.hourly),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Used": str(state.limit.hourly - remaining),
        "X-RateLimit-Reset": str(reset),
        "X-RateLimit-Resource": "core",
    }


def answer(state: State, content: Mapping[str, Any] | Sequence[Any] | None, *, status: int = 200) -> Response:
    """The content with its status, 204 without any."""
    if content is None:
        return Response(status_code=204, headers=_headers(state))
    return JSONResponse(content, status_code=status, headers=_headers(state))


def error(
    state: State, status: int, message: str, headers: Mapping[str, str] | None = None, *, details: Sequence[Any] = ()
) -> Response:
    """What GitHub says when it does not do something; `details` are its `errors`."""
    content: dict[str, Any] = {"message": message, **({"errors": list(details)} if details else {})}
    content |= {"documentation_url": "https://docs.github.com/rest", "status": str(status)}
    return Response(
        json.dumps(content),
        status_code=status,
        media_type="application/json",
        headers={**_headers(state), **(headers or {})},
    )
