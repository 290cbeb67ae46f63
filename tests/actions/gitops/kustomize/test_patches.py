"""What each kind of patch changes, and where in the patch a field is set."""

from typing import Any

import pytest

from responder.gitops.kustomize.kustomization import parse
from responder.gitops.kustomize.patches import Json6902Patch, Patch, ReplicaCount, StrategicMergePatch
from responder.gitops.kustomize.resource import Location, Phase, Setting
from tests.actions.gitops.resources import deployment, resource

FILES = {
    "merge.yaml": b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 5}\n",
    "two.yaml": b"kind: A\nmetadata: {name: a}\n---\nkind: B\nmetadata: {name: b}\n",
    "operations.json": b'[{"op": "add", "path": "/spec/replicas", "value": 5}]',
    "text.yaml": b"only text",
    "broken.yaml": b"a: [",
}
WEB = deployment("web", "shop", spec="replicas: 2, template: {spec: {a: 1}}")


def patches(text: str) -> tuple[Patch, ...]:
    """Return the patches of a kustomization with this text."""
    read = {name: (f"prod/{name}", data) for name, data in FILES.items()}
    return parse("prod/kustomization.yaml", text.encode(), read.get).patches


def merge_patch(body: dict[str, Any], **more: Any) -> StrategicMergePatch:
    return StrategicMergePatch(phase=Phase.PATCHES, body=body, location=None, **more)


@pytest.mark.parametrize(
    ("text", "location", "phase"),
    [
        ("patches: [{path: merge.yaml}]", ("merge.yaml",), Phase.PATCHES),
        ("patches: [{patch: '{kind: A}'}]", ("kustomization.yaml", "patches", 0, "patch"), Phase.PATCHES),
        ("patches: [{path: operations.json, target: {kind: A}}]", ("operations.json",), Phase.PATCHES),
        ("patchesStrategicMerge: [merge.yaml]", ("merge.yaml",), Phase.STRATEGIC_MERGE),
        (
            'patchesStrategicMerge: ["kind: A\\nspec: {}"]',
            ("kustomization.yaml", "patchesStrategicMerge", 0),
            Phase.STRATEGIC_MERGE,
        ),
        ("patchesJson6902: [{path: operations.json, target: {kind: A}}]", ("operations.json",), Phase.JSON6902),
        ("replicas: [{name: web, count: 3}]", ("kustomization.yaml", "replicas", 0), Phase.REPLICAS),
    ],
)
def test_a_patch_has_its_phase_and_the_location_where_it_can_be_edited(
    text: str, location: tuple[str, *tuple[str | int, ...]], phase: Phase
) -> None:
    (patch,) = patches(text)
    file, *keys = location
    assert patch.phase is phase
    assert patch.location is not None
    assert (patch.location.file, patch.location.document, patch.location.keys) == (f"prod/{file}", 0, tuple(keys))


@pytest.mark.parametrize(
    "text",
    [
        "patches: [{path: text.yaml}]",
        "patches: [{path: broken.yaml}]",
        "patches: [{path: missing.yaml}]",
        "patches: [text]",
        "patches: text",
        "replicas: [{name: web, count: many}]",
        "replicas: [text]",
    ],
)
def test_what_is_no_patch_is_left_out(text: str) -> None:
    assert patches(text) == ()


def test_each_document_of_a_patch_file_is_a_patch() -> None:
    assert [patch.location for patch in patches("patches: [{path: two.yaml}]")] == [
        Location(file="prod/two.yaml", document=0),
        Location(file="prod/two.yaml", document=1),
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"spec": {"replicas": 0}}, {"replicas": 0, "template": {"spec": {"a": 1}}}, id="a field"),
        pytest.param({"spec": {"template": None}}, {"replicas": 2}, id="null removes a field"),
        pytest.param({"spec": {"template": {"$patch": "delete"}}}, {"replicas": 2}, id="a directive removes a mapping"),
        pytest.param({"spec": {"$patch": "replace", "b": 2}}, {"b": 2}, id="a directive replaces a mapping"),
        pytest.param({"spec": {"replicas": [1]}}, {"replicas": [1], "template": {"spec": {"a": 1}}}, id="a list"),
        pytest.param(
            {"spec": {"new": {"b": 1}}},
            {"replicas": 2, "template": {"spec": {"a": 1}}, "new": {"b": 1}},
            id="a new mapping",
        ),
    ],
)
def test_a_strategic_merge_patch_changes_what_it_says(body: dict[str, Any], expected: dict[str, Any]) -> None:
    patched = merge_patch(body).apply(resource(WEB))
    assert patched is not None
    assert patched["spec"] == expected


