"""What a token may read of a repository through the REST API."""

import base64
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .answers import answer, error
from .model import Repository, Token
from .state import State


def routes(state: State) -> list[Route]:
    """The endpoints that read."""

    async def repository(request: Request) -> Response:
        token, repository = token_of(request, state), readable(request, state, "metadata")
        if token is None:
            return error(state, 401, "Bad credentials")
        if repository is None:
            return error(state, 404, "Not Found")
        response = answer(state, _describe(repository, state))
        if token.scopes:
            response.headers["X-OAuth-Scopes"] = token.scopes
        return response

    async def contents(request: Request) -> Response:
        repository = readable(request, state, "contents")
        path, ref = request.path_params["path"], request.query_params.get("ref")
        if repository and (names := state.list_files(repository, ref, path)):
            return answer(state, [{"type": "file", "name": name, "path": f"{path}/{name}"} for name in names])
        data = state.read(repository, ref, path) if repository else None
        if data is None:
            return error(state, 404, "Not Found")
        return answer(state, {"type": "file", "encoding": "base64", "content": base64.b64encode(data).decode()})

    async def workflow(request: Request) -> Response:
        repository = readable(request, state, "actions")
        name = request.path_params["workflow"]
        if repository is None or state.read(repository, None, f".github/workflows/{name}") is None:
            return error(state, 404, "Not Found")
        status = "disabled_manually" if name in repository.disabled else "active"
        return answer(state, {"path": f".github/workflows/{name}", "state": status})

    return [
        Route("/repos/{owner}/{repo}", repository),
        Route("/repos/{owner}/{repo}/contents/{path:path}", contents),
        Route("/repos/{owner}/{repo}/actions/workflows/{workflow}", workflow),
    ]


def token_of(request: Request, state: State) -> Token | None:
    """The token that a request comes with, if GitHub knows it."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return state.tokens.get(value) if scheme.lower() in ("bearer", "token") else None


def readable(request: Request, state: State, permission: str) -> Repository | None:
    """The repository, if the token may read that of it; `metadata` every token may."""
    name = f"{request.path_params['owner']}/{request.path_params['repo']}"
    token = token_of(request, state)
    may = token is not None and (permission == "metadata" or token.permissions.get(permission) in ("read", "write"))
    return state.repositories.get(name) if token and token.repository == name and may else None


def _describe(repository: Repository, state: State) -> dict[str, Any]:
    return {
        "full_name": repository.name,
        "name": repository.name.partition("/")[2],
        "private": True,
        "default_branch": repository.default_branch,
        "clone_url": repository.clone_url,
        "html_url": f"{state.url}/{repository.name}",
    }
