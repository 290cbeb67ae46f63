"""Statuses of commits answer as GitHub does, at github.com's paths and at those of GitHub Enterprise Server."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.localhub import Hub, dispatches, statuses

NAME = "acme/desired-state"
SUCCESS = {"state": "success", "context": "kustomization/apps/1", "description": "reconciliation succeeded"}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub.start(tmp_path, action_source=Path(__file__).parents[2]) as hub:
        yield hub


@pytest.fixture
def sha(hub: Hub) -> str:
    path = hub.create_repository(NAME, files={"a.txt": b"a"}).path
    return subprocess.run(["git", "rev-parse", "main"], cwd=path, check=True, capture_output=True, text=True).stdout[
        :40
    ]


def ask(hub: Hub, method: str, path: str, body: Any = None, *, permission: str = "write", prefix: str = "") -> Any:
    token = hub.create_token(NAME, permissions={"statuses": permission})
    url = f"{hub.api_url}{prefix}/repos/{NAME}/{path}"
    return httpx.request(method, url, json=body, headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
def test_the_newest_status_of_a_commit_comes_first(hub: Hub, sha: str, prefix: str) -> None:
    for state in ("failure", "success"):
        answer = ask(hub, "POST", f"statuses/{sha}", {**SUCCESS, "state": state}, prefix=prefix)
        assert answer.status_code == 201
    entries = ask(hub, "GET", f"commits/{sha}/statuses?per_page=50", permission="read", prefix=prefix).json()
    assert [entry["state"] for entry in entries] == ["success", "failure"]
    assert entries[0]["description"] == "reconciliation succeeded"


@pytest.mark.parametrize(
    ("path", "body", "permission", "status"),
    [
        pytest.param("statuses/{sha}", SUCCESS, "read", 403, id="a token that may only read"),
        pytest.param("statuses/{sha}", {"state": "fine"}, "write", 422, id="no state of GitHub's"),
        pytest.param("statuses/" + "0" * 40, SUCCESS, "write", 422, id="no commit"),
    ],
)
def test_what_github_refuses_is_refused(
    hub: Hub, sha: str, path: str, body: dict[str, str], permission: str, status: int
) -> None:
    assert ask(hub, "POST", path.format(sha=sha), body, permission=permission).status_code == status
    assert ask(hub, "GET", f"commits/{sha}/statuses").json() == []


def test_what_is_served_is_in_githubs_own_description() -> None:
    assert "201" in dispatches.operations()[statuses.CREATE]["statuses"]
    assert "200" in dispatches.operations()[statuses.LIST]["statuses"]
