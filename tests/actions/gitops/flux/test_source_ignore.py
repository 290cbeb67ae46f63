"""What is left out of a source, held to what Flux's own code leaves out of the same files."""

import json
from pathlib import Path
from typing import Any

import pytest

from responder.gitops.flux.source_ignore import IgnoreRules

RECORD = json.loads((Path(__file__).parents[3] / "data" / "sourceignore.json").read_bytes())
DEFAULTS = {".github/x.yaml", ".sops.yaml", "a.jpg"}  # left out unless a pattern of the repository's own is there


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in RECORD["cases"]])
def test_the_files_that_flux_leaves_out_are_left_out(case: dict[str, Any]) -> None:
    ignore_rules = IgnoreRules(files=case["ignore"], spec=case["spec"] or "")
    paths = [path for path in RECORD["paths"] if path not in DEFAULTS]
    assert ignore_rules.excluded(paths) == set(case["left_out"]) - DEFAULTS


@pytest.mark.parametrize("line", ["!", "/", "//", "\\", "[", "a[", "a\\", "[a-"])
def test_a_line_that_is_no_pattern_leaves_nothing_out(line: str) -> None:
    assert IgnoreRules(files={"": f"{line}\n*.md\n"}).excluded(["a", "a/b.yaml", "notes.md"]) == {"notes.md"}
