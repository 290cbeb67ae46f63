"""Pods that an operator makes lead to the object that it makes them from, by its name and its fields."""

from typing import Any

import pytest

from responder.kubernetes.operator_kinds import OperatorKind, find_kind, problem_of
from responder.kubernetes.pod_names import Owner


def kind(*pods: str, **options: Any) -> OperatorKind:
    return OperatorKind(group="g", kind="K", pods=pods, **options)


DATA = {
    "metadata": {"labels": {"strimzi.io/cluster": "events"}},
    "spec": {"pools": [{"name": "a"}, {"name": "b.c"}, {"size": 1}, "x"], "cluster": "main", "ordinal": 7, "map": {}},
}


@pytest.mark.parametrize(
    ("form", "pod", "owned"),
    [
        ("{name}-{number}", "web-0", True),
        ("{name}-{number}", "web-01", False),
        ("{name}-{number}", "web-api-0", False),
        ("{name}-{number}", "webs-0", False),
        ("{name}-{digits}", "web-0001", True),
        ("{name}-{digits}", "web-1a", False),
        ("{name}-{random}", "web-m7flp", True),
        ("{name}-{random}", "web-m7fla", False),
        ("{name}-{hash}-{random}", "web-77789455d6-m7flp", True),
        ("{name}-{hash}-{random}", "web-api-m7flp", False),
        ("{name}-{digits}-deployment-{hash}-{random}", "web-00001-deployment-77789455d6-m7flp", True),
        ("{name}-{digits}-deployment-{hash}-{random}", "web-x-deployment-77789455d6-m7flp", False),
        ("{name}-{random}-runner-{random}", "web-x7k2d-runner-9x8kq", True),
        ("{name}-{/spec/pools/*/name}-{number}", "web-a-1", True),
        ("{name}-{/spec/pools/*/name}-{number}", "web-b.c-1", True),
        ("{name}-{/spec/pools/*/name}-{number}", "web-bxc-1", False),
        ("{name}-{/spec/pools/*/name}-{number}", "web-d-1", False),
        ("{name}-{/spec/pools/*/name}-{part}-{number}", "web-a-x7k2-0", True),
        ("{name}-{/spec/pools/*/name}-{part}-{number}", "web-d-x7k2-0", False),
        ("{name}-{/spec/pools/*/name}-{part}-{number}", "web-a-x-7k2-0", False),
        ("{name}-{/spec/absent}-{part}-{number}", "web-d-x7k2-0", False),
        ("{name}-{word}-{number}", "web-a-x-7k2-0", True),
        ("{/spec/cluster}-{name}-{number}", "main-web-0", True),
        ("{/spec/ordinal}-{name}-{number}", "7-web-0", True),
        ("{/spec/map}-{name}-{number}", "main-web-0", False),
        ("{/spec/absent/name}-{name}-{number}", "main-web-0", False),
        ("{/metadata/labels/strimzi.io~1cluster}-{name}-{number}", "events-web-0", True),
        ("{name}-writer", "web-writer", True),
        ("{name}-writer", "web-reader", False),
    ],
)
def test_the_form_of_a_name_is_filled_with_the_name_and_the_fields_of_the_object(
    form: str, pod: str, owned: bool
) -> None:
    assert kind("unlike-{name}", form).owns(DATA, "web", pod, ()) is owned
    assert kind(form).may_own(pod) >= owned


@pytest.mark.parametrize(("name", "owned"), [("a" * 60, True), ("a" * 59, True), ("a" * 57, False)])
def test_a_name_that_kubernetes_cut_is_recognised(name: str, owned: bool) -> None:
    pod = "a" * 58 + "m7flp"
    assert kind("{name}-{random}").owns({}, name, pod, ()) is owned
    assert kind("{name}-{random}").may_own(pod)


def test_the_owner_that_an_event_names_decides() -> None:
    knative = kind("{name}-{digits}-deployment-{hash}-{random}")
    pod = "web-00001-deployment-77789455d6-m7flp"
    for name, owned in (("web-00001-deployment", True), ("web-00002-deployment", False), ("web", False)):
        assert knative.owns({}, "web", pod, [Owner(kind="Deployment", name=name)]) is owned
    replica_set = Owner(kind="ReplicaSet", name="web-00001-deployment-77789455d6")
    assert knative.owns({}, "web", pod, [replica_set])
    assert not knative.owns({}, "web", pod, [replica_set, Owner(kind="Deployment", name="other")])


def test_a_kind_that_cannot_have_made_a_pod_is_told_by_the_name_of_the_pod_alone() -> None:
    assert not kind("prometheus-{name}-{number}").may_own("alertmanager-k8s-0")
    assert kind("prometheus-{name}-{number}").may_own("prometheus-a-b-0")


def test_the_first_kind_of_a_group_and_name_counts() -> None:
    first, second = kind("{name}-a"), kind("{name}-b")
    assert find_kind([first, second], "g", "K") is first
    assert find_kind([first, second], "h", "K") is None
    assert find_kind([first, second], "g", "L") is None


def test_labels_have_the_name_of_the_object() -> None:
    assert kind("{name}", labels={"a": "x-{name}", "b": "c"}).pod_labels("web") == {"a": "x-web", "b": "c"}


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ("{name}-{number}", None),
        ("{name}-{/spec/pools/*/name}-{hash}-{random}", None),
        ("web-{number}", "it lacks {name}"),
        ("{name}-{ordinal}", "{ordinal} is not one of {name}, {hash}, {number}, "),
        ("{name}-{hash}", "{hash} belongs before {random}"),
        ("{hash}-{name}-{random}", "{hash} belongs before {random}"),
        ("{name}_{number}", "other characters than small letters"),
        ("{name}-{number", "other characters than small letters"),
    ],
)
def test_a_text_that_is_no_form_of_names_is_told_with_its_reason(form: str, problem: str | None) -> None:
    reason = problem_of(form)
    assert reason is None if problem is None else reason and problem in reason
