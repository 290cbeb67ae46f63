"""What a Helm release may create is told from names, by the conventions of Helm and Flux."""

import pytest

from responder.gitops.workloads import helm
from tests.actions.gitops.resources import deployment, helm_release, resource

LONG = "a" * 40 + "-" + "b" * 20


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("", "plex"),
        ("targetNamespace: media", "media-plex"),
        ("releaseName: server", "server"),
        ("releaseName: server, targetNamespace: media", "server"),
    ],
)
def test_a_release_is_called_as_helm_calls_it(spec: str, name: str) -> None:
    assert helm.release_name(resource(helm_release("plex", "apps", spec=spec))) == name


def test_a_name_that_is_too_long_is_cut_and_gets_a_hash() -> None:
    # echo -n aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbbbbbb | sha256sum
    name = helm.release_name(resource(helm_release(LONG)))
    assert (len(name), name[:41]) == (53, "a" * 40 + "-")
    assert helm.release_name(resource(helm_release("c" * 53))) == "c" * 53


@pytest.mark.parametrize(
    ("spec", "name", "may_create"),
    [
        ("", "plex", True),
        ("", "plex-worker", True),
        ("", "plexus", False),
        ("", "other-plex", False),
        ("values: {fullnameOverride: server}", "server-worker", True),
        ("values: {global: {fullnameOverride: server}}", "server", True),
        ("values: {fullnameOverride: server}", "plex", True),
    ],
)
def test_a_release_may_create_what_begins_with_its_name(spec: str, name: str, may_create: bool) -> None:
    assert helm.may_create(resource(helm_release("plex", spec=spec)), name) is may_create


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        ("chart: {spec: {chart: media-server}}", {"plex", "plex-media-server"}),
        ("chart: {spec: {chart: ./charts/media-server}}", {"plex", "plex-media-server"}),
        ("chart: {spec: {chart: media-server}}, values: {nameOverride: tv}", {"plex", "plex-tv"}),
        ("chart: {spec: {chart: x}}, values: {fullnameOverride: tv}", {"plex", "plex-x", "tv"}),
    ],
)
def test_the_main_object_is_called_after_release_and_chart(spec: str, names: set[str]) -> None:
    assert helm.main_object_names(resource(helm_release("plex", spec=spec))) == names


@pytest.mark.parametrize(
    ("namespace", "spec", "expected"),
    [("apps", "", "apps"), ("apps", "targetNamespace: media", "media"), (None, "", None)],
)
def test_a_release_creates_objects_in_its_target_namespace(
    namespace: str | None, spec: str, expected: str | None
) -> None:
    assert helm.namespace(resource(helm_release("plex", namespace, spec=spec))) == expected


def test_only_a_helm_release_is_one() -> None:
    assert helm.is_release(resource(helm_release("plex")).id)
    assert not helm.is_release(resource(deployment("plex")).id)
