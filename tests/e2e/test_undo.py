"""Dispatch, contain, restore: through the workflows that ship, ending byte for byte where it began."""

from pathlib import Path

import pytest

from tests import sidekick, stack
from tests.e2e.test_whole_way import RUNNERS, SHELL, git, through_act

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

RESTORE = ".github/workflows/restore.yml"


ENVIRONMENT = "falco-dispatch-restore"


@pytest.mark.parametrize("act", RUNNERS)
def test_a_stolen_credential_of_the_relay_does_not_restore(tmp_path: Path, act: str | None) -> None:
    """Actions: write starts restore.yml, too. It waits for a reviewer, and refuses who is no person."""
    files = stack.desired_state(**{RESTORE: (stack.ROOT / RESTORE).read_bytes()})
    with stack.start(tmp_path, files=files, act=act, dispatch="workflow_dispatch") as parts:
        sidekick.post(SHELL, address=parts.relay.address, event_id="5b2e")
        parts.hub.wait_for_runs(1)
        parts.repository.reviewers[ENVIRONMENT] = ["alice"]
        stolen = parts.hub.create_token(stack.REPOSITORY, permissions={"actions": "write"}, login="falco-relay[bot]")
        body = {"ref": "main", "inputs": {"event": "5b2e"}}
        assert parts.dispatch_workflow("restore.yml", body, token=stolen) == 204
        parts.hub.wait_until_waiting(2)
        with pytest.raises(PermissionError):
            parts.hub.approve(2, user="falco-relay[bot]")
        parts.hub.approve(2, user="alice")
        _, run = parts.hub.wait_for_runs(2)
        assert run.conclusion == "failure", run.log
        assert "falco-relay[bot] started this run" in run.log
        assert git(parts.repository.path, "rev-list", "--count", "main").strip() == "2"
        assert len(parts.receiver.calls) == 1


@pytest.mark.parametrize(
    ("name", "act"), [through_act("commit"), ("commit", None), ("event", None), ("workload", None)]
)
def test_a_contained_workload_is_restored_byte_for_byte(tmp_path: Path, act: str | None, name: str) -> None:
    files = stack.desired_state(**{RESTORE: (stack.ROOT / RESTORE).read_bytes()})
    with stack.start(tmp_path, files=files, act=act) as parts:
        repository = parts.repository.path
        sidekick.post(SHELL, address=parts.relay.address, event_id="5b2e")
        parts.hub.wait_for_runs(1)
        contained = git(repository, "rev-parse", "main").strip()
        assert git(repository, "show", "main:alpine.yaml").encode() != files["alpine.yaml"]
        values = {"commit": contained, "event": "5b2e", "workload": "Deployment default/alpine-deployment"}
        parts.repository.reviewers[ENVIRONMENT] = ["bob"]
        parts.dispatch_workflow("restore.yml", {"ref": "main", "inputs": {name: values[name]}})
        parts.hub.wait_until_waiting(2)
        parts.hub.approve(2, user="bob")
        _, run = parts.hub.wait_for_runs(2)
        assert run.conclusion == "success", run.log
        assert git(repository, "show", "main:alpine.yaml").encode() == files["alpine.yaml"]
        assert git(repository, "diff", "main~2", "main") == ""
        assert [call.status for call in parts.receiver.calls] == [200, 200]
        assert "reviewers" not in run.log
