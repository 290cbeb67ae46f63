"""The HTTP face of the local GitHub: the REST operations of operations.json that are served, and Git."""

import asyncio
import time
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from . import apps, backend, commits, dispatches, graphql, issues, pulls, reading, reviews, statuses
from .answers import answer, error
from .dispatches import REPOSITORY_DISPATCH, WORKFLOW_DISPATCH, Invalid
from .model import Fault
from .model import Request as Asked
from .reading import token_of
from .state import State

NEW_API = "2026-03-10"  # from this version on a workflow_dispatch always answers with the run


def create_app(state: State) -> Starlette:
    """The application over `state`."""

    async def repository_dispatch(request: Request) -> Response:
        return await _dispatch(request, state, REPOSITORY_DISPATCH)

    async def workflow_dispatch(request: Request) -> Response:
        return await _dispatch(request, state, WORKFLOW_DISPATCH)

    async def git(request: Request) -> Response:
        name = f"{request.path_params['owner']}/{request.path_params['repo']}"
        repository = state.repositories.get(name)
        if repository is None:
            return Response("Repository not found.\n", status_code=404)
        token = state.tokens.get(backend.password(request.headers.get("authorization", "")))
        return await backend.serve(request, repository, token)

    api = [
        Route("/repos/{owner}/{repo}/dispatches", repository_dispatch, methods=["POST"]),
        Route("/repos/{owner}/{repo}/actions/workflows/{workflow}/dispatches", workflow_dispatch, methods=["POST"]),
        *apps.routes(state.apps, state.tokens),
        *reading.routes(state),
        *pulls.routes(state),
        *issues.routes(state),
        *reviews.routes(state),
        *commits.routes(state),
        *statuses.routes(state),
    ]
    return Starlette(
        routes=[
            *api,
            Mount("/api/v3", routes=api),  # as at GitHub Enterprise Server, for programs that are given another host
            *graphql.routes(state),
            Route("/{owner}/{repo}.git/{service:path}", git, methods=["GET", "POST"]),
        ]
    )


async def _dispatch(request: Request, state: State, operation: str) -> Response:
    body = await request.body()
    answer = await _fault(state.faults.pop(0)) if state.faults else _dispatched(request, state, operation, body)
    headers, now = dict(request.headers), datetime.now(UTC)
    request_record = Asked(path=request.url.path, headers=headers, body=body, status=answer.status_code, time=now)
    state.requests.append(request_record)
    return answer


def _dispatched(request: Request, state: State, operation: str, body: bytes) -> Response:
    if (wait := state.limit.wait(time.time())) is not None:
        message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        return error(state, 403, message, {"Retry-After": str(wait)})
    token = token_of(request, state)
    if token is None:
        return error(state, 401, "Bad credentials")
    name = f"{request.path_params['owner']}/{request.path_params['repo']}"
    repository = state.repositories.get(name)
    if repository is None or not token.allows(name, dispatches.PERMISSIONS[operation], "write"):
        return error(state, 404, "Not Found")
    try:
        content = dispatches.parse(operation, body)
        if operation == REPOSITORY_DISPATCH:
            state.start_listening(repository, content, token)
            return answer(state, None)
        run_id = state.start_workflow(repository, request.path_params["workflow"], content, token)
    except Invalid as invalid:
        return error(state, invalid.status, invalid.message)
    if request.headers.get("x-github-api-version", "") < NEW_API and not content.get("return_run_details"):
        return answer(state, None)
    url = f"{state.url}/repos/{name}/actions/runs/{run_id}"
    details = {"workflow_run_id": run_id, "run_url": url, "html_url": f"{state.url}/{name}/actions/runs/{run_id}"}
    return answer(state, details)


async def _fault(fault: Fault) -> Response:
    await asyncio.sleep(fault.delay)
    if fault.drop:
        raise ClientDisconnect
    return Response(fault.body, status_code=fault.status, headers=dict(fault.headers))
