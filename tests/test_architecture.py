"""The documents for developers, held against the tree: what they name exists, and no folder is left out."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
ARCHITECTURE = DOCS / "architecture.md"
DOCUMENTS = [pytest.param(path, id=str(path.relative_to(ROOT))) for path in sorted(DOCS.rglob("*.md"))]
DOCUMENTS.append(pytest.param(ROOT / ".github" / "CONTRIBUTING.md", id="CONTRIBUTING.md"))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_that_is_named_exists(document: Path) -> None:
    paths = re.findall(
        r"(?<![\w/.])(?:actions|deploy|docs|falco_dispatch|relay|tests|\.github)/[\w./-]*\w", document.read_text()
    )
    folders = (ROOT, document.parent)  # an example names its own files
    assert [path for path in paths if not any((folder / path).exists() for folder in folders)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_architecture_names_every_package() -> None:
    packages = {
        str(path.parent.relative_to(ROOT))
        for root in ("falco_dispatch", "relay", "actions/responder")
        for path in ROOT.glob(f"{root}/**/__init__.py")
    }
    rows = re.findall(r"^\| `(.*?)` \|", ARCHITECTURE.read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(packages - {"actions/responder"})


def test_the_architecture_and_each_decision_fit_on_a_page() -> None:
    lengths = {str(path.relative_to(DOCS)): len(path.read_text().splitlines()) for path in DOCS.rglob("*.md")}
    assert {name: length for name, length in lengths.items() if length > 90} == {}


def test_the_list_of_decisions_is_complete() -> None:
    index = (DOCS / "decisions" / "README.md").read_text()
    titles = {path.name: path.read_text().splitlines()[0] for path in (DOCS / "decisions").glob("[0-9]*.md")}
    entries = {
        file: f"# {number}. {title}"
        for number, title, file in re.findall(r"^(\d+)\. \[(.*)\]\((.*)\)$", index, re.MULTILINE)
    }
    assert entries == titles
