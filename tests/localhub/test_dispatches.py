"""The local GitHub answers dispatches as GitHub does."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from tests.localhub import Fault, Hub, Repository, dispatches

LISTENS = b"""
on: {repository_dispatch: {types: [falco.rule.output.v1]}, workflow_dispatch: {inputs: {event: {required: true}}}}
jobs: {a: {runs-on: ubuntu-24.04, steps: [{run: 'echo ran'}]}}
"""
REPOSITORY = "acme/desired-state"
DISPATCH = f"/repos/{REPOSITORY}/dispatches"
WORKFLOW = f"/repos/{REPOSITORY}/actions/workflows/respond.yml/dispatches"
EVENT = {"event_type": "falco.rule.output.v1", "client_payload": {"events": []}}
PASTED = {"ref": "main", "inputs": {"event": "{}"}}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with Hub.start(tmp_path_factory.mktemp("hub"), action_source=Path(__file__).parents[2]) as hub:
        yield hub


@pytest.fixture(scope="module")
def repository(hub: Hub) -> Repository:
    return hub.create_repository(REPOSITORY, files={".github/workflows/respond.yml": LISTENS})


def post(hub: Hub, path: str, body: Any, *, token: str | None = None, **headers: str) -> httpx.Response:
    if token is None:
        token = hub.create_token(REPOSITORY, permissions={"contents": "write", "actions": "write"})
    sent = {"Authorization": f"Bearer {token}", **headers}
    if isinstance(body, bytes):
        return httpx.post(hub.api_url + path, content=body, headers=sent)
    return httpx.post(hub.api_url + path, json=body, headers=sent)


@pytest.mark.usefixtures("repository")
class TestDispatches:
    @pytest.mark.parametrize(
        ("path", "body", "status"),
        [
            pytest.param(DISPATCH, EVENT, 204, id="repository_dispatch"),
            pytest.param(DISPATCH, {"event_type": "other"}, 204, id="nobody listens"),
            pytest.param(DISPATCH, {"event_type": "x" * 100}, 204, id="100 characters"),
            pytest.param(DISPATCH, {"event_type": "x" * 101}, 422, id="101 characters"),
            pytest.param(DISPATCH, {}, 422, id="no event_type"),
            pytest.param(DISPATCH, b"{", 400, id="not JSON"),
            pytest.param(
                DISPATCH, {**EVENT, "client_payload": {str(n): n for n in range(10)}}, 204, id="10 properties"
            ),
            pytest.param(
                DISPATCH, {**EVENT, "client_payload": {str(n): n for n in range(11)}}, 422, id="11 properties"
            ),
            pytest.param(DISPATCH, {**EVENT, "client_payload": {"a": "é" * 65_527}}, 204, id="65,535 characters"),
            pytest.param(DISPATCH, {**EVENT, "client_payload": {"a": "é" * 65_528}}, 422, id="65,536 characters"),
            pytest.param(WORKFLOW, PASTED, 204, id="workflow_dispatch"),
            pytest.param(WORKFLOW, {"ref": "main"}, 422, id="required input missing"),
            pytest.param(WORKFLOW, {"ref": "main", "inputs": {"event": "1", "x": "2"}}, 422, id="unknown input"),
            pytest.param(WORKFLOW, {**PASTED, "ref": "nowhere"}, 422, id="unknown ref"),
            pytest.param(WORKFLOW, {"inputs": {}}, 422, id="no ref"),
            pytest.param(WORKFLOW, {"ref": "main", "inputs": {str(n): "" for n in range(26)}}, 422, id="26 inputs"),
            pytest.param(WORKFLOW.replace("respond", "other"), PASTED, 404, id="unknown workflow"),
            pytest.param("/repos/acme/other/dispatches", EVENT, 404, id="another repository"),
        ],
    )
    def test_limits_and_statuses_are_githubs(self, hub: Hub, path: str, body: Any, status: int) -> None:
        answer = post(hub, path, body)
        assert answer.status_code == status, answer.text
        if status >= 400:
            assert set(answer.json()) >= {"message", "documentation_url", "status"}

    def test_a_token_without_the_permission_sees_nothing(self, hub: Hub) -> None:
        actions = hub.create_token(REPOSITORY, permissions={"actions": "write"})
        contents = hub.create_token(REPOSITORY, permissions={"contents": "write"})
        assert post(hub, DISPATCH, EVENT, token=actions).status_code == 404
        assert post(hub, WORKFLOW, PASTED, token=contents).status_code == 404
        assert post(hub, DISPATCH, EVENT, token="no such token").status_code == 401

    def test_every_answer_tells_the_rate_limit(self, hub: Hub) -> None:
        headers = post(hub, DISPATCH, EVENT).headers
        assert {"x-github-request-id", "x-ratelimit-remaining", "x-ratelimit-reset"} <= set(headers)

    def test_a_run_is_told_where_it_is_asked_for_or_the_api_is_new(self, hub: Hub) -> None:
        first = post(hub, WORKFLOW, {**PASTED, "return_run_details": True})
        new = post(hub, WORKFLOW, PASTED, **{"X-GitHub-Api-Version": "2026-03-10"})
        assert (first.status_code, new.status_code) == (200, 200)
        assert new.json()["workflow_run_id"] == first.json()["workflow_run_id"] + 1

    def test_a_fault_is_answered_once_instead_of_the_truth(self, hub: Hub) -> None:
        hub.faults.append(Fault(status=502))
        assert [post(hub, DISPATCH, EVENT).status_code for _ in range(2)] == [502, 204]


def test_more_dispatches_than_github_allows_a_minute_are_told_when_to_come_back(tmp_path: Path) -> None:
    with Hub.start(tmp_path, action_source=Path(__file__).parents[2]) as hub:
        hub.create_repository(REPOSITORY, files={"a": b""})
        hub.limit.per_minute = 2
        answers = [post(hub, DISPATCH, EVENT) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [204, 204, 403]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 61


def test_what_is_served_is_in_githubs_own_description() -> None:
    for operation in (dispatches.REPOSITORY_DISPATCH, dispatches.WORKFLOW_DISPATCH):
        described = dispatches.operations()[operation]
        jsonschema.Draft202012Validator.check_schema(described["body"])
        assert "204" in described["statuses"]
    for path in ("actions/runs/{run_id}/approvals", "environments/{environment_name}", "commits"):
        assert "200" in dispatches.operations()[f"GET /repos/{{owner}}/{{repo}}/{path}"]["statuses"]


def git(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("permissions", "can_read", "can_push"),
    [
        pytest.param({"contents": "write"}, True, True, id="Contents: write"),
        pytest.param({"contents": "read"}, True, False, id="Contents: read"),
        pytest.param({"actions": "write"}, True, False, id="Actions: write"),
    ],
)
def test_git_over_http_obeys_the_token(
    hub: Hub, tmp_path: Path, permissions: dict[str, str], can_read: bool, can_push: bool
) -> None:
    name = f"acme/{tmp_path.name}"
    repository = hub.create_repository(name, files={"a.txt": b"a" * 200_000})
    token = hub.create_token(name, permissions=permissions)
    url = repository.clone_url.replace("//", f"//x-access-token:{token}@")
    assert (git("clone", "--quiet", url, "clone", cwd=tmp_path).returncode == 0) is can_read
    clone = tmp_path / "clone"
    (clone / "b.bin").write_bytes(bytes(range(256)) * 8000)  # more than git sends in one piece
    git("add", ".", cwd=clone)
    git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "b", cwd=clone)
    assert (git("push", "--quiet", "origin", "HEAD:main", cwd=clone).returncode == 0) is can_push


def test_git_over_http_asks_for_a_token(hub: Hub, tmp_path: Path) -> None:
    name = f"acme/{tmp_path.name}"
    repository = hub.create_repository(name, files={"a.txt": b"a"})
    assert httpx.get(f"{repository.clone_url}/info/refs?service=git-upload-pack").status_code == 401
    wrong = repository.clone_url.replace("//", "//x-access-token:wrong@")
    assert git("clone", "--quiet", wrong, "clone", cwd=tmp_path).returncode != 0


def test_a_protected_branch_refuses_every_push(hub: Hub, tmp_path: Path) -> None:
    name = f"acme/{tmp_path.name}"
    repository = hub.create_repository(name, files={"a.txt": b"a"})
    repository.protected = True
    token = hub.create_token(name, permissions={"contents": "write"})
    git("clone", "--quiet", repository.clone_url.replace("//", f"//x:{token}@"), "clone", cwd=tmp_path)
    clone = tmp_path / "clone"
    git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--allow-empty", "-qm", "b", cwd=clone)
    pushed = git("push", "origin", "HEAD:main", cwd=clone)
    assert pushed.returncode != 0
    assert "GH013" in pushed.stderr
