"""Replacements copy a value into fields as `kustomize build` does."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from responder.gitops import manifests
from responder.gitops.checkout import Checkout
from responder.gitops.flux.clusters import reconcile_clusters
from responder.gitops.flux.sources import Origin, Sources
from responder.gitops.kustomize import reachability
from responder.gitops.kustomize.build import Builder
from responder.gitops.manifests import Manifest

KUSTOMIZE = shutil.which("kustomize")
SOURCE = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "meta", "namespace": "a"},
    "data": {"provider": "x/hetzner/y", "dotted.key": "d"},
}
OBJECT = {
    "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
    "kind": "Kustomization",
    "metadata": {"name": "apps", "namespace": "a", "labels": {"app": "z"}},
    "spec": {"path": "a/b/c", "sourceRef": {"kind": "GitRepository", "name": "flux-system"}, "wait": False, "count": 1},
}
META = {"kind": "ConfigMap", "name": "meta", "fieldPath": "data.provider"}
VALUE = {"sourceValue": "v"}
PATH = {"select": {"kind": "Kustomization"}, "fieldPaths": ["spec.path"]}


def read(data: bytes) -> list[Manifest]:
    return [manifest for document in manifests.split(data) for manifest in manifests.objects(document)]


def follow(replacements: list[Any]) -> dict[str, Any]:
    kustomization = {"resources": ["o.yaml"], "replacements": replacements}
    files = {"k/kustomization.yaml": yaml.safe_dump(kustomization), "k/o.yaml": yaml.safe_dump_all([SOURCE, OBJECT])}
    checkout = Checkout.from_contents({path: text.encode() for path, text in files.items()})
    reach = reachability.Reach(files=frozenset(checkout.manifests), kustomizations=frozenset(["k/kustomization.yaml"]))
    state = reconcile_clusters(checkout, Builder(read, reach), Sources(checkout, Origin()), {"c": "k"})
    return {item.resource.id.kind: dict(item.resource.data) for item in state.objects}


def render(replacements: list[Any], folder: Path) -> dict[str, Any]:
    (folder / "kustomization.yaml").write_text(yaml.safe_dump({"resources": ["o.yaml"], "replacements": replacements}))
    (folder / "o.yaml").write_text(yaml.safe_dump_all([SOURCE, OBJECT]))
    result = subprocess.run([str(KUSTOMIZE), "build", str(folder)], capture_output=True, check=True)
    return {content["kind"]: content for content in yaml.safe_load_all(result.stdout)}


@pytest.mark.skipif(KUSTOMIZE is None, reason="no kustomize: `make setup` builds it where Go is")
@pytest.mark.parametrize(
    ("source", "target"),
    [
        pytest.param({"source": META}, PATH, id="the whole value"),
        pytest.param({"source": META | {"options": {"delimiter": "/", "index": 1}}}, PATH, id="a part of the source"),
        pytest.param(VALUE, PATH | {"options": {"delimiter": "/", "index": 1}}, id="a part of the value"),
        pytest.param(VALUE, PATH | {"options": {"delimiter": "/", "index": -1}}, id="before the parts"),
        pytest.param(VALUE, PATH | {"options": {"delimiter": "/", "index": 9}}, id="behind the parts"),
        pytest.param(
            VALUE,
            {"select": {"kind": "ConfigMap"}, "fieldPaths": ["data.provider"]},
            id="another kind",
        ),
        pytest.param(VALUE, PATH | {"reject": [{"name": "apps"}]}, id="rejected"),
        pytest.param(VALUE, PATH | {"select": {"labelSelector": "app=z"}}, id="by label"),
        pytest.param(
            VALUE,
            PATH | {"fieldPaths": ["metadata.annotations.a\\.b/c"], "options": {"create": True}},
            id="a field that is created",
        ),
        pytest.param({"source": META | {"fieldPath": "data.dotted\\.key"}}, PATH, id="a key with a dot"),
        pytest.param({"source": {"kind": "ConfigMap"}}, PATH, id="a name"),
    ],
)
def test_replacements_do_what_kustomize_does(source: Any, target: Any, tmp_path: Path) -> None:
    replacements = [{**source, "targets": [target]}]
    assert follow(replacements) == render(replacements, tmp_path)


@pytest.mark.parametrize(
    "replacement",
    [
        {"source": META | {"name": "other"}, "targets": [PATH]},
        {"source": META | {"fieldPath": "data.absent"}, "targets": [PATH]},
        {"source": META | {"fieldPath": "spec.list.[a=b]"}, "targets": [PATH]},
        {"sourceValue": "v", "targets": [PATH | {"fieldPaths": ["spec.absent", "spec.list.*"]}]},
        {"path": "absent.yaml"},
        "text",
    ],
)
def test_what_is_not_known_or_not_followed_changes_nothing(replacement: Any) -> None:
    assert follow([replacement])["Kustomization"] == OBJECT
