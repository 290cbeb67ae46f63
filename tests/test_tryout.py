"""`make try` with a folder that it cannot try, and with one that it can."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import stack, tryout
from tests.actions.gitops import oracle

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run what `make try` runs; return its exit code, output and errors."""
    monkeypatch.chdir(stack.ROOT)
    if oracle.KUSTOMIZE:
        monkeypatch.setenv("PATH", str(Path(oracle.KUSTOMIZE).parent), prepend=os.pathsep)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tryout", *arguments])
        code = tryout.main()
        return code, *capsys.readouterr()

    return run


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param([], "make try REPO=../desired-state", id="no REPO"),
        pytest.param([""], "make try REPO=../desired-state", id="an empty REPO"),
        pytest.param(["no/such/folder"], "there is no folder no/such/folder in", id="a folder that does not exist"),
        pytest.param(["README.md"], "README.md is a file", id="a file"),
    ],
)
def test_a_repository_that_cannot_be_tried_is_an_error_that_says_what_to_do(
    run: Run, arguments: list[str], message: str
) -> None:
    code, output, errors = run(*arguments)
    assert (code, output) == (2, "")
    assert errors.startswith("make try: ")
    assert message in errors


def test_without_kustomize_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracle, "KUSTOMIZE", None)
    with pytest.raises(tryout.UsageError, match="Install Go, with which it is built by itself, or kustomize: https://"):
        tryout.desired_state([str(tmp_path)])


@oracle.needs_kustomize
def test_a_repository_is_tried(run: Run, tmp_path: Path) -> None:
    (tmp_path / "alpine.yaml").write_bytes(stack.desired_state()["alpine.yaml"])
    code, output, _ = run(str(tmp_path))
    assert code == 0
    assert output.endswith("1 workloads rendered\n     1 contained, proved\n     0 wrong\n")
