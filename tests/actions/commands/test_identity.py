"""The run's identity token, from GitHub's issuer to Flux: nobody reads it in the log."""

from pathlib import Path

import pytest

from tests.actions.conftest import NewRemote
from tests.actions.runs import ALPINE, Responder, shell
from tests.issuer import Issuer
from tests.receiver import FluxReceiver


@pytest.mark.parametrize("action", ["respond", "restore"])
def test_the_identity_is_masked_before_flux_is_called(new_remote: NewRemote, tmp_path: Path, action: str) -> None:
    responder = Responder(new_remote({"alpine.yaml": ALPINE}), tmp_path)
    with Issuer().serve() as issuer, FluxReceiver.start(type="generic-oidc", token="path", issuer=issuer) as receiver:
        sha = responder.dispatch(shell()).outputs["commit"] if action == "restore" else ""
        responder.environ = issuer.environ
        inputs = {"receiver_url": receiver.url, "receiver_type": "generic-oidc"}
        result = responder.restore(commit=sha, **inputs) if sha else responder.dispatch(shell(), **inputs)
        assert [call.status for call in receiver.calls] == [200]
        (token,) = issuer.minted
    lines = result.log.splitlines()
    assert [line for line in lines if token in line] == [f"::add-mask::{token}"]
    assert token not in result.summary + "".join(result.outputs.values())
