"""Pull requests and new branches at the local GitHub, over REST.

https://docs.github.com/en/rest/pulls/pulls
"""

import subprocess
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import dispatches
from .answers import answer, error
from .dispatches import Invalid
from .model import PullRequest, Repository
from .reading import token_of
from .state import State

CREATE = "POST /repos/{owner}/{repo}/pulls"
UPDATE = "PATCH /repos/{owner}/{repo}/pulls/{pull_number}"
CREATE_REF = "POST /repos/{owner}/{repo}/git/refs"
_LONGEST = 65_536  # characters of a body


def routes(state: State) -> list[Route]:
    """The endpoints."""

    return [
        Route("/repos/{owner}/{repo}/pulls", endpoint(state, _list), methods=["GET"]),
        Route("/repos/{owner}/{repo}/pulls", endpoint(state, _create), methods=["POST"]),
        Route("/repos/{owner}/{repo}/pulls/{number:int}", endpoint(state, _update), methods=["PATCH"]),
        Route("/repos/{owner}/{repo}/git/refs", endpoint(state, _create_ref), methods=["POST"]),
    ]


def endpoint(
    state: State, serve: Callable[[Request, State, bytes], Response]
) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that answers as `serve` does, or with what is invalid."""

    async def respond(request: Request) -> Response:
        try:
            return serve(request, state, await request.body())
        except Invalid as invalid:
            return _refused(state, invalid)

    return respond


def _list(request: Request, state: State, _: bytes) -> Response:
    repository = authorized(request, state, "pull-requests", "read")
    return answer(state, [_describe(pull, repository, state) for pull in _select(repository, request.query_params)])


def _create(request: Request, state: State, body: bytes) -> Response:
    repository = authorized(request, state, "pull-requests", "write")
    return answer(state, _describe(_open_pull(request, repository, state, body), repository, state), status=201)


def _update(request: Request, state: State, body: bytes) -> Response:
    repository = authorized(request, state, "pull-requests", "write")
    number = request.path_params["number"]
    pull = next((pull for pull in repository.pull_requests if pull.number == number), None)
    if pull is None:
        raise Invalid("Not Found", status=404)
    content = dispatches.parse(UPDATE, body)
    _check_length(content)
    for name in {"title", "body", "state"} & set(content):
        setattr(pull, name, content[name])
    return answer(state, _describe(pull, repository, state))


def _create_ref(request: Request, state: State, body: bytes) -> Response:
    repository = authorized(request, state, "contents", "write")
    content = dispatches.parse(CREATE_REF, body)
    if not _git(repository, "cat-file", "-e", f"{content['sha']}^{{commit}}"):
        raise Invalid("Object does not exist")
    if repository.protected:
        raise Invalid("Repository rule violations found")
    if not _git(repository, "update-ref", content["ref"], content["sha"], "0" * 40):
        raise Invalid("Reference already exists")
    return answer(state, {"ref": content["ref"], "object": {"sha": content["sha"]}}, status=201)


def authorized(request: Request, state: State, permission: str, level: str) -> Repository:
    """The repository of the path, if the token may do this in it. Raises Invalid."""
    token = token_of(request, state)
    if token is None:
        raise Invalid("Bad credentials", status=401)
    name = f"{request.path_params['owner']}/{request.path_params['repo']}"
    if token.repository != name or name not in state.repositories:
        raise Invalid("Not Found", status=404)
    if not token.allows(name, permission, level):
        raise Invalid("Resource not accessible by integration", status=403)
    return state.repositories[name]


def _select(repository: Repository, query: Mapping[str, str]) -> list[PullRequest]:
    """The newest first; a `head` without an owner in front filters nothing, as GitHub has it."""
    owner, _, head = query.get("head", "").rpartition(":")
    state, base = query.get("state", "open"), query.get("base")
    return [
        pull
        for pull in reversed(repository.pull_requests)
        if state in ("all", pull.state)
        and (not owner or (owner, head) == (repository.name.partition("/")[0], pull.head))
        and base in (None, pull.base)
    ]


def _open_pull(request: Request, repository: Repository, state: State, body: bytes) -> PullRequest:
    content = dispatches.parse(CREATE, body)
    _check_length(content)
    token = token_of(request, state)
    if token and token.workflow and not repository.takes_pull_requests_of_workflows:
        raise Invalid("GitHub Actions is not permitted to create or approve pull requests.", status=403)
    head, base = content["head"], content["base"]
    for name in ("head", "base"):
        if not _git(repository, "rev-parse", "--quiet", "--verify", f"refs/heads/{content[name]}"):
            raise Invalid("Validation Failed", name)
    if any((pull.head, pull.base, pull.state) == (head, base, "open") for pull in repository.pull_requests):
        owner = repository.name.partition("/")[0]
        raise Invalid(f"Validation Failed\nA pull request already exists for {owner}:{head}.")
    if not _git(repository, "rev-list", "--count", f"{base}..{head}").strip(b"0\n"):
        raise Invalid(f"Validation Failed\nNo commits between {base} and {head}")
    pull = PullRequest(
        number=len(repository.pull_requests) + 1,
        title=content["title"],
        body=content.get("body", ""),
        head=head,
        base=base,
    )
    repository.pull_requests.append(pull)
    return pull


def _check_length(content: Mapping[str, Any]) -> None:
    if len(content.get("body") or "") > _LONGEST:
        raise Invalid(f"Validation Failed\nbody is too long (maximum is {_LONGEST} characters)")


def _refused(state: State, invalid: Invalid) -> Response:
    """With what is in the second line as GitHub's detail, or the field that is invalid."""
    message, _, detail = invalid.message.partition("\n")
    details: list[dict[str, str]] = []
    if detail:
        details = [{"resource": "PullRequest", "code": "custom", "message": detail}]
    elif invalid.field:
        details = [{"resource": "PullRequest", "field": invalid.field, "code": "invalid"}]
    return error(state, invalid.status, message, details=details)


def _describe(pull: PullRequest, repository: Repository, state: State) -> dict[str, Any]:
    owner = repository.name.partition("/")[0]
    head = _git(repository, "rev-parse", f"refs/heads/{pull.head}").decode().strip()
    return {
        "number": pull.number,
        "html_url": f"{state.url}/{repository.name}/pull/{pull.number}",
        "state": pull.state,
        "merged_at": "2026-01-01T00:00:00Z" if pull.is_merged else None,
        "title": pull.title,
        "body": pull.body or None,
        "head": {"label": f"{owner}:{pull.head}", "ref": pull.head, "sha": head},
        "base": {"label": f"{owner}:{pull.base}", "ref": pull.base},
    }


def _git(repository: Repository, *arguments: str) -> bytes:
    """What git prints, at least a line; nothing where it fails."""
    result = subprocess.run(["git", *arguments], cwd=repository.path, capture_output=True, check=False)
    return (result.stdout or b"\n") if result.returncode == 0 else b""
