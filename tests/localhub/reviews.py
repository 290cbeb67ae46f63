"""Environments and the reviews of runs at the local GitHub.

https://docs.github.com/en/rest/deployments/environments#get-an-environment
https://docs.github.com/en/rest/actions/workflow-runs#get-the-review-history-for-a-workflow-run
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .answers import answer, error
from .reading import readable
from .state import State


def routes(state: State) -> list[Route]:
    """The endpoints."""

    async def environment(request: Request) -> Response:
        repository = readable(request, state, "actions")
        name = request.path_params["name"]
        if repository is None or name not in repository.reviewers:
            return error(state, 404, "Not Found")
        reviewers = [{"type": "User", "reviewer": {"login": login}} for login in repository.reviewers[name]]
        rules = [{"id": 1, "type": "required_reviewers", "reviewers": reviewers}] if reviewers else []
        return answer(state, {"id": 1, "name": name, "protection_rules": rules})

    async def approvals(request: Request) -> Response:
        repository = readable(request, state, "actions")
        runs = {run.id: run for run in state.runs.all}
        if repository is None or request.path_params["run"] not in runs:
            return error(state, 404, "Not Found")
        return answer(state, runs[request.path_params["run"]].approvals)

    return [
        Route("/repos/{owner}/{repo}/environments/{name}", environment),
        Route("/repos/{owner}/{repo}/actions/runs/{run:int}/approvals", approvals),
    ]
