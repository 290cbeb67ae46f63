"""The HTTP face of the local GitHub: the REST operations of operations.json that are served, and Git."""

import asyncio
import base64
import json
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import apps, backend, dispatches
from .dispatches import REPOSITORY_DISPATCH, WORKFLOW_DISPATCH, Invalid
from .model import Fault, Repository, Token
from .model import Request as Asked
from .state import State

NEW_API = "2026-03-10"  # from this version on a workflow_dispatch always answers with the run


def create_app(state: State) -> Starlette:
    """The application over `state`."""

    async def repository_dispatch(request: Request) -> Response:
        return await _dispatch(request, state, REPOSITORY_DISPATCH)

    async def workflow_dispatch(request: Request) -> Response:
        return await _dispatch(request, state, WORKFLOW_DISPATCH)

    async def repository(request: Request) -> Response:
        found = _readable(request, state)
        return _answer(state, _described(found, state)) if found else _error(state, 404, "Not Found")

    async def contents(request: Request) -> Response:
        found = _readable(request, state)
        data = state.read(found, request.query_params.get("ref"), request.path_params["path"]) if found else None
        if data is None:
            return _error(state, 404, "Not Found")
        return _answer(state, {"type": "file", "encoding": "base64", "content": base64.b64encode(data).decode()})

    async def git(request: Request) -> Response:
        name = f"{request.path_params['owner']}/{request.path_params['repo']}"
        found = state.repositories.get(name)
        if found is None:
            return Response("Repository not found.\n", status_code=404)
        token = state.tokens.get(backend.password(request.headers.get("authorization", "")))
        return await backend.serve(request, found, token)

    return Starlette(
        routes=[
            Route("/repos/{owner}/{repo}/dispatches", repository_dispatch, methods=["POST"]),
            Route("/repos/{owner}/{repo}/actions/workflows/{workflow}/dispatches", workflow_dispatch, methods=["POST"]),
            *apps.routes(state.apps, state.tokens),
            Route("/repos/{owner}/{repo}", repository),
            Route("/repos/{owner}/{repo}/contents/{path:path}", contents),
            Route("/{owner}/{repo}.git/{service:path}", git, methods=["GET", "POST"]),
        ]
    )


async def _dispatch(request: Request, state: State, operation: str) -> Response:
    body = await request.body()
    answer = await _fault(state.faults.pop(0)) if state.faults else _dispatched(request, state, operation, body)
    headers, now = dict(request.headers), datetime.now(UTC)
    asked = Asked(path=request.url.path, headers=headers, body=body, status=answer.status_code, time=now)
    state.requests.append(asked)
    return answer


def _dispatched(request: Request, state: State, operation: str, body: bytes) -> Response:
    if (wait := state.limit.wait(time.time())) is not None:
        message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        return _error(state, 403, message, {"Retry-After": str(wait)})
    token = _token(request, state)
    if token is None:
        return _error(state, 401, "Bad credentials")
    name = f"{request.path_params['owner']}/{request.path_params['repo']}"
    found = state.repositories.get(name)
    if found is None or not token.allows(name, dispatches.PERMISSIONS[operation], "write"):
        return _error(state, 404, "Not Found")
    try:
        content = dispatches.parse(operation, body)
        if operation == REPOSITORY_DISPATCH:
            state.start_listening(found, content)
            return _answer(state, None)
        run_id = state.start_workflow(found, request.path_params["workflow"], content)
    except Invalid as invalid:
        return _error(state, invalid.status, invalid.message)
    if request.headers.get("x-github-api-version", "") < NEW_API and not content.get("return_run_details"):
        return _answer(state, None)
    url = f"{state.url}/repos/{name}/actions/runs/{run_id}"
    details = {"workflow_run_id": run_id, "run_url": url, "html_url": f"{state.url}/{name}/actions/runs/{run_id}"}
    return _answer(state, details)


async def _fault(fault: Fault) -> Response:
    await asyncio.sleep(fault.delay)
    if fault.drop:
        raise ClientDisconnect
    return Response(fault.body, status_code=fault.status, headers=dict(fault.headers))


def _token(request: Request, state: State) -> Token | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return state.tokens.get(value) if scheme.lower() in ("bearer", "token") else None


def _readable(request: Request, state: State) -> Repository | None:
    name = f"{request.path_params['owner']}/{request.path_params['repo']}"
    token = _token(request, state)
    return state.repositories.get(name) if token and token.repository == name else None


def _described(repository: Repository, state: State) -> dict[str, Any]:
    return {
        "full_name": repository.name,
        "name": repository.name.partition("/")[2],
        "private": True,
        "default_branch": repository.default_branch,
        "clone_url": repository.clone_url,
        "html_url": f"{state.url}/{repository.name}",
    }


def _headers(state: State) -> dict[str, str]:
    left, reset = state.limit.left(time.time())
    return {
        "X-GitHub-Request-Id": secrets.token_hex(8).upper(),
        "X-RateLimit-Limit": str(state.limit.hourly),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Used": str(state.limit.hourly - left),
        "X-RateLimit-Reset": str(reset),
        "X-RateLimit-Resource": "core",
    }


def _answer(state: State, content: Mapping[str, Any] | None) -> Response:
    if content is None:
        return Response(status_code=204, headers=_headers(state))
    return JSONResponse(content, headers=_headers(state))


def _error(state: State, status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    content = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
    return Response(
        json.dumps(content),
        status_code=status,
        media_type="application/json",
        headers={**_headers(state), **(headers or {})},
    )
