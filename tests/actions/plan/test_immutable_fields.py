"""No edit is made that the API server would refuse: it would keep Flux from applying the next response, too."""

from typing import Any

import pytest

from responder.errors import Unsupported
from responder.gitops.workloads import locate
from responder.kubernetes.pod_names import Pod
from responder.plan.apply import AppliedChanges, apply
from responder.plan.effects import STOP, effects_of
from responder.rules.actions import Action, Annotate, Label, PatchManifest, Stop
from responder.yamledit.edit import AppendItem

from .targets import LABELS, checkout_of, manifest, target_of
from .test_apply import flux
from .test_effects import RELEASE

PODS = Label({"quarantine": "true"}, on_pods=True)


def patch(path: str, value: Any = "x") -> PatchManifest:
    return PatchManifest(({"op": "add", "path": path, "value": value},))


def respond(kind: str, action: Action, *, spec: dict[str, Any] | None = None, **metadata: Any) -> AppliedChanges:
    files = {"web.yaml": manifest(kind, spec, **metadata)}
    return apply(checkout_of(files), [action], target_of(files, kind))


@pytest.mark.parametrize(
    ("kind", "action", "field"),
    [
        pytest.param("Job", PODS, "spec.template.metadata.labels.quarantine", id="labels of a Job's pods"),
        pytest.param(
            "Job",
            Annotate({"a": "b"}, on_pods=True),
            "spec.template.metadata.annotations.a",
            id="annotations of a Job's pods",
        ),
        pytest.param("Job", patch("/spec/template/metadata/name"), "spec.template.metadata.name", id="template"),
        pytest.param("Job", patch("/spec/template"), "spec.template", id="the whole template"),
        pytest.param("Job", patch("/spec", {}), "spec", id="all that has the template in it"),
        pytest.param("Job", patch("/spec/selector", {}), "spec.selector", id="selector of a Job"),
        pytest.param("Deployment", patch("/spec/selector/matchLabels/a"), "spec.selector.matchLabels.a", id="selector"),
        pytest.param("DaemonSet", patch("/spec/selector", {}), "spec.selector", id="selector of a DaemonSet"),
        pytest.param("StatefulSet", patch("/spec/serviceName"), "spec.serviceName", id="service of a StatefulSet"),
        pytest.param("StatefulSet", patch("/spec/volumeClaimTemplates", []), "spec.volumeClaimTemplates", id="volumes"),
        pytest.param("Pod", patch("/spec/nodeName"), "spec.nodeName", id="spec of a Pod"),
    ],
)
def test_an_immutable_field_is_refused_with_its_source(kind: str, action: Action, field: str) -> None:
    spec = {"selector": {"matchLabels": LABELS}} if kind == "Deployment" else None
    with pytest.raises(Unsupported) as refusal:
        respond(kind, action, spec=spec)
    assert str(refusal.value).startswith(
        f"{field} of a {kind} cannot change (https://github.com/kubernetes/kubernetes/"
    )
    assert "Flux would apply nothing more of the same Kustomization" in str(refusal.value)


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        *(pytest.param(kind, Stop(), id=f"stop of a {kind}") for kind in STOP),
        pytest.param("Job", Label({"a": "b"}), id="labels of a Job itself"),
        pytest.param("Job", patch("/spec/parallelism", 0), id="parallelism of a Job"),
        pytest.param("StatefulSet", PODS, id="labels of a StatefulSet's pods"),
        pytest.param("Deployment", patch("/spec/template/metadata/name"), id="template"),
        pytest.param("CronJob", Annotate({"a": "b"}, on_pods=True), id="pods of a CronJob"),
    ],
)
def test_what_can_change_is_changed(kind: str, action: Action) -> None:
    assert len(respond(kind, action).changes) == 1


def test_an_image_of_a_pod_can_change() -> None:
    containers = [{"name": "web", "image": "web:1"}]
    operation = {"op": "replace", "path": "/spec/containers/0/image", "value": "pause"}
    assert respond("Pod", PatchManifest((operation,)), spec={"containers": containers}).changes


@pytest.mark.parametrize("setting", ["Kustomization", "annotation"])
def test_an_immutable_field_can_change_where_flux_may_replace_the_object(setting: str) -> None:
    annotations = {"kustomize.toolkit.fluxcd.io/force": "enabled"} if setting == "annotation" else {}
    files = {
        "clusters/prod/apps.yaml": flux(force=setting == "Kustomization"),
        "apps/web.yaml": manifest("Job", annotations=annotations),
    }
    assert len(apply(checkout_of(files), [PODS], target_of(files, "Job", cluster="prod")).changes) == 1


@pytest.mark.parametrize(
    "action",
    [Label({"app": "x"}, on_pods=True), patch("/spec/template/metadata/labels", {"other": "x"})],
    ids=["label", "patch"],
)
def test_labels_of_pods_that_the_selector_demands_are_kept(action: Action) -> None:
    with pytest.raises(Unsupported, match=r"^spec\.selector of the Deployment demands the label app: web of its pods"):
        respond("Deployment", action, spec={"selector": {"matchLabels": LABELS}})


def test_a_job_of_a_release_gets_no_labels_on_its_pods() -> None:
    pod = Pod(namespace="shop", name="web-m7flp")
    release = locate.locate(checkout_of({"web.yaml": RELEASE}), subject=pod)
    assert "Job" in [workload.kind for workload in release.chart_workloads]
    kinds: dict[str, list[str]] = {}
    for action in (Stop(), PODS):
        (effect,) = effects_of(action, release)
        assert isinstance(effect.edit, AppendItem)
        value: Any = effect.edit.value
        kinds[type(action).name] = [entry["target"]["kind"] for entry in value["kustomize"]["patches"]]
    assert ("Job" in kinds["stop"], "Job" in kinds["label"]) == (True, False)


@pytest.mark.parametrize(
    ("kind", "warning"),
    [
        ("Deployment", "replaces its pods, and the evidence in them is lost"),
        ("StatefulSet", "replaces its pods, and the evidence in them is lost"),
        ("DaemonSet", "replaces its pods, and the evidence in them is lost"),
        ("ReplicaSet", "reaches its next pods only: those that run now stay"),
        ("CronJob", "reaches its next pods only: those that run now stay"),
    ],
)
def test_it_is_said_what_a_change_of_the_pod_template_does_to_the_pods(kind: str, warning: str) -> None:
    assert respond(kind, PODS).warnings == (f"a change of the pod template of a {kind} {warning}",)


@pytest.mark.parametrize("kind", STOP)
def test_a_stop_says_nothing_of_the_pod_template(kind: str) -> None:
    assert respond(kind, Stop()).warnings == ()
