"""Issues answer as GitHub does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.localhub import Hub, Repository

NAME = "acme/desired-state"
ISSUES = f"/repos/{NAME}/issues"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub.start(tmp_path, action_source=Path(__file__).parents[2]) as hub:
        yield hub


@pytest.fixture
def repository(hub: Hub) -> Repository:
    return hub.create_repository(NAME, files={"a.txt": b"a"})


def ask(hub: Hub, method: str, path: str, body: Any = None, *, level: str = "write") -> httpx.Response:
    token = hub.create_token(NAME, permissions={"issues": level})
    return httpx.request(method, hub.api_url + path, json=body, headers={"Authorization": f"Bearer {token}"})


def test_issues_are_opened_listed_by_label_commented_and_closed(hub: Hub, repository: Repository) -> None:
    for number, label in enumerate(["a", "b", "b"], 1):
        response = ask(hub, "POST", ISSUES, {"title": f"Issue {number}", "labels": [label]})
        assert (response.status_code, response.json()["number"]) == (201, number)
    listed_numbers = [issue["number"] for issue in ask(hub, "GET", f"{ISSUES}?labels=b", level="read").json()]
    assert listed_numbers == [3, 2]
    assert [issue["number"] for issue in ask(hub, "GET", f"{ISSUES}?per_page=2&page=2").json()] == [1]
    assert ask(hub, "POST", f"{ISSUES}/2/comments", {"body": "x"}).status_code == 201
    assert ask(hub, "PATCH", f"{ISSUES}/2", {"state": "closed", "state_reason": "completed"}).status_code == 200
    assert [issue["number"] for issue in ask(hub, "GET", ISSUES).json()] == [3, 1]
    assert (repository.issues[1].comments, repository.issues[1].state) == (["x"], "closed")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", ISSUES, {"body": "without a title"}, 422),
        ("POST", ISSUES, {"title": "x", "assignees": ["nobody"]}, 422),
        ("POST", ISSUES, {"title": "x", "body": "x" * 65_537}, 422),
        ("POST", ISSUES, {"title": "x" * 257}, 422),
        ("POST", f"{ISSUES}/9/comments", {"body": "x"}, 404),
        ("PATCH", f"{ISSUES}/9", {"state": "closed"}, 404),
        ("PATCH", f"{ISSUES}/9", {"state": "gone"}, 404),
    ],
)
def test_what_github_does_not_accept_is_refused(
    hub: Hub, repository: Repository, method: str, path: str, body: Any, status: int
) -> None:
    assert ask(hub, method, path, body).status_code == status
    assert repository.issues == []


def test_without_the_permission_nothing_is_written(hub: Hub, repository: Repository) -> None:
    assert ask(hub, "POST", ISSUES, {"title": "x"}, level="read").status_code == 403
    repository.has_issues = False
    assert ask(hub, "POST", ISSUES, {"title": "x"}).status_code == 410
