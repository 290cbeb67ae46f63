"""The pod of an event, its owners and its output fields."""

from collections.abc import Mapping
from typing import Any

import pytest

from responder.errors import BadEvent
from responder.falco import cloudevent
from responder.kubernetes.pod_names import Owner
from tests import sidekick

FALCO = sidekick.falco_events()
E02 = FALCO["E02"]
POD = "alpine-deployment-77789455d6-m7flp"


def falco(**fields: object) -> dict[str, Any]:
    return {"rule": "A rule", "priority": "Notice", "output_fields": fields}


@pytest.mark.parametrize(
    ("short", "pod"),
    [
        pytest.param("E01", ("default", "alpine"), id="bare pod"),
        pytest.param("E02", ("default", POD), id="Deployment's pod"),
        pytest.param("E05", None, id="container without metadata"),
        pytest.param("E09", ("hello-app", "nginx-676b6c5bbc-4xc6t"), id="exec in the audit log"),
        pytest.param("E10", None, id="audit of a cluster-scoped object"),
        pytest.param("E11", None, id="audit of a service account, not a pod"),
        pytest.param(
            "E12",
            ("falco-event-generator", "hostnetwork-deployment-748bd48fcb-hrj2q"),
            id="audit of a created pod, without a resource",
        ),
        pytest.param("E13", None, id="Falco about itself"),
        pytest.param("D17", None, id="host"),
    ],
)
def test_the_pod_of_a_recorded_event(short: str, pod: tuple[str, str] | None) -> None:
    assert cloudevent.parse(FALCO[short]).pod == pod


@pytest.mark.parametrize(
    ("fields", "pod"),
    [
        pytest.param(
            {"k8s.ns.name": "a", "k8s.pod.name": "p", "k8smeta.ns.name": "b", "k8smeta.pod.name": "q"},
            ("a", "p"),
            id="Falco's own fields come first",
        ),
        pytest.param(
            {"k8s.ns.name": "a", "k8s.pod.name": "<NA>", "k8smeta.ns.name": "b", "k8smeta.pod.name": "q"},
            ("b", "q"),
            id="the halves of two pods are never joined",
        ),
        pytest.param({"k8s.ns.name": "a"}, None, id="a namespace alone is no pod"),
        pytest.param(
            {"ka.target.resource": "secrets", "ka.target.namespace": "a", "ka.target.name": "p"},
            None,
            id="a secret is no pod",
        ),
        pytest.param(
            {"ka.target.resource": "pods", "ka.target.namespace": "a", "ka.resp.name": "p"},
            ("a", "p"),
            id="a created pod has its name in the answer",
        ),
        pytest.param(
            {"ka.target.subresource": "exec", "ka.target.namespace": "a", "ka.target.name": "p"},
            ("a", "p"),
            id="only pods can be exec'd into",
        ),
        pytest.param(
            {"ka.target.subresource": "scale", "ka.target.namespace": "a", "ka.target.name": "p"},
            None,
            id="what is scaled is no pod",
        ),
        pytest.param({"ka.target.resource": "pods", "ka.target.namespace": "a"}, None, id="a list of pods is no pod"),
    ],
)
def test_where_the_pod_is_looked_for(fields: Mapping[str, str], pod: tuple[str, str] | None) -> None:
    assert cloudevent.parse(falco(**fields)).pod == pod


AUDITED = {"ka.target.resource": "deployments", "ka.target.namespace": "a", "ka.target.name": "web"}


