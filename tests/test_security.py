"""The tables of `.github/SECURITY.md`: where they begin, and that every test that they name exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.test_documentation import README, table

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".github"
SECURITY = (FOLDER / "SECURITY.md").read_text()
HEADINGS = ("Who attacks", "Durability by fault")
_TEST = re.compile(r"\[([a-z0-9 ]+)\]\(([^)]*\.py)\)")


@cache
def functions_of(path: Path) -> frozenset[str]:
    """Return the names of the tests in a file."""
    nodes = ast.walk(ast.parse(path.read_text()))
    functions = (node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(function.name for function in functions if function.name.startswith("test_"))


ROWS = [pytest.param(row, id=row[0]) for heading in HEADINGS for row in table(SECURITY, heading)]


@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_shown_by_tests_that_exist(row: list[str]) -> None:
    names = {(name, path): f"test_{name.replace(' ', '_')}" for name, path in _TEST.findall(row[-1])}
    missing = [name for (_, path), name in names.items() if name not in functions_of(FOLDER / path)]
    assert names
    assert missing == []
    assert _TEST.sub("", row[-1]).replace(",", "").strip() == ""


def test_no_row_leaves_out_what_holds() -> None:
    for heading in HEADINGS:
        rows = table(SECURITY, heading)
        assert [row[0] for row in rows if not all(cell for cell in row[:-2])] == []
        assert len({len(row) for row in rows}) == 1


def test_the_table_of_attackers_begins_with_each_credential_in_each_topology() -> None:
    topologies = [row[0] for row in table(README, "The credential, honestly")]
    stolen = [f"{name} stolen, {topology}" for name in ("caller token", "relay credential") for topology in topologies]
    attackers = [row[0] for row in table(SECURITY, "Who attacks")]
    assert attackers[: len(stolen)] == stolen
    kinds = {attacker.partition(",")[0] for attacker in attackers[len(stolen) :]}
    assert kinds == {"in a pod", "in the desired-state repository", "on the network", "at a receiver", "in the runner"}


def test_it_says_what_is_not_promised() -> None:
    section = SECURITY.partition("## What is not promised\n")[2].partition("\n## ")[0]
    promises = re.findall(r"^- \*\*(.+?)\*\*", section, re.MULTILINE)
    assert promises[:2] == ["Order.", "Exactly once."]
