"""The workflow that says what is contained, as it ships, through the runners."""

from pathlib import Path

import pytest

from tests import sidekick, stack
from tests.e2e.test_whole_way import RUNNERS, SHELL, git

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

STATUS = ".github/workflows/status.yml"


@pytest.mark.parametrize("act", RUNNERS)
def test_the_workflow_says_what_is_contained(tmp_path: Path, act: str | None) -> None:
    files = stack.desired_state(**{STATUS: (stack.ROOT / STATUS).read_bytes()})
    with stack.start(tmp_path, files=files, act=act) as parts:
        sidekick.post(SHELL, address=parts.relay.address, event_id="5b2e")
        parts.hub.wait_for_runs(1)
        commit = git(parts.repository.path, "rev-parse", "main").strip()
        assert parts.dispatch_workflow("status.yml", {"ref": "main"}) == 204
        _, run = parts.hub.wait_for_runs(2)
        assert run.conclusion == "success", run.log
        if act is None:
            assert run.summary.startswith("## 1 workload is contained\n")
            assert f"gh workflow run restore.yml -f commit={commit}" in run.summary
        assert git(parts.repository.path, "rev-parse", "main").strip() == commit
