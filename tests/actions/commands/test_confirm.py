"""The confirm action, against the local GitHub: it waits for what Flux says, and fails if that is bad news or none."""

import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from responder.commands import exit_codes
from responder.commands.confirm import confirm
from responder.publish.patience import Patience
from tests.actions.conftest import NewRemote
from tests.actions.runs import Responder, RunResult
from tests.localhub import Hub, Repository

NAME = "acme/desired-state"
APPLIED = {"state": "success", "context": "kustomization/apps/0c9c2e41", "description": "reconciliation succeeded"}
REFUSED = {**APPLIED, "state": "failure", "description": "dry-run failed: `field` is immutable"}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub.start(tmp_path / "hub", action_source=Path(__file__).parents[3]) as hub:
        yield hub


@pytest.fixture
def repository(hub: Hub) -> Repository:
    return hub.create_repository(NAME, files={"a.txt": b"a"})


@pytest.fixture
def run(hub: Hub, repository: Repository, new_remote: NewRemote, tmp_path: Path) -> Callable[..., RunResult]:
    """What becomes of a run of the action; `later` comes in while it waits."""

    def run(*statuses: dict[str, str], later: dict[str, str] | None = None, **inputs: str) -> RunResult:
        result = subprocess.run(["git", "rev-parse", "main"], cwd=repository.path, capture_output=True, check=True)
        sha = result.stdout.decode().strip()
        repository.statuses += [{**status, "sha": sha} for status in statuses]
        now = [0.0]

        def sleep(seconds: float) -> None:
            now[0] += seconds
            if later:
                repository.statuses.append({**later, "sha": sha})

        responder = Responder(new_remote({"a.txt": b"a"}), tmp_path)
        responder.environ = {"GITHUB_API_URL": hub.api_url}
        token = hub.create_token(NAME, permissions={"statuses": "read"})
        patience = Patience(clock=lambda: now[0], sleep=sleep)
        action = partial(confirm, patience=patience)
        return responder.run({}, action, **{"commit": sha, "token": token, "timeout": "10", **inputs})

    return run


def test_a_commit_that_flux_applied_is_confirmed(run: Callable[..., RunResult]) -> None:
    result = run(APPLIED)
    assert (result.code, result.outputs["state"]) == (exit_codes.SUCCESS, "applied")
    assert "kustomization" in result.summary


def test_it_waits_for_the_status(run: Callable[..., RunResult]) -> None:
    assert run(later=APPLIED).outputs["state"] == "applied"


def test_a_failed_reconciliation_fails_the_run_with_what_flux_says(run: Callable[..., RunResult]) -> None:
    result = run(later=REFUSED)
    assert (result.code, result.outputs["state"]) == (exit_codes.FAILED, "failed")
    assert "::error::kustomization/apps/" in result.log
    assert "failure: dry-run failed: `field` is immutable" in result.log
    assert "the pods may still run" in result.log


def test_a_newer_status_replaces_an_older_one(run: Callable[..., RunResult]) -> None:
    assert run(REFUSED, APPLIED).outputs["state"] == "applied"


def test_silence_fails_the_run_with_what_would_help(run: Callable[..., RunResult]) -> None:
    result = run()
    assert (result.code, result.outputs["state"]) == (exit_codes.FAILED, "unknown")
    assert "deploy/flux/commit-status.yaml" in result.log


INFRA = {**APPLIED, "context": "kustomization/infra/0c9c2e41"}


@pytest.mark.parametrize(("statuses", "state"), [([APPLIED], "unknown"), ([APPLIED, INFRA], "applied")])
def test_all_named_kustomizations_have_to_apply_it(
    run: Callable[..., RunResult], statuses: list[dict[str, str]], state: str
) -> None:
    assert run(*statuses, kustomizations="apps, infra").outputs["state"] == state


def test_without_a_commit_there_is_nothing_to_wait_for(run: Callable[..., RunResult]) -> None:
    result = run(commit="")
    assert (result.code, result.outputs["state"], result.summary) == (exit_codes.SUCCESS, "", "")


@pytest.mark.parametrize("timeout", ["soon", "-1", "3601"])
def test_a_timeout_that_is_no_number_of_seconds_is_bad_input(run: Callable[..., RunResult], timeout: str) -> None:
    assert run(timeout=timeout).code == exit_codes.BAD_INPUT


def test_a_token_that_may_not_read_statuses_is_named(run: Callable[..., RunResult], hub: Hub) -> None:
    result = run(token=hub.create_token(NAME, permissions={"contents": "read"}))
    assert result.code == exit_codes.FAILED
    assert "commits/" in result.log
