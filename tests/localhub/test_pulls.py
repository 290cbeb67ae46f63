"""Pull requests and createCommitOnBranch answer as GitHub does, over a real bare repository."""

import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from tests.localhub import Hub, Repository, dispatches, graphql, pulls

NAME = "acme/desired-state"
PULLS = f"/repos/{NAME}/pulls"
REFS = f"/repos/{NAME}/git/refs"
MUTATION = """\
mutation ($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }
"""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub.start(tmp_path, action_source=Path(__file__).parents[2]) as hub:
        yield hub


@pytest.fixture
def repository(hub: Hub) -> Repository:
    return hub.create_repository(NAME, files={"a.txt": b"a", "b.txt": b"b"})


def git(repository: Repository, *arguments: str) -> str:
    result = subprocess.run(["git", *arguments], cwd=repository.path, check=True, capture_output=True, text=True)
    return result.stdout.strip()


def ask(hub: Hub, method: str, path: str, body: Any = None, *, permissions: dict[str, str] | None = None) -> Any:
    token = hub.create_token(NAME, permissions=permissions or {"contents": "write", "pull-requests": "write"})
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.request(method, hub.api_url + path, json=body, headers=headers)


def commit(hub: Hub, repository: Repository, onto: str = "main", **changed: Any) -> Any:
    mutation = {
        "branch": {"repositoryNameWithOwner": NAME, "branchName": onto},
        "message": {"headline": "Stop", "body": "Why\n\nA: b"},
        "expectedHeadOid": git(repository, "rev-parse", "main"),
        "fileChanges": {
            "additions": [{"path": "new/c.txt", "contents": base64.b64encode(b"\xffc\r\n").decode()}],
            "deletions": [{"path": "b.txt"}],
        },
        **changed,
    }
    return ask(hub, "POST", "/graphql", {"query": MUTATION, "variables": {"input": mutation}}).json()


def new_branch(hub: Hub, repository: Repository, name: str) -> None:
    sha = git(repository, "rev-parse", "main")
    assert ask(hub, "POST", REFS, {"ref": f"refs/heads/{name}", "sha": sha}).status_code == 201
    assert commit(hub, repository, name)["data"]["createCommitOnBranch"]


def test_the_mutation_makes_the_commit(hub: Hub, repository: Repository) -> None:
    tip = git(repository, "rev-parse", "main")
    new = commit(hub, repository)["data"]["createCommitOnBranch"]["commit"]["oid"]
    assert git(repository, "rev-parse", "main", "main~1").split() == [new, tip]
    assert git(repository, "ls-tree", "-r", "--name-only", "main").split() == ["a.txt", "new/c.txt"]
    assert git(repository, "log", "-1", "--format=%B", "main") == "Stop\n\nWhy\n\nA: b"
    content = subprocess.run(["git", "show", "main:new/c.txt"], cwd=repository.path, capture_output=True, check=True)
    assert content.stdout == b"\xffc\r\n"


@pytest.mark.parametrize(
    ("changed", "type_"),
    [
        pytest.param({"expectedHeadOid": "0" * 40}, "STALE_DATA", id="stale"),
        pytest.param({"branch": {"repositoryNameWithOwner": NAME, "branchName": "x"}}, "NOT_FOUND", id="no branch"),
        pytest.param(
            {"branch": {"repositoryNameWithOwner": "acme/x", "branchName": "main"}}, "NOT_FOUND", id="repository"
        ),
        pytest.param({"fileChanges": {"deletions": [{"path": "x"}]}}, "UNPROCESSABLE", id="nothing to delete"),
        pytest.param({"message": {"body": "no headline"}}, None, id="not the input of GitHub's schema"),
        pytest.param({"unknown": 1}, None, id="a field that GitHub does not know"),
    ],
)
def test_a_mutation_that_cannot_be_carried_out_changes_nothing(
    hub: Hub, repository: Repository, changed: dict[str, Any], type_: str | None
) -> None:
    tip = git(repository, "rev-parse", "main")
    (error,) = commit(hub, repository, **changed)["errors"]
    assert error.get("type") == type_
    assert git(repository, "rev-parse", "main") == tip


def test_a_pull_request_is_opened_listed_and_updated(hub: Hub, repository: Repository) -> None:
    new_branch(hub, repository, "falco/one")
    new = ask(hub, "POST", PULLS, {"title": "Stop", "head": "falco/one", "base": "main", "body": "Why"})
    assert (new.status_code, new.json()["state"]) == (201, "open")
    assert ask(hub, "PATCH", f"{PULLS}/1", {"body": "More"}).json()["body"] == "More"
    assert [pull["number"] for pull in ask(hub, "GET", f"{PULLS}?head=acme:falco/one").json()] == [1]
    assert ask(hub, "GET", f"{PULLS}?head=acme:falco/two").json() == []
    assert ask(hub, "PATCH", f"{PULLS}/1", {"state": "closed"}).json()["state"] == "closed"
    assert ask(hub, "GET", f"{PULLS}?head=acme:falco/one").json() == []
    assert len(ask(hub, "GET", f"{PULLS}?head=acme:falco/one&state=all").json()) == 1


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        pytest.param({"title": "a", "head": "one", "base": "main"}, 422, "already exists for acme:one", id="twice"),
        pytest.param({"title": "a", "head": "none", "base": "main"}, 422, "invalid", id="no such branch"),
        pytest.param({"title": "a", "head": "same", "base": "main"}, 422, "No commits between", id="no commits"),
        pytest.param({"title": "a", "head": "two", "base": "main", "body": "x" * 65_537}, 422, "too long", id="long"),
        pytest.param({"title": "a"}, 422, "required", id="no head"),
    ],
)
def test_a_pull_request_that_cannot_be_is_refused(
    hub: Hub, repository: Repository, body: dict[str, str], status: int, message: str
) -> None:
    for name in ("one", "two"):
        new_branch(hub, repository, name)
    git(repository, "branch", "same", "main")
    ask(hub, "POST", PULLS, {"title": "Stop", "head": "one", "base": "main"})
    refused = ask(hub, "POST", PULLS, body)
    assert (refused.status_code, message in refused.text) == (status, True)


def test_a_token_without_the_permission_is_told_so(hub: Hub, repository: Repository) -> None:
    body = {"title": "Stop", "head": "main", "base": "main"}
    for method in ("GET", "POST"):
        assert ask(hub, method, PULLS, body, permissions={"contents": "write"}).status_code == 403
    assert ask(hub, "GET", "/repos/acme/other/pulls").status_code == 404
    ref = {"ref": "refs/heads/x", "sha": git(repository, "rev-parse", "main")}
    assert ask(hub, "POST", REFS, ref, permissions={"pull-requests": "write"}).status_code == 403


def test_a_branch_is_made_once(hub: Hub, repository: Repository) -> None:
    ref = {"ref": "refs/heads/x", "sha": git(repository, "rev-parse", "main")}
    assert [ask(hub, "POST", REFS, ref).status_code for _ in range(2)] == [201, 422]
    assert ask(hub, "POST", REFS, {**ref, "sha": "0" * 40}).status_code == 422


def test_what_is_served_is_in_githubs_own_description() -> None:
    for operation, status in ((pulls.CREATE, "201"), (pulls.UPDATE, "200"), (pulls.CREATE_REF, "201")):
        assert status in dispatches.operations()[operation]["statuses"]
    jsonschema.Draft202012Validator.check_schema(graphql.mutation_input())
