"""Issues and their comments at the local GitHub.

https://docs.github.com/en/rest/issues/issues
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import dispatches
from .answers import answer
from .dispatches import Invalid
from .model import Issue, Repository
from .pulls import authorized, endpoint
from .state import State

CREATE = "POST /repos/{owner}/{repo}/issues"
UPDATE = "PATCH /repos/{owner}/{repo}/issues/{issue_number}"
COMMENT = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments"
_LONGEST = 65_536  # characters of a body
_MOST_LABELS = 100


def routes(state: State) -> list[Route]:
    """The endpoints."""
    return [
        Route("/repos/{owner}/{repo}/issues", endpoint(state, _list), methods=["GET"]),
        Route("/repos/{owner}/{repo}/issues", endpoint(state, _create), methods=["POST"]),
        Route("/repos/{owner}/{repo}/issues/{number:int}", endpoint(state, _update), methods=["PATCH"]),
        Route("/repos/{owner}/{repo}/issues/{number:int}/comments", endpoint(state, _comment), methods=["POST"]),
    ]


def _list(request: Request, state: State, _: bytes) -> Response:
    """Open issues, the newest first, by their labels; a page at a time."""
    repository = authorized(request, state, "issues", "read")
    query = request.query_params
    labels = set(filter(None, query.get("labels", "").split(",")))
    issues = [
        issue
        for issue in reversed(repository.issues)
        if query.get("state", "open") in ("all", issue.state) and labels <= set(issue.labels)
    ]
    size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
    return answer(state, [_describe(issue, repository, state) for issue in issues[(page - 1) * size : page * size]])


def _create(request: Request, state: State, body: bytes) -> Response:
    repository = authorized(request, state, "issues", "write")
    if not repository.has_issues:
        raise Invalid("Issues has been disabled in this repository.", status=410)
    content = _parse(CREATE, body)
    if not set(content.get("assignees", ())) <= set(repository.assignable):
        raise Invalid("Validation Failed", "assignees")
    issue = Issue(
        number=len(repository.issues) + 1,
        title=content["title"],
        body=content.get("body", ""),
        labels=list(content.get("labels", ())),
        assignees=list(content.get("assignees", ())),
    )
    repository.issues.append(issue)
    return answer(state, _describe(issue, repository, state), status=201)


def _update(request: Request, state: State, body: bytes) -> Response:
    repository = authorized(request, state, "issues", "write")
    issue = _issue(request, repository)
    for name, value in _parse(UPDATE, body).items():
        setattr(issue, name, value)
    return answer(state, _describe(issue, repository, state))


def _comment(request: Request, state: State, body: bytes) -> Response:
    repository = authorized(request, state, "issues", "write")
    issue = _issue(request, repository)
    issue.comments.append(_parse(COMMENT, body)["body"])
    return answer(state, {"id": len(issue.comments), "body": issue.comments[-1]}, status=201)


def _parse(operation: str, body: bytes) -> dict[str, Any]:
    content = dispatches.parse(operation, body)
    if len(content.get("body") or "") > _LONGEST:
        raise Invalid(f"Validation Failed\nbody is too long (maximum is {_LONGEST} characters)")
    if len(content.get("title") or "") > 256 or len(content.get("labels") or ()) > _MOST_LABELS:
        raise Invalid("Validation Failed", "title")
    return content


def _issue(request: Request, repository: Repository) -> Issue:
    number = request.path_params["number"]
    issue = next((issue for issue in repository.issues if issue.number == number), None)
    if issue is None:
        raise Invalid("Not Found", status=404)
    return issue


def _describe(issue: Issue, repository: Repository, state: State) -> dict[str, Any]:
    return {
        "number": issue.number,
        "html_url": f"{state.url}/{repository.name}/issues/{issue.number}",
        "state": issue.state,
        "title": issue.title,
        "body": issue.body or None,
        "labels": [{"name": label} for label in issue.labels],
        "assignees": [{"login": login} for login in issue.assignees],
    }
