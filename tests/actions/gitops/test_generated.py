"""Generated repositories: what is found, and where edits go, holds for any nesting of kustomizations and clusters."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from falco_dispatch.trial.whole_state import read_whole
from responder.errors import Ambiguous, NoHome
from responder.gitops.checkout import Checkout
from responder.gitops.flux.desired_state import ClusterObject
from responder.gitops.placement.choice import choose_placement
from responder.gitops.workloads.locate import locate
from responder.kubernetes.pod_names import Pod
from responder.publish.work_tree import WorkTree
from responder.yamledit.edit import SetValue
from tests.soak import examples

from . import meaning, oracle

NAMES = st.sampled_from(["web", "api", "web-api", "db", "x"])
NAMESPACES = st.sampled_from(["shop", "store"])
STOPPED = SetValue(path=("spec", "replicas"), value=0)
Tree = Mapping[str, Any]  # path to content, which is a list of documents or one


def flux(name: str, path: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": "flux-system"},
        "spec": {"path": path, "sourceRef": {"kind": "GitRepository", "name": "flux-system"}, **spec},
    }


def workload(kind: str, name: str, replicas: int | None, namespace: str | None) -> dict[str, Any]:
    meta = {"name": name, **({"namespace": namespace} if namespace else {})}
    spec = {"template": {"metadata": {"labels": {"app": name}}}, **({} if replicas is None else {"replicas": replicas})}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": meta, "spec": spec}


workloads = st.builds(
    workload,
    kind=st.sampled_from(["Deployment", "StatefulSet"]),
    name=NAMES,
    replicas=st.none() | st.integers(1, 5),
    namespace=st.none() | NAMESPACES,
)
targets = st.fixed_dictionaries(
    {"kind": st.just("Deployment")},
    optional={
        "name": NAMES | st.sampled_from(["web.*", ".*"]),
        "namespace": NAMESPACES,
        "labelSelector": st.just("app=web"),
    },
)

pytestmark = pytest.mark.slow
bodies = st.sampled_from(
    [
        "- {op: add, path: /spec/replicas, value: 7}",
        "- {op: add, path: /metadata/labels, value: {a: b}}",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: _}\nspec: {replicas: 6}\n",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: _}\nspec: {paused: true}\n",
    ]
)
patches = st.lists(st.fixed_dictionaries({"target": targets, "patch": bodies}), max_size=2)
changes = st.fixed_dictionaries(
    {},
    optional={
        "namespace": NAMESPACES,
        "namePrefix": st.sampled_from(["a-", "web-", "eu-"]),
        "nameSuffix": st.sampled_from(["-v2", "-b"]),
        "patches": patches,
    },
)
counts: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {}, optional={"replicas": st.lists(st.builds(dict, name=NAMES, count=st.just(4)), min_size=1, max_size=1)}
)


@st.composite
def trees(draw: st.DrawFn) -> tuple[Tree, list[str]]:
    """A repository, and the names of its clusters; each cluster's entry path is clusters/NAME."""
    tree: dict[str, Any] = {}
    folders = []
    for number in range(draw(st.integers(1, 2))):
        declared = draw(
            st.lists(
                workloads,
                min_size=1,
                max_size=3,
                unique_by=lambda manifest: str(manifest["metadata"]) + manifest["kind"],
            )
        )
        folders.append(f"base/{number}")
        tree[f"base/{number}/all.yaml"] = declared
        if draw(st.integers(0, 3)):
            tree[f"base/{number}/kustomization.yaml"] = {"resources": ["all.yaml"], **draw(changes)}
    buildable = [folder for folder in folders if f"{folder}/kustomization.yaml" in tree]
    if draw(st.booleans()):
        tree["component/kustomization.yaml"] = {"kind": "Component", **draw(changes)}
    for number in range(draw(st.integers(0, 4)) if buildable else 0):
        inner = draw(st.lists(st.sampled_from(buildable), min_size=1, max_size=2, unique=True))
        components = (
            {"components": ["../../component"]}
            if "component/kustomization.yaml" in tree and draw(st.booleans())
            else {}
        )
        folder = f"overlay/{number}"
        tree[f"{folder}/kustomization.yaml"] = {
            "resources": [f"../../{base}" for base in inner],
            **components,
            **draw(changes),
            **draw(counts),
        }
        folders.append(folder)
        buildable.append(folder)
    clusters = ["prod", "test"][: draw(st.integers(1, 2))]
    for cluster in clusters:
        applied = draw(st.lists(st.sampled_from(folders[-3:]), min_size=1, max_size=2))
        tree[f"clusters/{cluster}/apps.yaml"] = [
            flux(f"ks-{number}", f"./{folder}", _spec(draw(changes), draw)) for number, folder in enumerate(applied)
        ]
    return tree, clusters


