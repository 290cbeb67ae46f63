"""What a kustomization file says, and what it does to names, labels and annotations."""

import pytest

from responder.gitops.fields import find
from responder.gitops.kustomize.kustomization import Kustomization, is_remote, parse
from responder.gitops.manifests import Unreadable
from tests.actions.gitops.resources import deployment, resource

WEB = deployment("web", "shop", spec="template: {metadata: {labels: {app: web}}}")


def kustomization(text: str) -> Kustomization:
    return parse("kustomization.yaml", text.encode(), lambda _: None)


def test_resources_and_the_bases_of_earlier_versions_are_both_read() -> None:
    content = kustomization("bases: [../base]\nresources: [web.yaml, 7]\ncomponents: [../c]\nkind: Component\n")
    assert content.resources == ("web.yaml", "7", "../base")
    assert content.components == ("../c",)
    assert content.is_component


def test_what_can_change_objects_unseen_is_named() -> None:
    assert kustomization("helmCharts: [{name: x}]\nreplacements: []\nvars: [{name: y}]\n").unfollowed == (
        "helmCharts",
        "vars",
    )


@pytest.mark.parametrize("text", ["", "- a list\n", "text\n"])
def test_a_file_without_a_mapping_says_nothing(text: str) -> None:
    assert kustomization(text) == Kustomization(file="kustomization.yaml")


def test_a_file_that_is_no_yaml_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        kustomization("a: [")


@pytest.mark.parametrize(
    ("text", "name", "names_on_the_way"),
    [
        ("namespace: store\n", "store/web", ["web", "web"]),
        ("namePrefix: eu-\nnameSuffix: -v2\n", "shop/eu-web-v2", ["web", "eu-web", "eu-web-v2"]),
        ("nameSuffix: -v2\n", "shop/web-v2", ["web", "web-v2"]),
        ("resources: []\n", "shop/web", ["web"]),
    ],
)
def test_a_kustomization_changes_namespace_and_name(text: str, name: str, names_on_the_way: list[str]) -> None:
    renamed = kustomization(text).rename(resource(WEB))
    assert renamed.id.full_name == name
    assert [object_id.name for object_id in renamed.ids] == names_on_the_way


@pytest.mark.parametrize(
    ("text", "labels", "template_labels"),
    [
        ("commonLabels: {a: b}\n", {"a": "b"}, {"app": "web", "a": "b"}),
        ("labels: [{pairs: {a: b}}]\n", {"a": "b"}, {"app": "web"}),
        ("labels: [{pairs: {a: b}, includeTemplates: true}]\n", {"a": "b"}, {"app": "web", "a": "b"}),
        ("labels: [{pairs: {a: 1}, includeSelectors: true}]\n", {"a": "1"}, {"app": "web", "a": "1"}),
        ("labels: [text]\n", None, {"app": "web"}),
    ],
)
def test_labels_are_added_where_the_kustomization_says(
    text: str, labels: dict[str, str] | None, template_labels: dict[str, str]
) -> None:
    data = kustomization(text).rename(resource(WEB)).data
    assert find(data, ("metadata", "labels")) == labels
    assert find(data, ("spec", "template", "metadata", "labels")) == template_labels


def test_an_object_without_a_template_gets_none() -> None:
    data = kustomization("commonLabels: {a: b}\ncommonAnnotations: {c: d}\n").rename(resource(deployment("web"))).data
    assert data["spec"] == {}
    assert data["metadata"]["annotations"] == {"c": "d"}


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("https://github.com/acme/base//prod?ref=v1", True),
        ("git@github.com:acme/base", True),
        ("github.com/acme/base", True),
        ("SSH://git.example/x", True),
        ("../base", False),
        ("github.com.yaml", False),
        ("https.yaml", False),
    ],
)
def test_a_resource_of_another_repository_is_recognised(reference: str, expected: bool) -> None:
    assert is_remote(reference) is expected
