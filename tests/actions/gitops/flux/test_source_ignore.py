"""What is left out of a source, held to what Flux's own code leaves out of the same files."""

import json
from pathlib import Path
from typing import Any

import pytest

from responder.errors import Unsupported
from responder.gitops.checkout import Checkout
from responder.gitops.flux.source_ignore import IgnoreRules

RECORD = json.loads((Path(__file__).parents[3] / "data" / "sourceignore.json").read_bytes())
DEFAULTS = {".github/x.yaml", ".sops.yaml", "a.jpg"}  # left out unless a pattern of the repository's own is there


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in RECORD["cases"]])
def test_the_files_that_flux_leaves_out_are_left_out(case: dict[str, Any]) -> None:
    ignore_rules = IgnoreRules(files=case["ignore"], spec=case["spec"] or "")
    paths = [path for path in RECORD["paths"] if path not in DEFAULTS]
    assert ignore_rules.excluded(paths) == set(case["left_out"]) - DEFAULTS


@pytest.mark.parametrize("line", ["!", "/", "//", "\\", "[", "a[", "a\\", "[a-", "[z-a]"])
def test_a_line_that_is_no_pattern_leaves_nothing_out(line: str) -> None:
    assert IgnoreRules(files={"": f"{line}\n*.md\n"}).excluded(["a", "a/b.yaml", "notes.md"]) == {"notes.md"}


def test_a_pattern_that_would_take_hours_to_match_is_refused_by_its_text() -> None:
    assert IgnoreRules(files={"": "**/*a*b*\n"}).excluded(["x/aab", "x/c"]) == {"x/aab"}
    with pytest.raises(Unsupported, match=r"the pattern \*a\*a\*a\*b in \.sourceignore"):
        IgnoreRules(files={"": "*a*a*a*b\n"}).excluded(["a" * 200])


def test_an_ignore_file_that_is_a_link_counts() -> None:
    checkout = Checkout(
        manifests={}, other_files={"shared/ignore": b"*.md\n"}, links={"apps/.sourceignore": "shared/ignore"}
    )
    assert IgnoreRules.of(checkout).excluded(["apps/a.md", "a.md"]) == {"apps/a.md"}
    outside = Checkout(manifests={}, links={".sourceignore": "absent"})
    assert IgnoreRules.of(outside).excluded(["a.md"]) == frozenset()
