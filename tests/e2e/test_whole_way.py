"""The whole way with the real parts: Falcosidekick's bytes in, a commit of one line and a told Flux out.

The workflow is the one that ships, run by act where it is installed, and by the local GitHub's own runner everywhere.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests import sidekick, stack
from tests.localhub import Run

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SHELL = sidekick.falco_events()["E02"]
ACT = shutil.which("act")


def through_act(*values: str) -> Any:
    """Return the values of a case with act, which is skipped without it."""
    reason = "no act: `make setup` builds it where Go is"
    return pytest.param(
        *values, ACT, id="-".join([*values, "act"]), marks=pytest.mark.skipif(ACT is None, reason=reason)
    )


RUNNERS = [through_act(), pytest.param(None, id="own runner")]


def git(repository: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=repository, check=True, capture_output=True, text=True).stdout


def changed_lines(repository: Path) -> list[str]:
    diff = git(repository, "diff", "--unified=0", "main~1", "main")
    return [line for line in diff.splitlines() if line[:1] in "+-" and not line.startswith(("+++", "---"))]


def the_run(parts: stack.Stack) -> Run:
    (run,) = parts.hub.wait_for_runs(1)
    return run


@pytest.mark.parametrize(
    ("dispatch", "act"),
    [through_act("repository_dispatch"), ("repository_dispatch", None), ("workflow_dispatch", None)],
)
def test_an_event_of_falcosidekicks_becomes_a_commit_of_one_line_and_flux_is_told(
    tmp_path: Path, dispatch: str, act: str | None
) -> None:
    with stack.start(tmp_path, files=stack.desired_state(), act=act, dispatch=dispatch) as parts:
        status, _ = sidekick.post(SHELL, address=parts.relay.address, event_id="5b2e")
        assert status == 202
        run = the_run(parts)
        assert run.conclusion == "success", run.log
        assert run.event_name == dispatch
        assert changed_lines(parts.repository.path) == [
            "-  replicas: 2  # one for each zone",
            "+  replicas: 0  # one for each zone",
        ]
        assert "CloudEvent-Id: 5b2e" in git(parts.repository.path, "log", "-1", "--format=%B", "main")
        assert [call.status for call in parts.receiver.calls] == [200]


@pytest.mark.parametrize("act", RUNNERS)
def test_a_pasted_event_does_the_same(tmp_path: Path, act: str | None) -> None:
    with stack.start(tmp_path, files=stack.desired_state(), act=act) as parts:
        pasted = {"ref": "main", "inputs": {"event": json.dumps(SHELL)}}
        assert parts.dispatch_workflow("respond.yml", pasted) == 204
        run = the_run(parts)
        assert run.conclusion == "success", run.log
        assert len(changed_lines(parts.repository.path)) == 2
        assert [call.status for call in parts.receiver.calls] == [200]


@pytest.mark.parametrize("act", RUNNERS)
def test_a_dispatch_to_another_branch_is_skipped(tmp_path: Path, act: str | None) -> None:
    with stack.start(tmp_path, files=stack.desired_state(), act=act) as parts:
        git(parts.repository.path, "branch", "other", "main")
        assert parts.dispatch_workflow("respond.yml", {"ref": "other", "inputs": {"event": json.dumps(SHELL)}}) == 204
        run = the_run(parts)
        assert run.conclusion == "skipped", run.log
        assert git(parts.repository.path, "rev-parse", "other") == git(parts.repository.path, "rev-parse", "main")


def test_an_unclear_target_fails_the_run_with_a_message_and_changes_nothing(tmp_path: Path) -> None:
    files = stack.desired_state()
    with stack.start(tmp_path, files={**files, "copy.yaml": files["alpine.yaml"]}, act=ACT) as parts:
        sidekick.post(SHELL, address=parts.relay.address, event_id="5b2e")
        run = the_run(parts)
        assert run.conclusion == "failure"
        assert "several declared workloads could own pod default/alpine-deployment-77789455d6-m7flp" in run.log
        assert git(parts.repository.path, "rev-list", "--count", "main").strip() == "1"
        assert parts.receiver.calls == []


def test_no_secret_reaches_a_log(tmp_path: Path) -> None:
    with stack.start(tmp_path, files=stack.desired_state(), act=None) as parts:
        sidekick.post(SHELL, address=parts.relay.address, event_id="5b2e")
        run = the_run(parts)
        output = run.log + run.summary + parts.relay.log.read_text()
        for secret in (parts.github_token, parts.receiver.token, parts.receiver.path, stack.CALLER_TOKEN):
            assert secret not in output