def _spec(changed: Mapping[str, Any], draw: st.DrawFn) -> dict[str, Any]:
    spec = {{"namespace": "targetNamespace"}.get(key, key): value for key, value in changed.items()}
    return {**spec, "prune": draw(st.booleans())}


def written(tree: Tree) -> dict[str, str]:
    return {
        path: yaml.safe_dump_all(content if isinstance(content, list) else [content], sort_keys=False)
        for path, content in tree.items()
    }


def pod_of(item: ClusterObject) -> Pod:
    object_id = item.resource.id
    suffix = "0" if object_id.kind == "StatefulSet" else "77789455d6-m7flp"
    return Pod(namespace=object_id.namespace or "default", name=f"{object_id.name}-{suffix}")


def readings(objects: tuple[ClusterObject, ...], source: object) -> list[str]:
    """Return what tells the readings of a declaration from each other."""
    resources = [(item.identity, item.resource) for item in objects if item.resource.source == source]
    return sorted(str((identity, resource.steps, resource.layers, resource.data)) for identity, resource in resources)


@settings(max_examples=examples(60))
@given(generated=trees())
def test_looking_for_one_pod_finds_all_that_a_walk_without_shortcuts_finds(generated: tuple[Tree, list[str]]) -> None:
    tree, clusters = generated
    checkout = Checkout.from_contents({path: content.encode() for path, content in written(tree).items()})
    entries = {cluster: f"clusters/{cluster}" for cluster in clusters}
    whole = read_whole(checkout, entries)
    paths = {cluster: PurePosixPath(path) for cluster, path in entries.items()}
    objects = [item for cluster in whole.clusters for item in cluster.objects]
    for item in objects:
        if item.resource.id.kind == "Kustomization":
            continue
        try:
            target = locate(checkout, subject=pod_of(item), cluster=item.cluster, clusters=paths)
        except Ambiguous:
            continue
        assert target.object.identity == item.identity
        source = target.object.resource.source
        assert readings(target.desired_state.objects, source) == readings(whole.objects, source)


@oracle.needs_kustomize
@settings(max_examples=examples(12))
@given(generated=trees(), number=st.integers(0, 20))
def test_a_stop_changes_one_workload_of_one_cluster_and_nothing_else(
    generated: tuple[Tree, list[str]], number: int
) -> None:
    tree, clusters = generated
    with TemporaryDirectory() as folder:
        root = Path(folder)
        for path, content in written(tree).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(content)
        rendered_before = rendered(root, clusters)
        assume(rendered_before)
        stoppable = [
            (cluster, identity)
            for cluster in clusters
            for identity in rendered_before[cluster]
            if identity[1] != "Kustomization"
        ]
        cluster, identity = stoppable[number % len(stoppable)]
        suffix = "0" if identity[1] == "StatefulSet" else "77789455d6-m7flp"
        pod = Pod(namespace=identity[2] or "default", name=f"{identity[3]}-{suffix}")
        entries = {name: PurePosixPath(f"clusters/{name}") for name in clusters}
        try:
            target = locate(WorkTree(root).checkout(), subject=pod, cluster=cluster, clusters=entries)
            placement = choose_placement(target.desired_state, target.object, STOPPED)
        except (Ambiguous, NoHome):
            return
        meaning.apply(root, placement)
        expected = {name: dict(objects) for name, objects in rendered_before.items()}
        meaning.respond(expected[cluster], identity, STOPPED)
        rendered_after = rendered(root, clusters)
        for name in clusters:
            assert without_flux(rendered_after[name]) == without_flux(expected[name]), placement


def rendered(root: Path, clusters: list[str]) -> dict[str, oracle.Objects]:
    """Return what each cluster gets; nothing if kustomize refuses a folder."""
    try:
        return {cluster: oracle.applied(root, f"clusters/{cluster}") for cluster in clusters}
    except oracle.BuildFailed:
        return {}


def without_flux(objects: oracle.Objects) -> oracle.Objects:
    return {identity: content for identity, content in objects.items() if identity[1] != "Kustomization"}