@pytest.mark.parametrize(
    ("fields", "subject"),
    [
        pytest.param(AUDITED, "Deployment a/web", id="a Deployment"),
        pytest.param({**AUDITED, "ka.target.subresource": "scale"}, "Deployment a/web", id="its scale"),
        pytest.param({**AUDITED, "ka.target.resource": "cronjobs"}, "CronJob a/web", id="a CronJob"),
        pytest.param({**AUDITED, "ka.target.name": None, "ka.resp.name": "x"}, "Deployment a/x", id="created"),
        pytest.param({**AUDITED, "ka.target.resource": "pods"}, "a/web", id="a pod"),
        pytest.param({**AUDITED, "k8s.ns.name": "b", "k8s.pod.name": "p"}, "b/p", id="a pod comes first"),
        pytest.param({**AUDITED, "ka.target.resource": "secrets"}, "None", id="a secret"),
        pytest.param({**AUDITED, "ka.target.namespace": "<NA>"}, "None", id="no namespace"),
        pytest.param({**AUDITED, "ka.target.name": "<NA>"}, "None", id="a list of Deployments"),
    ],
)
def test_an_event_is_about_a_pod_or_the_workload_that_the_audit_log_names(
    fields: Mapping[str, str], subject: str
) -> None:
    assert str(cloudevent.parse(falco(**fields)).subject) == subject


def test_names_of_what_is_no_workload_need_not_be_those_of_a_workload() -> None:
    fields = {**AUDITED, "ka.target.resource": "clusterroles", "ka.target.name": "system:node"}
    assert cloudevent.parse(falco(**fields)).subject is None


def test_an_audited_workload_that_no_cluster_can_have_is_refused() -> None:
    with pytest.raises(BadEvent, match="Kubernetes does not accept the pod name"):
        _ = cloudevent.parse(falco(**{**AUDITED, "ka.target.name": "../etc"})).subject


@pytest.mark.parametrize(
    ("namespace", "name"),
    [
        pytest.param("default", "../../etc/passwd", id="path"),
        pytest.param("../default", "web-0", id="path as namespace"),
        pytest.param("default", "web 0", id="space"),
        pytest.param("default", "web-0\n", id="line end"),
        pytest.param("default", "Web-0", id="upper case"),
        pytest.param("default", "web..0", id="empty label"),
        pytest.param("default", "a" * 254, id="pod too long"),
        pytest.param("a" * 64, "web-0", id="namespace too long"),
        pytest.param("a.b", "web-0", id="dot in a namespace"),
        pytest.param("default", "$(id)", id="shell"),
        pytest.param("default", ["web-0"], id="a list"),
    ],
)
def test_a_pod_that_no_cluster_can_have_is_refused(namespace: str, name: object) -> None:
    event = cloudevent.parse(falco(**{"k8s.ns.name": namespace, "k8s.pod.name": name}))
    with pytest.raises(BadEvent, match="Kubernetes does not accept the") as caught:
        _ = event.pod
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


def test_the_longest_names_that_kubernetes_takes_are_taken() -> None:
    longest = ".".join(["a" * 62, "b" * 63, "c" * 63, "d" * 62])
    assert cloudevent.parse(falco(**{"k8s.ns.name": "n" * 63, "k8s.pod.name": longest})).pod == ("n" * 63, longest)


@pytest.mark.parametrize("missing", [None, "", "<NA>", "N/A", "<no value>", []])
def test_a_field_that_falco_has_no_value_for_is_none(missing: object) -> None:
    event = cloudevent.parse(falco(**{"proc.name": missing, "proc.tty": 0, "thread.ismain": False}))
    assert event.field("proc.name") is None
    assert event.field("absent") is None
    assert event.field("proc.tty") == 0
    assert event.field("thread.ismain") is False


def test_owners_that_the_event_names_are_told_the_most_certain_first() -> None:
    replica_set = Owner(kind="ReplicaSet", name="alpine-deployment-77789455d6")
    deployment = Owner(kind="Deployment", name="alpine-deployment")
    assert cloudevent.parse(FALCO["D18"]).owner_hints == (deployment, replica_set)
    legacy = {"k8s.rs.name": replica_set.name, "k8s.deployment.name": "<NA>", "k8smeta.rc.name": "rc-1"}
    assert cloudevent.parse(falco(**legacy)).owner_hints == (
        replica_set,
        Owner(kind="ReplicationController", name="rc-1"),
    )
    assert cloudevent.parse(E02).owner_hints == ()


def test_events_of_the_host_and_of_falco_itself_are_known() -> None:
    events = {short: cloudevent.parse(document) for short, document in FALCO.items()}
    assert {short for short, event in events.items() if event.is_host} == {"D17"}
    assert {short for short, event in events.items() if event.is_internal} == {"E13", "D19"}
