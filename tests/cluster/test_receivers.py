"""Receivers of all four types, as their manifests ship, called as the action calls them."""

from collections.abc import Iterator
from typing import Any

import pytest

from responder.http_client import HttpClient
from responder.notify.receiver import TYPES, CallResult, Receiver, ReceiverCaller
from tests.issuer import Issuer

from . import flux
from .stage import Stage

TOKEN = "the-token-of-the-receiver"
AUDIENCE = "notification-controller"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer(is_discoverable=True).serve() as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def source(stage: Stage) -> None:
    """The objects that the Receivers name."""
    stage.kubectl.apply(
        flux.secret("falco-dispatch-receiver", token=TOKEN),
        flux.git_repository("flux-system", url="http://127.0.0.1:9/nothing.git"),
        flux.kustomization("flux-system", source="flux-system", suspend=True),
    )


def shipped(type_name: str, issuer: Issuer) -> dict[str, Any]:
    """Return the manifest in deploy/flux under a name of its own, with the test's issuer instead of GitHub's."""
    (manifest,) = flux.shipped(f"receiver-{type_name}.yaml")
    for provider in manifest["spec"].get("oidcProviders", []):
        provider["issuerURL"] = issuer.address
    return {**manifest, "metadata": {**manifest["metadata"], "name": type_name}}


def call(stage: Stage, type_name: str, *, identity: str = "", token: str = TOKEN) -> CallResult:
    receiver = Receiver(url=stage.flux.hook(type_name), type=type_name, token=token, audience=AUDIENCE)
    caller = ReceiverCaller(http=HttpClient.from_environ({}), sleep=lambda _: None)
    return caller.call(receiver, {"repository": "acme/desired-state", "commit": "4f2a"}, identity=identity)


def identity(issuer: Issuer) -> str:
    issuer.answer(f"/token?audience={AUDIENCE}", f"bearer {issuer.bearer}")
    return issuer.minted[-1]


def requests(stage: Stage) -> list[str | None]:
    """Return when Flux was asked to reconcile the source and the Kustomization."""
    items = [
        stage.kubectl.get(kind, "flux-system", namespace=flux.NAMESPACE) for kind in ("gitrepository", "kustomization")
    ]
    return [item["metadata"].get("annotations", {}).get("reconcile.fluxcd.io/requestedAt") for item in items]


@pytest.mark.parametrize("type_name", TYPES)
def test_the_shipped_receiver_takes_the_call_of_the_action(stage: Stage, issuer: Issuer, type_name: str) -> None:
    stage.kubectl.apply(shipped(type_name, issuer))
    old = requests(stage)
    result = call(stage, type_name, identity=identity(issuer))
    assert (result.status, result.detail) == (200, "reconciling")
    assert all(new and new != former for new, former in zip(requests(stage), old, strict=True))


def test_an_identity_of_another_repository_is_refused(stage: Stage, issuer: Issuer) -> None:
    stage.kubectl.apply(shipped("generic-oidc", issuer))
    issuer.repository = "acme/other"
    result = call(stage, "generic-oidc", identity=identity(issuer))
    issuer.repository = "acme/desired-state"
    assert result.status in (400, 401)


@pytest.mark.parametrize("type_name", ["generic-hmac", "github"])
def test_a_wrong_token_is_refused(stage: Stage, issuer: Issuer, type_name: str) -> None:
    stage.kubectl.apply(shipped(type_name, issuer))
    assert call(stage, type_name, token="wrong").status == 400
