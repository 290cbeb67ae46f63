"""When Flux is told, and that a mistake in how it is told keeps nobody from being contained."""

from pathlib import Path

import pytest

from responder.commands import exit_codes
from tests.actions.conftest import NewRemote, Remote
from tests.actions.runs import ALPINE, Responder, shell


@pytest.fixture
def remote(new_remote: NewRemote) -> Remote:
    return new_remote({"alpine.yaml": ALPINE})


@pytest.fixture
def responder(remote: Remote, tmp_path: Path) -> Responder:
    return Responder(remote, tmp_path)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        pytest.param({"receiver_url": "flux.example/hook"}, "receiver-url is not an http", id="no scheme"),
        pytest.param({"receiver_url": "{prod: 1}"}, "receiver-url is neither", id="a map of numbers"),
        pytest.param({"receiver_url": "https://x", "receiver_type": "gitlab"}, "receiver-type", id="another type"),
        pytest.param({"receiver_url": "https://x"}, "needs receiver-token", id="no token"),
    ],
)
def test_a_mistake_in_the_receiver_prevents_no_containment_and_fails_the_run(
    remote: Remote, responder: Responder, inputs: dict[str, str], message: str
) -> None:
    result = responder.dispatch(shell(), **inputs)
    assert result.code == exit_codes.BAD_INPUT
    assert message in result.log
    assert result.responses[0]["verdict"] == "contained"
    assert b"replicas: 0" in remote.show("main:alpine.yaml")
    assert result.outputs["commit"] == remote.log("%H")[0]
