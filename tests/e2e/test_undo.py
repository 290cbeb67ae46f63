"""Dispatch, contain, restore: through the workflows that ship, ending byte for byte where it began."""

from pathlib import Path

import pytest

from tests import sidekick, stack
from tests.e2e.test_whole_way import RUNNERS, SHELL, git

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

RESTORE = ".github/workflows/restore.yml"


@pytest.mark.parametrize("act", RUNNERS)
@pytest.mark.parametrize("name", ["commit", "event", "workload"])
def test_a_contained_workload_is_restored_byte_for_byte(tmp_path: Path, act: str | None, name: str) -> None:
    files = stack.desired_state(**{RESTORE: (stack.ROOT / RESTORE).read_bytes()})
    with stack.start(tmp_path, files=files, act=act) as parts:
        repository = parts.repository.path
        sidekick.post(SHELL, address=parts.relay.address, event_id="5b2e")
        parts.hub.wait_for_runs(1)
        contained = git(repository, "rev-parse", "main").strip()
        assert git(repository, "show", "main:alpine.yaml").encode() != files["alpine.yaml"]
        values = {"commit": contained, "event": "5b2e", "workload": "Deployment default/alpine-deployment"}
        parts.dispatch_workflow("restore.yml", {"ref": "main", "inputs": {name: values[name]}})
        _, run = parts.hub.wait_for_runs(2)
        assert run.conclusion == "success", run.log
        assert git(repository, "show", "main:alpine.yaml").encode() == files["alpine.yaml"]
        assert git(repository, "diff", "main~2", "main") == ""
        assert [call.status for call in parts.receiver.calls] == [200, 200]
