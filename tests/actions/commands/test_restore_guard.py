"""Who may start a restore, and what the run says about who approved it."""

import html
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.actions.conftest import NewRemote
from tests.actions.hosted import Hosted, HostedResponder
from tests.actions.runs import ALPINE, STOPPED, Responder, RunResult, shell
from tests.localhub import Hub

ROOT = Path(__file__).parents[3]


def test_a_restore_that_an_app_starts_is_refused(new_remote: NewRemote, tmp_path: Path) -> None:
    remote = new_remote({"alpine.yaml": ALPINE})
    responder = Responder(remote, tmp_path)
    sha = responder.dispatch(shell()).outputs["commit"]
    responder.sender = {"login": "falco-relay[bot]", "type": "Bot"}
    result = responder.restore(commit=sha)
    assert result.code == 1
    assert "falco-relay[bot] started this run: a restore has to be started by a person" in result.log
    assert remote.show("main:alpine.yaml") == STOPPED


def test_a_restore_that_an_app_runs_again_is_refused(new_remote: NewRemote, tmp_path: Path) -> None:
    remote = new_remote({"alpine.yaml": ALPINE})
    responder = Responder(remote, tmp_path)
    sha = responder.dispatch(shell()).outputs["commit"]
    responder.environ = {"GITHUB_TRIGGERING_ACTOR": "falco-relay[bot]"}
    assert responder.restore(commit=sha).code == 1
    assert remote.show("main:alpine.yaml") == STOPPED


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub.start(tmp_path / "hub", action_source=ROOT) as started:
        yield started


def restore(hub: Hub, folder: Path, *, environment: str, permissions: Mapping[str, str]) -> RunResult:
    """Contain a workload at the local GitHub, and restore it in a run with these permissions."""
    hosted = Hosted(hub, {"alpine.yaml": ALPINE})
    hosted.repository.reviewers |= {"guarded": ["alice"], "open": []}
    responder = HostedResponder(hub, hosted, folder / "runner", {"contents": "write", **permissions})
    sha = responder.dispatch(shell()).outputs["commit"]
    result = responder.restore(commit=sha, token=responder.token, environment=environment)
    assert hosted.show("main:alpine.yaml") == ALPINE
    return result


@pytest.mark.parametrize(
    ("environment", "permissions", "warning"),
    [
        pytest.param("open", {"actions": "read"}, "environment open has no required reviewers", id="no reviewers"),
        pytest.param("none", {"actions": "read"}, "environment none has no required reviewers", id="no environment"),
        pytest.param("guarded", {"actions": "read"}, "but nobody approved this run", id="a job outside of it"),
        pytest.param("", {"actions": "read"}, "input environment is empty", id="no name"),
    ],
)
def test_a_restore_that_no_second_person_guards_warns(
    hub: Hub, tmp_path: Path, environment: str, permissions: Mapping[str, str], warning: str
) -> None:
    result = restore(hub, tmp_path, environment=environment, permissions=permissions)
    assert result.code == 0
    assert [line for line in result.log.splitlines() if line.startswith("::warning") and warning in line]
    assert warning in html.unescape(result.summary)
