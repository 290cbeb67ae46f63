"""How the action reads GitHub's answers about issues, and which help it gives where the token may not."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from responder.errors import ApiRefused, NotPermitted
from responder.github.api import Api
from responder.github.issues import Issue, Issues
from tests.actions.http_server import Answer, HttpServer

ISSUE = Issue(number=1, url="u", body="x")


def content(number: int, *, body: str | None = "x", **more: Any) -> dict[str, Any]:
    return {"number": number, "html_url": "u", "body": body, **more}


def answer(data: Any, status: int = 200) -> Answer:
    return Answer(status=status, body=json.dumps(data).encode())


def issues(server: HttpServer) -> Issues:
    url = f"http://127.0.0.1:{server.port}"
    return Issues(api=Api(url=url, graphql_url=url, repository="a/b", token="t"), label="falco-dispatch")


def test_the_newest_issue_with_the_mark_is_found_and_pull_requests_are_not() -> None:
    contents = [content(5, body=None), content(4, body="a mark", pull_request={}), content(3, body="a mark")]
    with HttpServer.start(answer(contents)) as server:
        issue = issues(server).find("mark")
    assert issue == Issue(number=3, url="u", body="a mark")
    assert "state=open&labels=falco-dispatch&per_page=100&page=1" in server.requests[0].target


def test_an_issue_is_looked_for_on_every_page_until_the_last() -> None:
    full = answer([content(number) for number in range(100)])
    with HttpServer.start(full, answer([content(7, body="a mark")])) as server:
        issue = issues(server).find("mark")
        assert issue is not None
        assert issue.number == 7
    with HttpServer.start(full, answer([])) as server:
        assert issues(server).find("mark") is None
        assert len(server.requests) == 2
    with HttpServer.start(full) as server:
        assert issues(server).find("mark") is None
        assert len(server.requests) == 10


def test_an_issue_has_each_label_once() -> None:
    with HttpServer.start(answer(content(1), 201)) as server:
        issues(server).open(title="t", body="b", labels=["x", "falco-dispatch", "x"], assignees=[])
    assert json.loads(server.requests[0].body)["labels"] == ["falco-dispatch", "x"]


def test_an_issue_that_github_refuses_for_other_reasons_is_not_asked_for_again() -> None:
    with HttpServer.start(answer({"message": "Validation Failed"}, 422)) as server:
        with pytest.raises(ApiRefused):
            issues(server).open(title="t", body="b", labels=[], assignees=[])
        assert len(server.requests) == 1


ACTS: list[Callable[[Issues], object]] = [
    lambda all_issues: all_issues.find("mark"),
    lambda all_issues: all_issues.comment(ISSUE, "x"),
    lambda all_issues: all_issues.close(ISSUE),
]


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize("act", ACTS, ids=["find", "comment", "close"])
def test_a_token_that_may_not_is_told_what_would_help(act: Callable[[Issues], object], status: int) -> None:
    refusal = answer({"message": "Resource not accessible"}, status)
    with HttpServer.start(refusal) as server, pytest.raises(NotPermitted, match="permissions: issues: write"):
        act(issues(server))
