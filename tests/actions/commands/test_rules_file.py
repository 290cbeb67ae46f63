"""The rules file of a checkout: it is read, or the built-in rules apply."""

from pathlib import Path

import pytest

from responder.commands import rules_file
from responder.errors import BadRules

NAME = ".github/falco-response.yaml"
RULES = b"version: 1\nrules: [{name: mine, match: {rules: ['*']}, respond: [remove]}]\n"


def write(root: Path, content: bytes) -> None:
    (root / ".github").mkdir()
    (root / NAME).write_bytes(content)


def test_the_rules_of_the_file_apply(tmp_path: Path) -> None:
    write(tmp_path, RULES)
    rules = rules_file.read(tmp_path, NAME)
    assert (rules.name, rules.built_in, rules.rules[0].name) == (NAME, False, "mine")


def test_without_a_file_the_built_in_rules_apply(tmp_path: Path) -> None:
    rules = rules_file.read(tmp_path, NAME)
    assert (rules.name, rules.built_in, rules.rules[0].name) == (NAME, True, "shell in a container")


def test_a_folder_is_not_a_rules_file(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir(parents=True)
    assert rules_file.read(tmp_path, NAME).built_in


@pytest.mark.parametrize("content", [b"", b"rules: []", b"\xff"])
def test_a_file_with_mistakes_gives_no_rules_and_names_the_file(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, content)
    with pytest.raises(BadRules, match=rf"^{NAME}:1:1: "):
        rules_file.read(tmp_path, NAME)
