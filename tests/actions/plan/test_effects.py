"""What each action edits in each kind of object."""

from typing import Any

import pytest
import yaml

from responder.errors import Refused, Unsupported
from responder.gitops.placement.desired_edit import JsonPatch, RemoveResource
from responder.gitops.workloads import locate
from responder.kubernetes.pod_names import Pod
from responder.plan.effects import STOP, effects_of, replica_change, warnings_about
from responder.plan.outcome import ReplicaChange
from responder.rules.actions import Action, Annotate, Label, PatchManifest, Remove, Scale, Stop
from responder.yamledit.edit import AppendItem, SetValue

from .targets import checkout_of, target, target_of


def edits(action: Action, kind: str, spec: dict[str, Any] | None = None, *others: Any) -> list[object]:
    """Return the edits of an action for a workload."""
    return [effect.edit for effect in effects_of(action, target(kind, spec, *others))]


STOPPED: dict[str, tuple[str, int | bool]] = {
    "Deployment": ("replicas", 0),
    "StatefulSet": ("replicas", 0),
    "ReplicaSet": ("replicas", 0),
    "ReplicationController": ("replicas", 0),
    "Rollout": ("replicas", 0),
    "CronJob": ("suspend", True),
    "Job": ("suspend", True),
}


@pytest.mark.parametrize(("kind", "field"), STOPPED.items())
def test_a_stop_sets_the_field_of_the_kind(kind: str, field: tuple[str, int | bool]) -> None:
    (edit,) = edits(Stop(), kind)
    assert edit == SetValue(path=("spec", field[0]), value=field[1])
    assert isinstance(edit, SetValue)
    assert type(edit.value) is type(field[1])


def test_a_stop_of_a_daemon_set_selects_a_node_label_that_no_node_has() -> None:
    path = ("spec", "template", "spec", "nodeSelector", "falco-dispatch.dev/stopped")
    assert edits(Stop(), "DaemonSet") == [SetValue(path=path, value="true")]


def test_a_stop_of_a_pod_removes_it_as_remove_does() -> None:
    assert edits(Stop(), "Pod") == edits(Remove(), "Pod") == [RemoveResource()]


def test_every_kind_that_can_be_stopped_is_in_a_table_of_these_tests() -> None:
    assert set(STOP) == {*STOPPED, "DaemonSet"}


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "Rollout"])
def test_a_scale_sets_the_replicas(kind: str) -> None:
    assert edits(Scale(2), kind) == [SetValue(path=("spec", "replicas"), value=2)]


@pytest.mark.parametrize("kind", ["DaemonSet", "CronJob", "Job", "Pod"])
def test_what_has_no_replicas_cannot_be_scaled(kind: str) -> None:
    with pytest.raises(Unsupported, match=f"^a {kind} has no response `scale`$"):
        edits(Scale(2), kind)


@pytest.mark.parametrize(
    ("action", "kind", "paths"),
    [
        pytest.param(
            Label({"a": "1", "b": "2"}), "Deployment", ["metadata.labels.a", "metadata.labels.b"], id="object"
        ),
        pytest.param(Annotate({"a": "1"}), "CronJob", ["metadata.annotations.a"], id="annotation"),
        pytest.param(
            Label({"a": "1"}, on_pods=True), "StatefulSet", ["spec.template.metadata.labels.a"], id="labels of pods"
        ),
        pytest.param(
            Annotate({"a": "1"}, on_pods=True),
            "CronJob",
            ["spec.jobTemplate.spec.template.metadata.annotations.a"],
            id="annotations of the pods of a CronJob",
        ),
    ],
)
def test_labels_and_annotations_are_set_one_by_one(action: Action, kind: str, paths: list[str]) -> None:
    assert [".".join(map(str, edit.path)) for edit in edits(action, kind)] == paths  # type: ignore[attr-defined]


def test_a_pod_has_no_pod_template_to_label() -> None:
    with pytest.raises(Unsupported, match=r"^a Pod has no pod template$"):
        edits(Label({"a": "1"}, on_pods=True), "Pod")


def autoscaler(minimum: int | None) -> dict[str, Any]:
    spec = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "maxReplicas": 5}
    least = {} if minimum is None else {"minReplicas": minimum}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {**spec, **least},
    }


KEDA = {
    "apiVersion": "keda.sh/v1alpha1",
    "kind": "ScaledObject",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"scaleTargetRef": {"name": "web"}},
}
PAUSED = SetValue(path=("metadata", "annotations", "autoscaling.keda.sh/paused-replicas"), value="0")


@pytest.mark.parametrize(
    ("scaler", "expected"),
    [
        pytest.param(autoscaler(0), [SetValue(path=("spec", "minReplicas"), value=1)], id="wakes from zero"),
        pytest.param(autoscaler(1), [], id="sleeps at zero"),
        pytest.param(autoscaler(None), [], id="default minimum"),
        pytest.param(KEDA, [PAUSED], id="KEDA"),
    ],
)
def test_an_autoscaler_does_not_undo_a_stop(scaler: dict[str, Any], expected: list[SetValue]) -> None:
    assert edits(Stop(), "Deployment", None, scaler)[1:] == expected


