"""The rules file of a checkout: it is read, or the built-in rules apply."""

from pathlib import Path

import pytest

from responder.commands import rules_file
from responder.errors import BadInput, BadRules

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


@pytest.mark.parametrize(
    ("link", "target"),
    [
        pytest.param(NAME, "../../outside.yaml", id="the file"),
        pytest.param(NAME, "/proc/self/environ", id="an absolute path"),
        pytest.param(NAME, "../../absent.yaml", id="to nothing outside"),
        pytest.param(NAME, "absent.yaml", id="to nothing"),
        pytest.param(NAME, "falco-response.yaml", id="in a circle"),
        pytest.param(".github", "../folder", id="its folder"),
    ],
)
def test_a_link_out_of_the_checkout_is_refused_unread(tmp_path: Path, link: str, target: str) -> None:
    root = tmp_path / "checkout"
    (root / link).parent.mkdir(parents=True)
    (tmp_path / "outside.yaml").write_bytes(RULES)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "falco-response.yaml").write_bytes(RULES)
    (root / link).symlink_to(target)
    with pytest.raises(BadInput, match="leads out of it") as refusal:
        rules_file.read(root, NAME)
    assert "mine" not in str(refusal.value)


@pytest.mark.parametrize("name", ["../outside.yaml", "/etc/hostname"])
def test_a_path_out_of_the_checkout_is_refused_unread(tmp_path: Path, name: str) -> None:
    (tmp_path / "outside.yaml").write_bytes(RULES)
    (tmp_path / "checkout").mkdir()
    with pytest.raises(BadInput, match="leads out of it"):
        rules_file.read(tmp_path / "checkout", name)


def test_a_link_inside_the_checkout_is_followed(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_bytes(RULES)
    (tmp_path / ".github").mkdir()
    (tmp_path / NAME).symlink_to("../rules.yaml")
    assert rules_file.read(tmp_path, NAME).rules[0].name == "mine"