@pytest.mark.parametrize(("renames", "name", "kind"), [(False, "web", "Deployment"), (True, "other", "StatefulSet")])
def test_a_patch_changes_name_and_kind_only_if_it_may(renames: bool, name: str, kind: str) -> None:
    body = {"kind": "StatefulSet", "metadata": {"name": "other", "namespace": "elsewhere", "labels": {"a": "b"}}}
    patched = merge_patch(body, renames=renames).apply(resource(WEB))
    assert patched is not None
    assert (patched["kind"], patched["metadata"]) == (kind, {"name": name, "namespace": "shop", "labels": {"a": "b"}})


def test_a_patch_that_deletes_leaves_nothing() -> None:
    assert merge_patch({"$patch": "delete"}).apply(resource(WEB)) is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}, True),
        ({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}, False),
        ({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api", "namespace": "shop"}}, False),
        ({"apiVersion": "v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}, False),
    ],
)
def test_a_patch_without_target_is_for_the_object_with_its_id(body: dict[str, Any], expected: bool) -> None:
    assert merge_patch(body).applies_to(resource(WEB)) is expected


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [("Deployment", "web", True), ("Deployment", "api", False), ("DaemonSet", "web", False)],
)
def test_a_replica_count_is_for_workloads_of_its_name(kind: str, name: str, expected: bool) -> None:
    count = ReplicaCount(name=name, count=0, location=Location(file="k.yaml", document=0))
    candidate = resource(WEB.replace("Deployment", kind))
    assert count.applies_to(candidate) is expected
    assert count.apply(candidate)["spec"]["replicas"] == 0


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("patches: [{path: merge.yaml}]", ("spec", "replicas"), Setting(keys=("spec", "replicas"), exact=True)),
        ("patches: [{path: merge.yaml}]", ("spec", "paused"), None),
        ("patches: [{patch: '{spec: null}'}]", ("spec", "replicas"), Setting(keys=("spec",), exact=False)),
        ("patches: [{patch: '{spec: {$patch: replace}}'}]", ("spec", "a"), Setting(keys=("spec",), exact=False)),
        (
            "patches: [{patch: '{spec: {replicas: null}}'}]",
            ("spec", "replicas"),
            Setting(keys=("spec", "replicas"), exact=False),
        ),
        ("patches: [{path: operations.json}]", ("spec", "replicas"), Setting(keys=(0, "value"), exact=True)),
        ("patches: [{path: operations.json}]", ("spec", "paused"), None),
        (
            "patches: [{patch: '[{op: replace, path: /spec, value: {replicas: 1}}]'}]",
            ("spec", "replicas"),
            Setting(keys=(0, "value", "replicas"), exact=True),
        ),
        (
            "patches: [{patch: '[{op: remove, path: /spec}]'}]",
            ("spec", "replicas"),
            Setting(keys=(0, "value", "replicas"), exact=False),
        ),
        (
            "patches: [{patch: '[{op: add, path: /a, value: 1}, {op: add, path: /b}, {op: add, path: /a, value: 2}]'}]",
            ("a",),
            Setting(keys=(2, "value"), exact=True),
        ),
        ("replicas: [{name: web, count: 3}]", ("spec", "replicas"), Setting(keys=("count",), exact=True)),
        (
            "patches: [{patch: '[{op: copy, from: /a, path: /spec/replicas, value: 2}]'}]",
            ("spec", "replicas"),
            Setting(keys=(0, "value"), exact=False),
        ),
        ("patches: [{patch: '[{op: test, path: /spec/replicas, value: 2}]'}]", ("spec", "replicas"), None),
        ("replicas: [{name: web, count: 3}]", ("spec",), None),
    ],
)
def test_a_patch_says_where_it_sets_a_field(text: str, path: tuple[str, ...], expected: Setting | None) -> None:
    (patch,) = patches(text)
    assert patch.sets(path) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("patches: [{path: merge.yaml}]", True),
        ("patches: [{path: merge.yaml, target: {kind: Deployment}}]", False),
        ("patches: [{path: merge.yaml, target: {name: web}}]", True),
        ("patches: [{path: operations.json, target: {name: 'web.*'}}]", False),
        ("replicas: [{name: web, count: 1}]", True),
    ],
)
def test_a_patch_is_for_one_name_if_its_target_says_so(text: str, expected: bool) -> None:
    (patch,) = patches(text)
    assert patch.is_for_one_name is expected


def test_a_json_patch_without_target_applies_to_nothing() -> None:
    (patch,) = patches("patches: [{path: operations.json}]")
    assert isinstance(patch, Json6902Patch)
    assert not patch.applies_to(resource(WEB))
