"""Statuses of commits at the local GitHub, which Flux writes and the action confirm reads.

https://docs.github.com/en/rest/commits/statuses
"""

import subprocess
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import dispatches
from .answers import answer, error
from .dispatches import Invalid
from .model import Repository
from .reading import token_of
from .state import State

CREATE = "POST /repos/{owner}/{repo}/statuses/{sha}"
LIST = "GET /repos/{owner}/{repo}/commits/{ref}/statuses"


def routes(state: State) -> list[Route]:
    """The endpoints."""

    async def create(request: Request) -> Response:
        repository = _repository(request, state, "write")
        if isinstance(repository, Response):
            return repository
        sha = request.path_params["sha"]
        if not _is_commit(repository, sha):
            return error(state, 422, f"No commit found for SHA: {sha}")
        try:
            content = dispatches.parse(CREATE, await request.body())
        except Invalid as invalid:
            return error(state, invalid.status, invalid.message)
        status: dict[str, Any] = {"id": len(repository.statuses) + 1, "context": "default", "description": None}
        status |= {**content, "sha": sha}
        repository.statuses.append(status)
        return answer(state, status, status=201)

    async def list_all(request: Request) -> Response:
        repository = _repository(request, state, "read")
        if isinstance(repository, Response):
            return repository
        sha = request.path_params["sha"]
        return answer(state, [status for status in reversed(repository.statuses) if status["sha"] == sha])

    return [
        Route("/repos/{owner}/{repo}/statuses/{sha}", create, methods=["POST"]),
        Route("/repos/{owner}/{repo}/commits/{sha}/statuses", list_all, methods=["GET"]),
    ]


def _repository(request: Request, state: State, level: str) -> Repository | Response:
    """The repository, or the answer to a token that may not do this to its statuses."""
    name = f"{request.path_params['owner']}/{request.path_params['repo']}"
    token, repository = token_of(request, state), state.repositories.get(name)
    if token is None:
        return error(state, 401, "Bad credentials")
    if repository is None or token.repository != name:
        return error(state, 404, "Not Found")
    if not token.allows(name, "statuses", level):
        return error(state, 403, "Resource not accessible by personal access token")
    return repository


def _is_commit(repository: Repository, sha: str) -> bool:
    command = ["git", "cat-file", "-e", f"{sha}^{{commit}}"]
    return subprocess.run(command, cwd=repository.path, capture_output=True, check=False).returncode == 0
