"""Patches select objects as Kustomize and Kubernetes do."""

from typing import Any

import pytest

from responder.gitops.kustomize.resource import Resource, identify
from responder.gitops.kustomize.selector import Selector, satisfies

LABELS = {"app": "web", "tier": "front"}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("", True),
        ("app=web", True),
        ("app==web", True),
        ("app=api", False),
        ("app!=api", True),
        ("gone!=api", True),
        ("gone=api", False),
        ("app", True),
        ("gone", False),
        ("!gone", True),
        ("!app", False),
        ("app in (web, api)", True),
        ("app in (api)", False),
        ("app notin (api)", True),
        ("gone notin (api)", True),
        ("gone in (api)", False),
        ("app=web,tier=front", True),
        ("app=web, tier in (back)", False),
        ("app in (web),!gone,tier", True),
        ("app = web", True),
        ("app >= web", False),
        ("(", False),
    ],
)
def test_labels_satisfy_a_selector_as_kubectl_says(selector: str, expected: bool) -> None:
    assert satisfies(LABELS, selector) is expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({}, True),
        ({"kind": "Deployment"}, True),
        ({"kind": "Deploy"}, False),
        ({"kind": "Deploy.*"}, True),
        ({"group": "apps", "version": "v1"}, True),
        ({"version": "v1beta1"}, False),
        ({"name": "web"}, True),
        ({"name": "prod-web"}, True),
        ({"name": "we"}, False),
        ({"name": "web|api"}, True),
        ({"name": "["}, False),
        ({"namespace": "default"}, True),
        ({"namespace": "shop"}, True),
        ({"namespace": "store"}, False),
        ({"labelSelector": "app=web"}, True),
        ({"annotationSelector": "app=web"}, False),
    ],
)
def test_a_target_means_an_object_by_its_first_and_its_present_name(target: dict[str, Any], expected: bool) -> None:
    first = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": LABELS}}
    declared = Resource(file="web.yaml", document=0, item=None, line=1, data=first, ids=(identify(first),))
    renamed = declared.with_data({**first, "metadata": {**first["metadata"], "name": "prod-web", "namespace": "shop"}})  # type: ignore[dict-item]
    assert Selector.parse(target).selects(renamed) is expected


@pytest.mark.parametrize(
    ("name", "expected"), [(r"${APP}", False), (r"\$\{APP\}", True), (r"\$\{APP\}-x", False), (".*APP.*", True)]
)
def test_a_name_with_a_variable_is_selected_by_a_regular_expression_alone(name: str, expected: bool) -> None:
    data = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "${APP}"}}
    resource = Resource(file="web.yaml", document=0, item=None, line=1, data=data, ids=(identify(data),))
    assert Selector(name=name).selects(resource) is expected


@pytest.mark.timeout(20)
@pytest.mark.parametrize("pattern", ["(a|a)*b", "(a+)+b", "a*" * 200 + "b", "(.*){50}b", "(a?){100}b"])
def test_no_pattern_takes_longer_than_the_name_is(pattern: str) -> None:
    data = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a" * 200}}
    resource = Resource(file="web.yaml", document=0, item=None, line=1, data=data, ids=(identify(data),))
    assert not Selector(name=pattern).selects(resource)
    assert Selector(name=pattern.removesuffix("b") + "a*").selects(resource)


def test_an_escaped_name_is_for_one_name() -> None:
    assert Selector(name=r"\$\{APP\}").is_for_one_name
    assert not Selector(name=r"\w").is_for_one_name
