"""The check action in a workflow of its own, through the runners."""

import json
from pathlib import Path

import pytest

from tests import stack
from tests.e2e.test_whole_way import SHELL, through_act

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

WORKFLOW = b"""\
on: workflow_dispatch
permissions: {}
jobs:
  check:
    runs-on: ubuntu-24.04
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - uses: falco-dispatch/falco-dispatch/actions/check@v0
        with:
          events: samples
"""
RULES = b"version: 1\nrules: [{name: shells, match: {rules: [Terminal shell in container]}, respond: [stop]}]\n"


@pytest.mark.parametrize(("conclusion", "act"), [through_act("success"), ("success", None), ("failure", None)])
def test_rules_are_checked_in_a_run(tmp_path: Path, conclusion: str, act: str | None) -> None:
    rules = RULES if conclusion == "success" else RULES + b"x: 1\n"
    added = {
        ".github/workflows/check.yml": WORKFLOW,
        ".github/falco-response.yaml": rules,
        "samples/shell.json": json.dumps(SHELL).encode(),
    }
    with stack.start(tmp_path, files=stack.desired_state(**added), act=act) as parts:
        parts.dispatch_workflow("check.yml", {"ref": "main"})
        (run,) = parts.hub.wait_for_runs(1)
        assert run.conclusion == conclusion, run.log
        if conclusion == "failure":
            assert "falco-response.yaml" in run.log
