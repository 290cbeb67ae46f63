"""For each tree of tests/data/trees and each pod: the declaration that is found, and where its edit belongs."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from responder import errors
from responder.gitops.placement.caveats import find_caveats
from responder.gitops.placement.choice import choose_placement
from responder.gitops.placement.desired_edit import DesiredEdit, RemoveResource
from responder.gitops.placement.placement import EditText, PlacementKind
from responder.gitops.workloads.locate import locate
from responder.gitops.workloads.target import Target
from responder.kubernetes.pod_names import Owner, Pod
from responder.rules.model import Assignment
from responder.yamledit.edit import AppendItem, SetValue

from . import oracle
from .everything import whole_state
from .trees import TREES, Tree

CASES = [
    pytest.param(tree, case, id=f"{tree.name}-{number}-{case['pod']}")
    for tree in TREES.values()
    for number, case in enumerate(tree.cases)
]
EDITED = [param for param in CASES if "placement" in param.values[1]]  # type: ignore[operator]  # the case
STOPPED = SetValue(path=("spec", "replicas"), value=0)


def find(tree: Tree, case: Mapping[str, Any]) -> Target:
    namespace, name = case["pod"].split("/")
    assignment = (
        {**case["assignment"], "file": PurePosixPath(case["assignment"]["file"])} if "assignment" in case else None
    )
    return locate(
        tree.checkout,
        subject=Pod(namespace=namespace, name=name),
        owners=[Owner(**owner) for owner in case.get("owners", [])],
        cluster=case.get("cluster", next(iter(tree.entries), None) if len(tree.entries) == 1 else None),
        clusters={cluster: PurePosixPath(path) for cluster, path in tree.entries.items()},
        assignment=Assignment(pod="*", **assignment) if assignment else None,
    )


def desired_edit(case: Mapping[str, Any]) -> DesiredEdit:
    """Return the edit of a case: to set the replicas to 0 unless it says otherwise."""
    match case.get("edit"):
        case None:
            return STOPPED
        case {"keys": keys, "value": item, "append": True}:
            return AppendItem(path=tuple(keys), value=item)
        case {"keys": keys, "value": value}:
            return SetValue(path=tuple(keys), value=value)
        case "remove":
            return RemoveResource()
        case unknown:
            raise ValueError(unknown)


@pytest.mark.parametrize(("tree", "case"), CASES)
def test_a_pod_leads_to_its_declaration_or_to_a_refusal_that_says_why(tree: Tree, case: Mapping[str, Any]) -> None:
    if case.get("refused") in ("NotFound", "Ambiguous"):
        with pytest.raises(getattr(errors, case["refused"])) as refusal:
            find(tree, case)
        assert [part for part in case.get("message", []) if part not in str(refusal.value)] == []
        return
    target = find(tree, case)
    assert str(target) == case["target"]
    chart_workloads = [str(workload) for workload in target.chart_workloads]
    assert chart_workloads == case.get("chart_workloads", chart_workloads)
    assert [str(autoscaler) for autoscaler in target.autoscalers] == case.get("autoscalers", [])


@pytest.mark.parametrize(("tree", "case"), EDITED)
def test_an_edit_is_placed_where_it_takes_effect_and_reaches_nothing_else(tree: Tree, case: Mapping[str, Any]) -> None:
    target = find(tree, case)
    placement = choose_placement(target.desired_state, target.object, desired_edit(case))
    expected = case["placement"]
    assert str(placement.file) == expected["file"]
    assert placement.document == expected.get("document", 0)
    assert placement.kind is PlacementKind[expected["kind"]]
    match placement.edit:
        case EditText() as edit:
            assert [list(edit.path), list(edit.edit.path)] == [expected["keys"], expected["inside"]]
        case SetValue() | AppendItem() as edit:
            assert [list(edit.path), "inside" in expected] == [expected["keys"], False]
            if "value" in expected:
                assert expected["value"] == edit.value
        case edit:
            assert edit == RemoveResource()
            assert expected["keys"] == []
    assert list(placement.shared) == case.get("shared", list(placement.shared))


@pytest.mark.parametrize(("tree", "case"), EDITED)
def test_what_would_make_a_commit_do_nothing_is_said_with_its_line(tree: Tree, case: Mapping[str, Any]) -> None:
    target = find(tree, case)
    edit = desired_edit(case)
    placement = choose_placement(target.desired_state, target.object, edit)
    caveats = [str(caveat) for caveat in find_caveats(target.desired_state, target.object, edit, placement)]
    expected = case.get("caveats", caveats)
    assert all(any(caveat.startswith(start) for caveat in caveats) for start in expected), caveats


@pytest.mark.parametrize(
    ("tree", "case"),
    [param for param in CASES if param.values[1].get("refused") == "NoHome"],  # type: ignore[union-attr]
)
def test_where_every_place_is_shared_nothing_is_edited(tree: Tree, case: Mapping[str, Any]) -> None:
    target = find(tree, case)
    with pytest.raises(errors.NoHome) as refusal:
        choose_placement(target.desired_state, target.object, desired_edit(case))
    assert [part for part in case.get("message", []) if part not in str(refusal.value)] == []


@pytest.mark.parametrize("tree", TREES.values(), ids=str)
def test_what_could_not_be_followed_is_named(tree: Tree) -> None:
    desired_state = whole_state(tree)
    if tree.skipped is not None:
        assert {str(skipped) for skipped in desired_state.skipped} == set(tree.skipped)
    if tree.clusters is not None:
        assert sorted(cluster.cluster for cluster in desired_state.clusters) == sorted(tree.clusters)


@oracle.needs_kustomize
@pytest.mark.parametrize("tree", [tree for tree in TREES.values() if tree.rendered and tree.entries], ids=str)
def test_a_walk_gives_each_cluster_what_kustomize_renders(tree: Tree, tmp_path: Path) -> None:
    tree.write(tmp_path)
    for cluster in whole_state(tree).clusters:
        objects = {
            (
                item.resource.data["apiVersion"],
                item.resource.id.kind,
                item.resource.id.namespace,
                item.resource.id.name,
            ): item
            for item in cluster.objects
            if item.resource.id.kind in oracle.KINDS
        }
        rendered = oracle.applied(tmp_path, tree.entries[cluster.cluster])
        assert objects.keys() == {identity for identity in rendered if identity[1] in oracle.KINDS}
        for identity, item in objects.items():
            spec, expected = item.resource.data.get("spec", {}), rendered[identity].get("spec", {})
            assert spec.get("replicas") == expected.get("replicas"), identity
            assert spec.get("path") == expected.get("path"), identity
