"""`falco-dispatch contained` in clones of a repository with responses."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from falco_dispatch import parser
from falco_dispatch.__main__ import main
from responder.commands import inputs
from tests.actions.commands.contained import RULES, make_older
from tests.actions.conftest import NewRemote, Remote, command
from tests.actions.conftest import new_remote as new_remote
from tests.actions.runs import ALPINE, Responder, shell

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def remote(new_remote: NewRemote) -> Remote:
    return new_remote(
        {"alpine.yaml": ALPINE, inputs.RULES_FILE: RULES.replace(b"limits: {", b"limits: {contained-days: 7, ")}
    )


@pytest.fixture
def clone(remote: Remote, tmp_path: Path) -> Path:
    """A clone with a response in it."""
    assert Responder(remote, tmp_path).dispatch(shell(**{"evt.res": "\x1b[31m"})).code == 0
    return remote.checkout().root


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the subcommand; return its exit code, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["contained", *arguments])
        return code, *capsys.readouterr()

    return run


def test_it_lists_what_is_contained_and_how_to_undo_it(
    run: Run, clone: Path, monkeypatch: pytest.MonkeyPatch, remote: Remote
) -> None:
    monkeypatch.chdir(clone)
    code, output, errors = run()
    sha = remote.log("%H")[0]
    lines = output.splitlines()
    assert (code, errors, lines[0]) == (0, "", "1 workload is contained")
    assert lines[3].startswith("Deployment default/alpine-deployment  prod     in force  ")
    assert f"  gh workflow run restore.yml -f commit={sha}  # Deployment default/alpine-deployment" in lines


def test_an_ended_response_is_counted(run: Run, clone: Path, remote: Remote, tmp_path: Path) -> None:
    Responder(remote, tmp_path).restore(event="5b2e")
    command("git", "pull", "--quiet", cwd=clone)
    code, output, _ = run("--directory", str(clone))
    assert code == 0
    assert re.fullmatch(r"Nothing is contained\n\nEnded: 1 restored; median time contained: \d+ s\n", output)


@pytest.mark.parametrize(
    ("remote_url", "page"),
    [
        ("https://github.com/acme/state.git", "https://github.com/acme/state"),
        ("https://x:secret@github.com/acme/state", "https://github.com/acme/state"),
        ("git@github.example:acme/state.git", "https://github.example/acme/state"),
        ("ssh://git@github.example/acme/state", "https://github.example/acme/state"),
        ("ssh://git@github.example:2222/acme/state", None),
        ("https://github.example:8443/acme/state", "https://github.example:8443/acme/state"),
        ("https://evil.example/a/b/c", None),
        ("/srv/git/state.git", None),
        ("javascript://x/acme/state", None),
    ],
)
def test_json_links_commits_where_the_remote_has_pages(
    run: Run, clone: Path, remote_url: str, page: str | None
) -> None:
    command("git", "remote", "set-url", "origin", remote_url, cwd=clone)
    code, output, _ = run("--directory", str(clone), "--json")
    (response,) = json.loads(output)["responses"]
    assert (code, response["commit-url"]) == (0, page and f"{page}/commit/{response['commit']}")
    assert "secret" not in output


def test_the_page_is_written(run: Run, clone: Path, tmp_path: Path) -> None:
    code, _, _ = run("--directory", str(clone), "--html", str(tmp_path / "page.html"))
    assert (code, "1 workload is contained" in (tmp_path / "page.html").read_text()) == (0, True)
    code, output, errors = run("--directory", str(clone), "--html", str(tmp_path / "no" / "page.html"))
    assert (code, output, "the page cannot be written" in errors) == (2, "", True)


def test_what_is_contained_for_too_long_fails(run: Run, clone: Path, remote: Remote) -> None:
    make_older(remote, days=8)
    command("git", "fetch", "--quiet", cwd=clone)
    command("git", "reset", "--quiet", "--hard", "origin/main", cwd=clone)
    code, output, _ = run("--directory", str(clone))
    assert (code, "has been contained for 8 d" in output) == (1, True)


def test_a_forged_record_is_a_warning(run: Run, clone: Path) -> None:
    command("git", "commit", "--quiet", "--allow-empty", "--message=x\n\nFalco-Rule: y\n", cwd=clone)
    code, output, errors = run("--directory", str(clone))
    assert (code, output.startswith("1 workload is contained")) == (0, True)
    assert errors.startswith("falco-dispatch contained: warning: commit ")


def test_a_folder_that_cannot_be_read_is_an_error(run: Run, clone: Path, tmp_path: Path, remote: Remote) -> None:
    assert clone.exists()
    command("git", "clone", "--quiet", "--depth=1", f"file://{remote.path}", str(tmp_path / "shallow"))
    (tmp_path / "empty").mkdir()
    messages = {"nowhere": "there is no folder", "shallow": "git fetch --unshallow", "empty": "not a git repository"}
    for folder, message in messages.items():
        code, output, errors = run("--directory", str(tmp_path / folder))
        assert (code, output, message in errors) == (2, "", True)
        assert errors.startswith("falco-dispatch contained: ")


def test_the_default_of_the_rules_is_that_of_the_actions() -> None:
    assert parser.DEFAULT_RULES == inputs.RULES_FILE
