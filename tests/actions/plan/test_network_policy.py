"""The NetworkPolicy that isolates a workload: what it selects and allows, and where its file belongs."""

from dataclasses import replace
from typing import Any

import pytest
import yaml

from responder.errors import NoHome, Unsupported
from responder.gitops.placement.placement import PlacementKind
from responder.plan.network_policy import policy_for
from responder.rules.actions import Isolate
from responder.yamledit.edit import AppendItem

from .targets import LABELS, manifest, target, target_of

DNS = {
    "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}],
    "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
}


def peer(namespace: str) -> dict[str, Any]:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        pytest.param(Isolate(), {}, id="nothing"),
        pytest.param(Isolate(dns=True), {"egress": [DNS]}, id="name lookups"),
        pytest.param(
            Isolate(namespaces=("a", "b")),
            {"ingress": [{"from": [peer("a"), peer("b")]}], "egress": [{"to": [peer("a"), peer("b")]}]},
            id="namespaces",
        ),
        pytest.param(
            Isolate(dns=True, namespaces=("a",)),
            {"ingress": [{"from": [peer("a")]}], "egress": [{"to": [peer("a")]}, DNS]},
            id="both",
        ),
    ],
)
def test_only_what_the_rule_allows_is_allowed(action: Isolate, allowed: dict[str, Any]) -> None:
    policy = policy_for(action, target("Deployment"))
    spec = {"podSelector": {"matchLabels": LABELS}, "policyTypes": ["Ingress", "Egress"]}
    assert policy.content["spec"] == {**spec, **allowed}
    assert policy.content["metadata"] == {"name": "isolate-web", "namespace": "shop"}


def test_the_file_is_plain_yaml_without_anchors() -> None:
    policy = policy_for(Isolate(namespaces=("a",)), target("Deployment"))
    assert yaml.safe_load(policy.data) == policy.content
    assert b"&" not in policy.data


@pytest.mark.parametrize(
    ("kind", "spec", "labels"),
    [
        pytest.param("Deployment", {"selector": {"matchLabels": {"app": "s"}}}, {"app": "s"}, id="selector first"),
        pytest.param("StatefulSet", {"selector": {"matchLabels": {}}}, LABELS, id="an empty selector"),
        pytest.param("ReplicationController", {"selector": {"app": "s"}}, {"app": "s"}, id="ReplicationController"),
        pytest.param(
            "CronJob",
            {"template": None, "jobTemplate": {"spec": {"template": {"metadata": {"labels": {"n": 1}}}}}},
            {"n": "1"},
            id="CronJob, a number",
        ),
    ],
)
def test_the_labels_of_the_pods_are_selected(kind: str, spec: dict[str, Any], labels: dict[str, str]) -> None:
    policy = policy_for(Isolate(), target(kind, spec))
    assert policy.content["spec"]["podSelector"] == {"matchLabels": labels}


def test_the_labels_of_a_pod_are_its_own() -> None:
    pod = target_of({"web.yaml": manifest("Pod", labels={"app": "pod"})}, "Pod")
    assert policy_for(Isolate(), pod).content["spec"]["podSelector"] == {"matchLabels": {"app": "pod"}}


def test_pods_without_labels_cannot_be_isolated() -> None:
    with pytest.raises(Unsupported, match="no pod labels"):
        policy_for(Isolate(), target("Deployment", {"template": {}}))


def test_a_name_that_leads_out_of_the_folder_is_refused() -> None:
    workload = target("Deployment")
    resource = workload.object.resource
    renamed = replace(resource, ids=(replace(resource.ids[0], name="../../x"),))
    hostile = replace(workload, object=replace(workload.object, resource=renamed))
    with pytest.raises(Unsupported, match="no name for a file"):
        policy_for(Isolate(), hostile)


def test_the_file_is_beside_the_manifest_and_listed_where_a_kustomization_lists_files() -> None:
    files = {"apps/kustomization.yaml": "resources: [web.yaml]\n", "apps/web.yaml": manifest("Deployment")}
    policy = policy_for(Isolate(), target_of(files, "Deployment"))
    assert str(policy.file) == "apps/isolate-web.yaml"
    assert policy.listing is not None
    assert str(policy.listing.file) == "apps/kustomization.yaml"
    assert policy.listing.edit == AppendItem(path=("resources",), value="isolate-web.yaml")
    assert policy.listing.kind is PlacementKind.RESOURCES


def test_the_file_is_not_listed_where_flux_reads_the_whole_folder() -> None:
    policy = policy_for(Isolate(), target_of({"apps/web.yaml": manifest("Deployment")}, "Deployment"))
    assert str(policy.file) == "apps/isolate-web.yaml"
    assert policy.listing is None


def test_a_folder_that_two_clusters_read_gets_no_policy() -> None:
    flux = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": "flux-system"},
        "spec": {"path": "./apps", "prune": True, "sourceRef": {"kind": "GitRepository", "name": "flux-system"}},
    }
    files = {"clusters/prod/apps.yaml": flux, "clusters/test/apps.yaml": flux, "apps/web.yaml": manifest("Deployment")}
    with pytest.raises(NoHome, match="for this cluster alone"):
        policy_for(Isolate(), target_of(files, "Deployment", cluster="prod"))
