"""The shape of the source: names that say what a thing is, files that can be read at once, and one formatter.

Which package may import which is held by import-linter (`make imports`).
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(
    path
    for folder in ("falco_dispatch", "relay", "actions", "deploy", "tests")
    for path in (ROOT / folder).rglob("*.py")
)
# Pronouns, participles and their like: they name what was done with a thing, or that there is one, but not the thing.
VAGUE = re.compile(
    "_*(?:about|after|asked|before|done|each|found|given|gone|here|kept|known|left|listed|made|meant|named|one|own|place"
    "|rest|said|seen|shown|taken|there|told|wanted)_*",
    re.IGNORECASE,
)


def names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line and the name of everything that the code names: variables, parameters, functions and classes."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield node.lineno, name
            case ast.MatchMapping(rest=str(name)):
                yield node.lineno, name


def vague_names(source: str) -> list[tuple[int, str]]:
    """Return the line and the name of what has a vague name."""
    return sorted((line, name) for line, name in names(ast.parse(source)) if VAGUE.fullmatch(name))


@pytest.mark.parametrize(
    "source",
    [
        "found = 1",
        "for each in x: pass",
        "def f(said): pass",
        "def given(): pass",
        "[told for told in x]",
        "class _Made: pass",
        "if (place := x): pass",
        "try: f()\nexcept E as gone: pass",
        "match x:\n case [*rest]: pass",
        "match x:\n case {'a': 1, **rest}: pass",
    ],
)
def test_a_vague_name_is_detected_wherever_it_is_bound(source: str) -> None:
    assert len(vague_names(source)) == 1


def test_a_vague_word_inside_a_name_or_in_use_is_no_vague_name() -> None:
    assert vague_names("last_seen = x.found(each)\nplaces = 1") == []


FOLDERS = sorted({str(path.parent.relative_to(ROOT)) for path in FILES})


@pytest.mark.parametrize("folder", FOLDERS)
def test_names_are_nouns_and_verbs(folder: str) -> None:
    files = [path for path in FILES if path.parent == ROOT / folder]
    vague = {str(path.relative_to(ROOT)): vague_names(path.read_text()) for path in files}
    assert {path: names for path, names in vague.items() if names} == {}


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_formatter_is_not_switched_off(folder: str) -> None:
    files = [path for path in FILES if path.parent == ROOT / folder]
    switched_off = [path.name for path in files if re.search(r"# fmt: (?:skip|off)", path.read_text())]
    assert switched_off == []


def test_no_file_has_more_than_300_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in FILES}
    assert {path: length for path, length in lengths.items() if length > 300} == {}


def test_half_of_the_files_have_fewer_than_140_lines() -> None:
    lengths = sorted(len(path.read_text().splitlines()) for path in FILES)
    assert lengths[len(lengths) // 2] < 140
