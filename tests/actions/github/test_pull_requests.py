"""How the action reads GitHub's answers about pull requests, and which help it gives where the token may not."""

import json
from typing import Any

import pytest

from responder.errors import ApiRefused, NothingToReview, NotPermitted
from responder.github.api import Api
from responder.github.pull_requests import PullRequest, PullRequests
from tests.actions.http_server import Answer, HttpServer

OPEN = PullRequest(number=1, url="u", branch="b", body="x", is_open=True)


def content(number: int, *, branch: str = "b", state: str = "open", body: str | None = "x") -> dict[str, Any]:
    return {"number": number, "html_url": "u", "head": {"ref": branch}, "body": body, "state": state}


def answer(data: Any, status: int = 200) -> Answer:
    return Answer(status=status, body=json.dumps(data).encode())


def pull_requests(server: HttpServer) -> PullRequests:
    url = f"http://127.0.0.1:{server.port}"
    return PullRequests(api=Api(url=url, graphql_url=url, repository="a/b", token="t"), base="main")


def test_the_pull_requests_of_another_branch_are_left_out() -> None:
    with HttpServer.start(answer([content(2), content(1, branch="other")])) as server:
        assert [pull.number for pull in pull_requests(server).list("b")] == [2]
    assert "head=a%3Ab&base=main&state=all" in server.requests[0].target


def test_a_pull_request_without_a_body_has_an_empty_one() -> None:
    with HttpServer.start(answer([content(1, body=None, state="closed")])) as server:
        (pull,) = pull_requests(server).list("b")
    assert (pull.body, pull.is_open) == ("", False)


def test_a_pull_request_that_another_run_has_opened_is_as_good() -> None:
    exists = answer({"message": "Validation Failed", "errors": [{"message": "A pull request already exists"}]}, 422)
    with HttpServer.start(exists, answer([content(2, state="closed"), content(1)])) as server:
        assert pull_requests(server).open("b", title="t", body="x") == OPEN


def test_a_branch_without_a_commit_has_nothing_to_review() -> None:
    empty = answer({"message": "Validation Failed", "errors": [{"message": "No commits between main and b"}]}, 422)
    with HttpServer.start(empty) as server, pytest.raises(NothingToReview):
        pull_requests(server).open("b", title="t", body="x")


def test_a_pull_request_that_somebody_has_closed_is_returned_closed() -> None:
    with HttpServer.start(answer(content(1, state="closed", branch="renamed"))) as server:
        pull = pull_requests(server).describe(OPEN, "new")
    assert (pull.is_open, pull.branch) == (False, "b")
    assert (server.requests[0].method, server.requests[0].target) == ("PATCH", "/repos/a/b/pulls/1")


@pytest.mark.parametrize(
    ("status", "message", "help_text"),
    [
        pytest.param(401, "Bad credentials", "pull-requests: write", id="no credentials"),
        pytest.param(403, "Resource not accessible by integration", "pull-requests: write", id="no permission"),
        pytest.param(404, "Not Found", "pull-requests: write", id="a 404 that means no permission"),
        pytest.param(
            403,
            "GitHub Actions is not permitted to create or approve pull requests.",
            "Allow GitHub Actions to create",
            id="a setting of the repository",
        ),
    ],
)
def test_a_token_that_may_not_is_told_what_would_help(status: int, message: str, help_text: str) -> None:
    with HttpServer.start(answer({"message": message}, status)) as server:
        pulls = pull_requests(server)
        with pytest.raises(NotPermitted, match=help_text):
            pulls.open("b", title="t", body="x")
        with pytest.raises(NotPermitted, match=help_text):
            pulls.describe(OPEN, "y")


def test_another_refusal_is_passed_on() -> None:
    with HttpServer.start(answer({"message": "Gone"}, 410)) as server, pytest.raises(ApiRefused, match="410, Gone"):
        pull_requests(server).list("b")
