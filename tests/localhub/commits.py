"""Commits at the local GitHub, and which of them it has signed.

https://docs.github.com/en/rest/commits/commits#list-commits
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .answers import answer, error
from .reading import readable
from .state import State


def routes(state: State) -> list[Route]:
    """The endpoint."""

    async def commits(request: Request) -> Response:
        repository = readable(request, state, "contents")
        if repository is None:
            return error(state, 404, "Not Found")
        query = request.query_params
        size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
        options = [f"--skip={size * (page - 1)}", f"--max-count={size}", f"--since={query.get('since', '1970-01-02')}"]
        shas = state.list_commits(repository, *options, query.get("sha", repository.default_branch))
        verified = {sha: {"verification": {"verified": sha in repository.signed}} for sha in shas}
        return answer(state, [{"sha": sha, "commit": commit} for sha, commit in verified.items()])

    return [Route("/repos/{owner}/{repo}/commits", commits)]
