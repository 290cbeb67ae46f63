"""Which objects of a cluster may own a pod."""

import pytest

from responder.gitops.workloads import owners
from responder.kubernetes.pod_names import Owner, Pod
from tests.actions.gitops.resources import cluster_object, deployment, helm_release

POD = Pod(namespace="shop", name="web-77789455d6-m7flp")
SCALER = """\
apiVersion: {api}
kind: {kind}
metadata: {{name: scaler, namespace: {namespace}}}
spec: {{scaleTargetRef: {{{target}}}}}
"""


def names(*texts: str, pod: Pod = POD, hints: tuple[Owner, ...] = ()) -> list[str]:
    objects = [cluster_object(text, file=f"{number}.yaml") for number, text in enumerate(texts)]
    return [item.resource.id.full_name for item in owners.declared_owners(objects, pod, hints)]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param([deployment("web", "shop")], ["shop/web"], id="by name and namespace"),
        pytest.param([deployment("web", "other")], [], id="not in another namespace"),
        pytest.param([deployment("web")], ["-/web"], id="without a namespace if no other counts"),
        pytest.param([deployment("web"), deployment("web", "shop")], ["shop/web"], id="the exact namespace first"),
        pytest.param([deployment("we", "shop"), deployment("web-7", "shop")], [], id="not a similar name"),
        pytest.param(["kind: Service\nmetadata: {name: web, namespace: shop}\n"], [], id="workloads only"),
        pytest.param([deployment("web", "shop")] * 2, ["shop/web", "shop/web"], id="two declarations are two"),
    ],
)
def test_declared_workloads_own_a_pod_by_its_name(texts: list[str], expected: list[str]) -> None:
    assert names(*texts) == expected


def test_a_workload_without_a_namespace_is_in_the_default_one() -> None:
    pod = Pod(namespace="default", name=POD.name)
    assert names(deployment("web"), deployment("web", "default"), pod=pod) == ["-/web", "default/web"]


def test_a_controller_that_the_event_names_decides() -> None:
    hint = (Owner(kind="Deployment", name="api"),)
    assert names(deployment("web", "shop"), deployment("api", "shop"), hints=hint) == ["shop/api"]


def test_one_declaration_that_is_applied_twice_to_a_cluster_is_one() -> None:
    objects = [cluster_object(deployment("web", "shop")), cluster_object(deployment("web", "shop"))]
    assert len(owners.declared_owners(objects, POD, ())) == 1


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param([helm_release("web", "shop")], ["shop/web"], id="of the name"),
        pytest.param(
            [helm_release("web", "flux", spec="targetNamespace: shop, releaseName: web")], ["flux/web"], id="to"
        ),
        pytest.param([helm_release("web", "other")], [], id="not into another namespace"),
        pytest.param([helm_release("we", "shop"), helm_release("w", "shop")], [], id="not of another name"),
        pytest.param([helm_release("web")], ["-/web"], id="without a namespace if no other counts"),
        pytest.param([helm_release("web"), helm_release("web", "shop")], ["shop/web"], id="the exact namespace first"),
    ],
)
def test_a_release_may_own_a_pod_by_what_it_may_create(texts: list[str], expected: list[str]) -> None:
    objects = [cluster_object(text, file=f"{number}.yaml") for number, text in enumerate(texts)]
    assert [item.resource.id.full_name for item in owners.helm_releases(objects, POD, ())] == expected


def test_a_release_whose_main_object_has_the_name_comes_before_one_that_may_create_it() -> None:
    pod = Pod(namespace="shop", name="web-api-77789455d6-m7flp")
    objects = [
        cluster_object(helm_release("web", "shop"), file="a.yaml"),
        cluster_object(helm_release("web-api", "shop")),
    ]
    assert [item.resource.id.name for item in owners.helm_releases(objects, pod, ())] == ["web-api"]


@pytest.mark.parametrize(
    ("api", "kind", "namespace", "target", "is_autoscaler"),
    [
        ("autoscaling/v2", "HorizontalPodAutoscaler", "shop", "kind: Deployment, name: web", True),
        ("keda.sh/v1alpha1", "ScaledObject", "shop", "name: web", True),
        ("keda.sh/v1alpha1", "ScaledObject", "shop", "kind: StatefulSet, name: web", False),
        ("autoscaling/v2", "HorizontalPodAutoscaler", "other", "kind: Deployment, name: web", False),
        ("autoscaling/v2", "HorizontalPodAutoscaler", "shop", "kind: Deployment, name: api", False),
        ("other.example/v1", "HorizontalPodAutoscaler", "shop", "kind: Deployment, name: web", False),
    ],
)
def test_an_autoscaler_is_one_that_scales_the_workload(
    api: str, kind: str, namespace: str, target: str, is_autoscaler: bool
) -> None:
    workload = cluster_object(deployment("web", "shop"))
    scaler = cluster_object(SCALER.format(api=api, kind=kind, namespace=namespace, target=target))
    assert owners.autoscalers([workload, scaler], workload) == ((scaler,) if is_autoscaler else ())


def test_an_autoscaler_of_another_cluster_does_not_count() -> None:
    target = "kind: Deployment, name: web"
    scaler = SCALER.format(api="autoscaling/v2", kind="HorizontalPodAutoscaler", namespace="shop", target=target)
    workload = cluster_object(deployment("web", "shop"))
    assert owners.autoscalers([cluster_object(scaler, cluster="test")], workload) == ()


def test_the_name_of_the_main_object_counts_before_all_others_without_a_namespace_too() -> None:
    pod = Pod(namespace="shop", name="web-api-77789455d6-m7flp")
    objects = [cluster_object(helm_release(name), file=f"{name}.yaml") for name in ("web", "web-api")]
    assert [item.resource.id.name for item in owners.helm_releases(objects, pod, ())] == ["web-api"]
