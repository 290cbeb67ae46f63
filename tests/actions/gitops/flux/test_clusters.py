"""Clusters begin where the rules say, else where the repository shows them."""

from pathlib import PurePosixPath

import pytest

from falco_dispatch.trial.whole_state import read_whole
from responder.gitops.checkout import Checkout
from responder.gitops.flux.desired_state import DesiredState
from responder.gitops.workloads.locate import locate
from responder.kubernetes.pod_names import Pod
from tests.actions.gitops.resources import deployment

FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}, namespace: flux-system}}
spec: {{path: ./{path}, sourceRef: {{kind: GitRepository, name: {source}}}{more}}}
"""


def flux(path: str, *, name: str = "apps", source: str = "flux-system", more: str = "") -> str:
    return FLUX.format(name=name, path=path, source=source, more=more)


def read(contents: dict[str, str], entries: dict[str, str] | None = None) -> DesiredState:
    checkout = Checkout.from_contents({path: text.encode() for path, text in contents.items()})
    return read_whole(checkout, entries or {})


def names(desired_state: DesiredState) -> dict[str, list[str]]:
    """Return the workloads of each cluster that can have the pod."""
    return {
        cluster.cluster: [item.resource.id.name for item in cluster.objects if item.resource.id.kind == "Deployment"]
        for cluster in desired_state.clusters
    }


APPS = {"apps/prod/web.yaml": deployment("web"), "apps/test/api.yaml": deployment("api")}
CLUSTERS = {
    "clusters/prod/apps.yaml": flux("apps/prod"),
    "clusters/test/apps.yaml": flux("apps/test"),
    **APPS,
}


@pytest.mark.parametrize(
    ("contents", "entries", "expected"),
    [
        pytest.param(
            CLUSTERS,
            {"production": "clusters/prod", "staging": "clusters/test"},
            {"production": ["web"], "staging": ["api"]},
            id="the entry paths of the rules",
        ),
        pytest.param(
            CLUSTERS, {"production": "clusters/prod"}, {"production": ["web"]}, id="others cannot have the pod"
        ),
        pytest.param(
            CLUSTERS, {}, {"clusters/prod": ["web"], "clusters/test": ["api"]}, id="folders of Flux Kustomizations"
        ),
        pytest.param(
            {
                **APPS,
                "clusters/prod/flux-system/sync.yaml": flux("clusters/prod"),
                "clusters/prod/apps.yaml": flux("apps/prod"),
            },
            {},
            {"clusters/prod": ["web"]},
            id="the folder that applies itself",
        ),
        pytest.param(
            {
                "base/kustomization.yaml": "resources: [web.yaml]",
                "base/web.yaml": deployment("web"),
                "prod/kustomization.yaml": "resources: [../base]",
            },
            {},
            {"prod": ["web"], ".": []},
            id="overlays where there is no Flux",
        ),
        pytest.param(
            {
                "web.yaml": deployment("web"),
                "b.json": '{"kind": "Deployment", "metadata": {"name": "b"}, "apiVersion": "apps/v1"}',
            },
            {},
            {".": ["b", "web"]},
            id="loose manifests",
        ),
    ],
)
def test_clusters_and_what_they_get(
    contents: dict[str, str], entries: dict[str, str], expected: dict[str, list[str]]
) -> None:
    assert names(read(contents, entries)) == expected


def test_clusters_that_the_rules_do_not_name_are_read_too() -> None:
    others = read(CLUSTERS, {"production": "clusters/prod"}).other_clusters
    assert [cluster.cluster for cluster in others] == ["clusters/test"]


def test_what_goes_to_a_remote_cluster_is_not_in_this_one() -> None:
    contents = {"hub/edge.yaml": flux("apps/prod", more=", kubeConfig: {secretRef: {name: edge}}"), **APPS}
    (hub,) = read(contents, {"hub": "hub"}).clusters
    assert [item.cluster for item in hub.objects if item.resource.id.kind == "Deployment"] == ["hub through edge"]


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        ({"hub/a.yaml": flux("missing")}, "hub/a.yaml:1: Kustomization apps (there is no folder ./missing here)"),
        (
            {
                "hub/a.yaml": FLUX.format(name="apps", path="x", source="art", more="").replace(
                    "GitRepository", "ExternalArtifact"
                )
            },
            "hub/a.yaml:1: Kustomization apps (ExternalArtifact art is not declared here)",
        ),
    ],
)
def test_a_flux_kustomization_that_cannot_be_followed_is_named(contents: dict[str, str], reason: str) -> None:
    desired_state = read(contents, {"hub": "hub"})
    assert {str(skipped) for skipped in desired_state.skipped} == {reason}
    assert [cluster.folder_count for cluster in desired_state.clusters] == [0]


def test_variables_of_a_config_map_are_known_whatever_comes_first() -> None:
    more = ", postBuild: {substituteFrom: [{kind: ConfigMap, name: vars}]}"
    config_map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars, namespace: flux-system}\n"
    contents = {
        "hub/a-apps.yaml": flux("apps", more=more),
        "hub/z-vars.yaml": flux("vars", name="vars"),
        "apps/web.yaml": deployment("'${app}'", "shop"),
        "vars/vars.yaml": f"{config_map}data: {{app: web}}\n",
    }
    checkout = Checkout.from_contents({path: text.encode() for path, text in contents.items()})
    pod = Pod(namespace="shop", name="web-77789455d6-m7flp")
    target = locate(checkout, subject=pod, clusters={"hub": PurePosixPath("hub")})
    assert target.object.resource.id.name == "web"
