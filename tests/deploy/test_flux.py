"""The examples for Flux: what the schemas do not hold, and what the action needs of them."""

from pathlib import Path

import pytest
import yaml

from responder.notify import receiver
from tests.deploy import rendering
from tests.deploy.rendering import DEPLOY, KUSTOMIZE, Object

FLUX = DEPLOY / "flux"
RECEIVERS = sorted(FLUX.glob("receiver-*.yaml"))
every_receiver = pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in RECEIVERS])


def receiver_of(path: Path) -> Object:
    (manifest,) = rendering.parse(path.read_text())
    return manifest


@every_receiver
def test_the_file_is_named_by_its_type(path: Path) -> None:
    assert path.stem == f"receiver-{receiver_of(path)['spec']['type']}"


@every_receiver
def test_the_source_and_the_kustomizations_are_reconciled(path: Path) -> None:
    """A call that names the source alone does not help where the response is in Git already."""
    resources = receiver_of(path)["spec"]["resources"]
    assert [item["kind"] for item in resources] == ["GitRepository", "Kustomization"]
    assert all(item["apiVersion"] for item in resources)


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in RECEIVERS if "oidc" not in path.stem])
def test_a_receiver_with_a_shared_secret_names_it(path: Path) -> None:
    spec = receiver_of(path)["spec"]
    assert spec["secretRef"]["name"]
    assert "oidcProviders" not in spec


def test_each_type_that_the_action_calls_has_an_example() -> None:
    assert sorted(receiver_of(path)["spec"]["type"] for path in RECEIVERS) == sorted(receiver.TYPES)


def test_generic_oidc_has_no_secret_and_every_validation_has_a_message() -> None:
    spec = receiver_of(FLUX / "receiver-generic-oidc.yaml")["spec"]
    assert "secretRef" not in spec
    (provider,) = spec["oidcProviders"]
    assert provider["audience"] == receiver.DEFAULT_AUDIENCE
    assert provider["issuerURL"] == "https://token.actions.githubusercontent.com"
    assert [bool(validation["message"]) for validation in provider["validations"]] == [True, True]
    assert "claims.repository ==" in provider["validations"][0]["expression"]
    assert "claims.ref ==" in provider["validations"][1]["expression"]


def test_the_routes_let_the_hooks_in_and_nothing_else() -> None:
    (ingress,) = rendering.parse((FLUX / "ingress.yaml").read_text())
    (rule,) = ingress["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert (path["path"], path["pathType"]) == ("/hook/", "Prefix")
    assert not ingress["metadata"].get("annotations")  # a rewritten path is unknown to Flux
    (route,) = rendering.parse((FLUX / "httproute.yaml").read_text())
    (rule,) = route["spec"]["rules"]
    assert "filters" not in rule
    assert rule["matches"] == [{"method": "POST", "path": {"type": "PathPrefix", "value": "/hook/"}}]
    backends = [path["backend"]["service"]["name"], rule["backendRefs"][0]["name"]]
    assert backends == ["webhook-receiver", "webhook-receiver"]


def test_the_alert_sends_what_becomes_of_a_kustomization_as_a_commit_status() -> None:
    provider, alert = rendering.parse((FLUX / "commit-status.yaml").read_text())
    assert (provider["kind"], provider["spec"]["type"]) == ("Provider", "github")
    assert alert["spec"]["providerRef"]["name"] == provider["metadata"]["name"]
    assert alert["spec"]["eventSeverity"] == "info"  # a status is green, too
    assert [source["kind"] for source in alert["spec"]["eventSources"]] == ["Kustomization"]


def test_flux_finds_the_overlay_that_the_kustomization_names() -> None:
    source, kustomization = rendering.parse((FLUX / "relay.yaml").read_text())
    path = DEPLOY.parent / kustomization["spec"]["path"]
    assert path.is_relative_to(KUSTOMIZE / "overlays")
    assert yaml.safe_load((path / "kustomization.yaml").read_text())
    assert kustomization["spec"]["sourceRef"]["name"] == source["metadata"]["name"]
    assert [path.is_relative_to(DEPLOY.parent / folder) for folder in source["spec"]["sparseCheckout"]] == [True]


def test_the_receiver_in_the_readme_of_the_action_is_the_one_that_ships() -> None:
    readme = (DEPLOY.parent / "actions" / "respond" / "README.md").read_text()
    text = readme.partition("The Receiver for `generic-oidc`, whole")[2].partition("```yaml\n")[2].partition("```")[0]
    assert yaml.safe_load(text) == receiver_of(FLUX / "receiver-generic-oidc.yaml")
