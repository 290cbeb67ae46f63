"""The Makefile and what it starts: the list of its targets, and how a tool is built or left out."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
MAKEFILE = (ROOT / "Makefile").read_text()
WITHOUT = "some tests are skipped"


def test_help_describes_every_target_and_no_other() -> None:
    phony = re.search(r"^\.PHONY: ((?:\\\n|.)*)$", MAKEFILE, re.MULTILINE)
    assert phony is not None
    result = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=True,
    )
    described = dict(line.removeprefix("make ").split(maxsplit=1) for line in result.stdout.splitlines())
    assert sorted(described) == sorted(phony[1].replace("\\\n", " ").split())


def test_every_file_that_a_target_tests_exists() -> None:
    paths = re.findall(r"\btests/[\w/.]+", MAKEFILE)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def pins(name: str) -> set[str]:
    """Return what a lock file installs: package==version."""
    return {line.split()[0] for line in (ROOT / name).read_text().splitlines() if "==" in line and line[0] != " "}


def test_the_demo_runs_with_the_versions_that_the_tests_run_with() -> None:
    assert pins("requirements-demo.txt") < pins("requirements-dev.txt")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the script that builds tools, and with a PATH that has no tool and no Go."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "tool", tmp_path / ".ci" / "tool")
    programs = tmp_path / "programs"
    programs.mkdir()
    for program in ("sh", "cat", "date", "mkdir", "dirname", "chmod"):
        (programs / program).symlink_to(str(shutil.which(program)))
    return tmp_path


def program(checkout: Path, name: str, script: str) -> Path:
    """Put a program on the PATH."""
    path = checkout / "programs" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def build(checkout: Path, *, version: str = "v1.0.0", go: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run `.ci/tool` for a tool of the name hammer."""
    return subprocess.run(
        [checkout / ".ci" / "tool", "hammer", f"example.com/hammer@{version}", WITHOUT],
        env={"PATH": str(checkout / "programs"), "GO": str(go or "")},
        capture_output=True,
        text=True,
        check=False,
    )


GO = 'echo "go: downloading $2"; echo $@ >> "$(dirname $0)/calls"; echo > "$GOBIN/hammer"; chmod +x "$GOBIN/hammer"'


class TestTool:
    def test_without_go_it_names_what_is_left_out(self, checkout: Path) -> None:
        result = build(checkout)
        assert result.returncode == 0
        assert result.stdout == f"hammer: not built, because there is no Go; {WITHOUT}\n"

    def test_without_go_the_tool_of_the_machine_is_used(self, checkout: Path) -> None:
        installed = program(checkout, "hammer", "true")
        assert build(checkout).stdout == f"hammer: {installed} is used (without Go, v1.0.0 is not built)\n"

    def test_it_is_built_once_for_each_version(self, checkout: Path) -> None:
        go = program(checkout, "go", GO)
        assert "hammer: v1.0.0 built in" in build(checkout, go=go).stdout
        assert build(checkout, go=go).stdout == ""
        assert "hammer: v1.1.0 built in" in build(checkout, go=go, version="v1.1.0").stdout
        calls = (checkout / "programs" / "calls").read_text().splitlines()
        assert [call.split()[-1] for call in calls] == ["example.com/hammer@v1.0.0", "example.com/hammer@v1.1.0"]

    def test_what_go_prints_is_not_shown(self, checkout: Path) -> None:
        result = build(checkout, go=program(checkout, "go", GO))
        assert "downloading" not in result.stdout + result.stderr

    def test_a_failure_shows_what_go_printed_and_how_to_go_on(self, checkout: Path) -> None:
        result = build(checkout, go=program(checkout, "go", "echo 'go: no network' >&2; exit 1"))
        assert result.returncode == 1
        assert "go: no network" in result.stderr
        assert f"give make GO= ({WITHOUT})" in result.stderr

    def test_a_failed_build_is_tried_again(self, checkout: Path) -> None:
        build(checkout, go=program(checkout, "go", "exit 1"))
        assert "built" in build(checkout, go=program(checkout, "go", GO)).stdout


def test_the_hooks_of_pre_commit_run_what_ci_runs_before_the_tests() -> None:
    steps = re.search(r"^test: (.*) ##", MAKEFILE, re.MULTILINE)
    assert steps is not None
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_bytes())["repos"]
    entries = [hook["entry"] for hook in repository["hooks"]]
    assert entries == [f"make --no-print-directory {step}" for step in steps[1].split() if step != "pytest"]
