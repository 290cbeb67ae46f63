"""How a Flux Kustomization changes the kustomization of its folder, and the objects that come of that."""

from dataclasses import replace
from typing import Any

import pytest

from responder.gitops.flux.adjustments import adjust, finish
from responder.gitops.flux.kustomization import FluxKustomization
from responder.gitops.kustomize.kustomization import Kustomization
from responder.gitops.kustomize.patches import StrategicMergePatch
from responder.gitops.kustomize.resource import Layer, Phase
from tests.actions.gitops.resources import deployment, flux_kustomization, resource

CONFIG: dict[tuple[str, str | None], dict[str, object]] = {
    ("vars", "flux-system"): {"app": "ledger", "count": 3, "text": "a\nb"},
    ("any", None): {"app": "any"},
}


def flux(spec: str) -> FluxKustomization:
    return FluxKustomization(resource(flux_kustomization(spec=spec)))


def test_its_fields_replace_those_of_the_kustomization_and_its_lists_come_last() -> None:
    content = Kustomization(file="k.yaml", namespace="shop", prefix="a-", suffix="-z", components=("../c",))
    spec = "targetNamespace: store, namePrefix: b-, components: [../d], patches: [{patch: '{kind: A}'}]"
    adjusted = adjust(flux(spec), content)
    assert (adjusted.namespace, adjusted.prefix, adjusted.suffix) == ("store", "b-", "-z")
    assert adjusted.components == ("../c", "../d")
    (patch,) = adjusted.patches
    assert patch.phase is Phase.FLUX_PATCHES
    assert patch.location is not None
    assert patch.location.keys == ("spec", "patches", 0, "patch")


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        pytest.param("postBuild: {substitute: {app: web}}", "web", id="its own value"),
        pytest.param("postBuild: {substituteFrom: [{kind: ConfigMap, name: vars}]}", "ledger", id="of a ConfigMap"),
        pytest.param("postBuild: {substituteFrom: [{kind: ConfigMap, name: any}]}", "any", id="without a namespace"),
        pytest.param(
            "postBuild: {substitute: {app: web}, substituteFrom: [{kind: ConfigMap, name: vars}]}",
            "web",
            id="its own value first",
        ),
        pytest.param(
            "postBuild: {substitute: {other: x}, substituteFrom: [{kind: Secret, name: vars}]}",
            "${app}",
            id="of a Secret, which is not known",
        ),
        pytest.param("postBuild: {substitute: {other: x}}", "", id="of nothing"),
        pytest.param("postBuild: {substituteFrom: []}", "${app}", id="no variables at all"),
        pytest.param("postBuild: {substituteStrategy: Always}", "", id="always"),
        pytest.param("prune: true", "${app}", id="no substitution"),
    ],
)
def test_variables_are_replaced_as_far_as_they_are_known(spec: str, name: str) -> None:
    assert finish(flux(spec), resource(deployment("'${app}'")), CONFIG).id.name == name


def test_line_ends_in_a_variable_are_dropped() -> None:
    variables = "postBuild: {substituteFrom: [{kind: ConfigMap, name: vars}]}"
    assert finish(flux(variables), resource(deployment("'${text}'")), CONFIG).id.name == "ab"


def test_common_metadata_is_added() -> None:
    finished = finish(flux("commonMetadata: {labels: {a: b}}"), resource(deployment("web")), {})
    assert finished.data["metadata"] == {"name": "web", "labels": {"a": "b"}}


@pytest.mark.parametrize(
    ("body", "file"), [({"spec": {"patches": []}}, None), ({"spec": {"prune": True}}, "objects.yaml")]
)
def test_patches_that_come_from_a_patch_cannot_be_edited_where_it_is_declared(
    body: dict[str, Any], file: str | None
) -> None:
    declaration = resource(flux_kustomization(spec="patches: [{patch: '{kind: A}'}]"))
    patch = StrategicMergePatch(phase=Phase.PATCHES, body=body, location=None)
    layer = Layer(step=0, phase=Phase.PATCHES, patch=patch, is_exclusive=True)
    adjusted = adjust(FluxKustomization(replace(declaration, layers=(layer,))), Kustomization(file=None))
    (flux_patch,) = adjusted.patches
    assert (flux_patch.location.file if flux_patch.location else None) == file
