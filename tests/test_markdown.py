"""Every command in every Markdown file is run by a test, or says what it needs that no test has.

A comment before a block of commands says which: `run` (here, and what it prints is compared), `run by FILE::TEST`,
`run by` a workflow of CI that has the commands, or `needs` GitHub, a cluster or a package index.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests import markdown
from tests.actions.gitops import oracle
from tests.markdown import ROOT, Block

BLOCKS = [block for file in markdown.documents() for block in markdown.blocks(file)]
NEEDS = {"needs GitHub", "needs a cluster", "needs a package index"}
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def parameters(mark: str) -> list[object]:
    """Return the blocks whose mark begins so."""
    return [pytest.param(block, id=str(block)) for block in BLOCKS if re.match(mark, block.mark)]


def test_every_block_of_commands_has_a_mark() -> None:
    assert len(BLOCKS) > 20
    marks = re.compile(rf"run|run by \S+|{'|'.join(NEEDS)}")
    assert [str(block) for block in BLOCKS if not marks.fullmatch(block.mark)] == []


def test_a_block_without_a_mark_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "ROOT", tmp_path)
    (tmp_path / "a.md").write_text(
        "x\n\n<!-- run -->\n```sh\ntrue\n```\n\n```console\n$ false\nno\n```\n\n```yaml\na: 1\n```\n"
    )
    blocks = list(markdown.blocks("a.md"))
    assert [(block.mark, block.language) for block in blocks] == [("run", "sh"), ("", "console")]
    assert blocks[1].commands == [("false", "no\n")]


@pytest.mark.parametrize("block", parameters(r"run by .*::"))
def test_a_test_that_is_named_exists(block: Block) -> None:
    file, _, name = block.mark.removeprefix("run by ").partition("::")
    assert re.search(rf"^(?:async )?def {name}\(", (ROOT / file).read_text(), re.MULTILINE)


@pytest.mark.parametrize("block", parameters(r"run by \.github/"))
def test_a_workflow_that_is_named_runs_the_commands(block: Block) -> None:
    """`bash .ci/run` ends in `make test`."""
    workflow = (ROOT / block.mark.removeprefix("run by ")).read_text() + (ROOT / ".ci" / "run").read_text()
    commands = [command.partition("#")[0].strip() for command, _ in block.commands]
    assert commands
    assert [command for command in commands if command not in workflow and command != "make help"] == []


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The programs that the documents assume: the command, Python and the tools of the tests."""
    programs = tmp_path / "programs"
    programs.mkdir()
    shim = f'#!/bin/sh\nPYTHONPATH={ROOT}:{ROOT}/actions exec {sys.executable} -m "$@"\n'
    for name, arguments in {"falco-dispatch": 'falco_dispatch "$@"', "python": '"${2:-}"'}.items():
        (programs / name).write_text(shim.replace('"$@"', arguments))
        (programs / name).chmod(0o755)
    path = [str(programs), str(ROOT / ".tools" / "bin"), os.environ["PATH"]]
    return {"PATH": os.pathsep.join(path), "HOME": str(tmp_path)}


@oracle.needs_kustomize
@pytest.mark.parametrize("block", parameters("run$"))
def test_commands_print_what_is_shown(block: Block, tmp_path: Path, environ: dict[str, str]) -> None:
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in ("actions", "deploy", "docs", "tests"):
        (folder / name).symlink_to(ROOT / name)
    sessions = block.commands if block.language == "console" else [(block.text, "")]
    for command, output in sessions:
        result = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert result.stdout == output
        assert block.language == "console" or result.returncode == 0


def test_the_commands_for_single_tests_select_tests() -> None:
    """Their folders exist, and pytest takes their options; what they select is not run here."""
    (block,) = [block for block in BLOCKS if "pytest" in block.text]
    commands = [shlex.split(command, comments=True) for command, _ in block.commands]
    arguments = [command[1:] for command in commands if command[0] == ".venv/bin/pytest"]
    assert len(arguments) > 2
    paths = [word for words in arguments for word in words if word.startswith("tests/")]
    assert [path for path in paths if not (ROOT / path).exists()] == []
    for words in arguments:
        options = [word for word in words if not word.startswith("tests/")]
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--no-cov", "tests/test_sidekick.py"]
        result = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=False)
        assert result.returncode in (0, 5), result.stdout + result.stderr  # 5: no test of this file is selected


@pytest.mark.slow
def test_the_command_is_installed_as_the_readme_says(tmp_path: Path) -> None:
    """From a clone of this checkout in GitHub's place, with nothing but git, make and Python."""
    (block,) = [block for block in BLOCKS if block.mark.endswith("is_installed_as_the_readme_says")]
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com"]
    source = tmp_path / "source"
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".", ":!tests"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    for name in names:
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, source / name)
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"], ["tag", f"v{VERSION}"]):
        subprocess.run([*git, *arguments], cwd=source, check=True)
    environ = {
        **{name: value for name, value in os.environ.items() if re.match(r"PIP_|SSL_|https?_proxy|no_proxy", name)},
        "PATH": f"{tmp_path}/.local/bin:{Path(sys.base_prefix)}/bin:{os.defpath}",
        "HOME": str(tmp_path),
        "PIP_CACHE_DIR": os.environ.get("PIP_CACHE_DIR", str(Path.home() / ".cache" / "pip")),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{source}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/falco-dispatch/falco-dispatch",
    }
    result = subprocess.run(
        ["bash", "-ec", block.text], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1].startswith(f"falco-dispatch {VERSION} (Python 3.")
    assert (tmp_path / ".local" / "bin" / "falco-dispatch").is_symlink()
