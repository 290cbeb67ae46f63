"""What a Flux Kustomization says of its folder and its source."""

import pytest

from responder.gitops.flux.kustomization import FluxKustomization, SourceReference, folder_of
from tests.actions.gitops.resources import flux_kustomization, resource

CONFIG: dict[tuple[str, str | None], dict[str, object]] = {
    ("vars", "flux-system"): {"app": "ledger", "count": 3, "text": "a\nb"},
    ("any", None): {"app": "any"},
}


def flux(spec: str) -> FluxKustomization:
    return FluxKustomization(resource(flux_kustomization(spec=spec)))


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("./apps/prod", "apps/prod"),
        ("/apps/prod/", "apps/prod"),
        ("apps/../base", "base"),
        ("", "."),
        ("./", "."),
        ("../other", None),
    ],
)
def test_a_path_is_a_folder_of_the_source_or_leads_out_of_it(path: str, folder: str | None) -> None:
    assert folder_of({"path": path}) == folder


def test_a_source_is_in_the_same_namespace_unless_it_says_otherwise() -> None:
    assert flux("sourceRef: {kind: GitRepository, name: fleet}").source == SourceReference(
        kind="GitRepository", name="fleet", namespace="flux-system"
    )
    assert flux("sourceRef: {kind: Bucket, name: b, namespace: other}").source.namespace == "other"


@pytest.mark.parametrize(
    ("spec", "remote"),
    [
        ("kubeConfig: {secretRef: {name: edge}}", "edge"),
        ("kubeConfig: {configMapRef: {name: edge-config}}", "edge-config"),
        ("prune: true", None),
    ],
)
def test_another_cluster_is_named_by_its_kube_config(spec: str, remote: str | None) -> None:
    assert flux(spec).remote == remote