def test_an_autoscaler_is_left_alone_by_a_label() -> None:
    assert len(edits(Label({"a": "1"}), "Deployment", None, KEDA)) == 1


def test_a_patch_keeps_the_operations_that_change_something() -> None:
    change = {"op": "replace", "path": "/spec/replicas", "value": 1}
    action = PatchManifest(({"op": "test", "path": "/spec/replicas", "value": 2}, change))
    (edit,) = edits(action, "Deployment", {"replicas": 2})
    assert isinstance(edit, JsonPatch)
    assert change in edit.operations


def test_a_patch_whose_test_fails_is_refused() -> None:
    test = {"op": "test", "path": "/spec/replicas", "value": 3}
    change = {"op": "replace", "path": "/spec/replicas", "value": 1}
    with pytest.raises(Refused, match=r"/spec/replicas"):
        edits(PatchManifest((test, change)), "Deployment", {"replicas": 2})


def test_a_patch_of_the_whole_manifest_is_refused() -> None:
    with pytest.raises(Refused, match="a whole manifest is not changed by a patch"):
        edits(PatchManifest(({"op": "replace", "path": "", "value": {}},)), "Deployment")


RELEASE = {
    "apiVersion": "helm.toolkit.fluxcd.io/v2",
    "kind": "HelmRelease",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"chart": {"spec": {"chart": "web"}}},
}


@pytest.mark.parametrize(
    ("action", "patch"),
    [
        pytest.param(
            Stop(),
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 0}},
            id="stop",
        ),
        pytest.param(
            Label({"a": "1", "b": "2"}),
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": "web", "labels": {"a": "1", "b": "2"}},
            },
            id="labels, beside the name",
        ),
        pytest.param(
            PatchManifest(({"op": "remove", "path": "/spec/x"},)), [{"op": "remove", "path": "/spec/x"}], id="patch"
        ),
    ],
)
def test_a_release_gets_a_post_renderer_for_the_workload_that_names_the_pod(action: Action, patch: object) -> None:
    release = target_of({"web.yaml": RELEASE}, "HelmRelease")
    (effect,) = effects_of(action, release)
    assert isinstance(effect.edit, AppendItem)
    assert effect.edit.path == ("spec", "postRenderers")
    value: Any = effect.edit.value
    (entry,) = value["kustomize"]["patches"]
    assert entry["target"] == {"kind": "Deployment", "name": "web"}
    assert yaml.safe_load(entry["patch"]) == patch


def test_a_stop_takes_a_cron_job_of_a_release_out_because_a_suspension_would_not_end_its_pods() -> None:
    pod = Pod(namespace="shop", name="web-29385720-m7flp")
    release = locate.locate(checkout_of({"web.yaml": RELEASE}), subject=pod)
    (effect,) = effects_of(Stop(), release)
    assert isinstance(effect.edit, AppendItem)
    value: Any = effect.edit.value
    patches = {entry["target"]["kind"]: yaml.safe_load(entry["patch"]) for entry in value["kustomize"]["patches"]}
    assert patches["CronJob"] == {
        "$patch": "delete",
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "web"},
    }


def test_a_release_is_removed_as_a_whole() -> None:
    (effect,) = effects_of(Remove(), target_of({"web.yaml": RELEASE}, "HelmRelease"))
    assert effect.edit == RemoveResource()


@pytest.mark.parametrize(
    ("action", "when_scaled", "count"), [(Stop(), "Delete", 1), (Stop(), "Retain", 0), (Label({"a": "1"}), "Delete", 0)]
)
def test_volumes_that_a_stop_deletes_are_warned_about(action: Action, when_scaled: str, count: int) -> None:
    spec = {"persistentVolumeClaimRetentionPolicy": {"whenScaled": when_scaled}}
    warnings = warnings_about(action, target("StatefulSet", spec))
    assert len(warnings) == count
    assert all("deletes its volumes" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("actions", "kind", "spec", "change"),
    [
        pytest.param([Stop()], "Deployment", {"replicas": 3}, ReplicaChange(previous=3, current=0), id="stop"),
        pytest.param([Scale(1)], "StatefulSet", {"replicas": 3}, ReplicaChange(previous=3, current=1), id="scale"),
        pytest.param([Stop()], "Deployment", {}, ReplicaChange(previous=None, current=0), id="no count before"),
        pytest.param([Label(set={"a": "b"})], "Deployment", {"replicas": 3}, None, id="another action"),
        pytest.param([Stop()], "DaemonSet", {}, None, id="a kind without replicas"),
    ],
)
def test_what_a_person_reads_of_replicas_is_what_the_cluster_had_and_gets(
    actions: list[Action], kind: str, spec: dict[str, Any], change: ReplicaChange | None
) -> None:
    assert replica_change(actions, target(kind, spec)) == change
