"""Checkouts that lack objects or files: nothing that could not be read is taken for absent."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions.conftest import command
from tests.actions.hosted import Hosted, HostedResponder
from tests.actions.runs import ALPINE, STOPPED, shell
from tests.localhub import Hub

OTHERS = b"# a line of somebody else's\n"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub.start(tmp_path / "hub", action_source=Path(__file__).parents[3]) as hub:
        yield hub


@pytest.fixture
def hosted(hub: Hub) -> Hosted:
    hosted = Hosted(hub, {"alpine.yaml": ALPINE})
    command("git", "config", "uploadpack.allowFilter", "true", cwd=hosted.path)
    return hosted


@pytest.fixture
def responder(hub: Hub, hosted: Hosted, tmp_path: Path) -> HostedResponder:
    """Runs the actions in partial clones, as actions/checkout makes them for `sparse-checkout:`."""
    responder = HostedResponder(hub, hosted, tmp_path / "runs", {"contents": "write"})
    responder.clone_options = ["--filter=blob:none"]
    return responder


@pytest.mark.parametrize("commit_via", ["git", "api"])
def test_a_lost_race_in_a_blobless_checkout_does_not_lose_the_response(
    hosted: Hosted, responder: HostedResponder, commit_via: str
) -> None:
    responder.meanwhile = lambda: hosted.commit({"alpine.yaml": OTHERS + ALPINE}, "Somebody else's change")
    result = responder.dispatch(shell(), commit_via=commit_via)
    assert (result.code, result.outputs["changed"]) == (0, "true"), result.log
    assert hosted.show("main:alpine.yaml") == OTHERS + STOPPED


def test_a_response_is_restored_in_a_blobless_checkout(hosted: Hosted, responder: HostedResponder) -> None:
    responder.dispatch(shell())
    hosted.commit({"alpine.yaml": OTHERS + STOPPED}, "Somebody else's change")
    result = responder.restore(event="5b2e", token=responder.token)
    assert result.code == 0, result.log
    assert hosted.show("main:alpine.yaml") == OTHERS + ALPINE


def test_restore_changes_nothing_if_it_cannot_fetch_the_old_file(hosted: Hosted, responder: HostedResponder) -> None:
    responder.dispatch(shell())
    commits = hosted.log("%H")
    result = responder.restore(event="5b2e")
    assert (result.code, result.outputs) == (1, {}), result.log
    assert "git cat-file failed" in result.log
    assert hosted.log("%H") == commits
