"""What can keep an edit from having an effect is named, with the line that causes it."""

from pathlib import PurePosixPath

import pytest

from responder.gitops.checkout import Checkout
from responder.gitops.placement.caveats import find_caveats
from responder.gitops.placement.choice import choose_placement
from responder.gitops.placement.desired_edit import DesiredEdit
from responder.gitops.workloads.locate import locate
from responder.kubernetes.pod_names import Pod
from responder.yamledit.edit import SetValue

STOPPED = SetValue(path=("spec", "replicas"), value=0)
APPS = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: apps
  namespace: flux-system
spec:
  path: ./apps
  sourceRef: {{kind: {kind}, name: fleet}}
{more}"""
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
{metadata}spec:
  replicas: 2
"""
SOURCE = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: {kind}
metadata: {{name: fleet, namespace: flux-system}}
spec: {{ref: {{{ref}}}, url: "https://git.example/acme/fleet"}}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {{name: flux-system, namespace: flux-system}}
spec: {{url: "https://git.example/acme/fleet"}}
"""


def caveats(contents: dict[str, str], edit: DesiredEdit = STOPPED) -> list[str]:
    """Return the caveats of an edit of `web` in the cluster prod."""
    target = locate(
        Checkout.from_contents({path: text.encode() for path, text in contents.items()}),
        subject=Pod(namespace="shop", name="web-77789455d6-m7flp"),
        cluster="prod",
        clusters={"prod": PurePosixPath("clusters/prod")},
    )
    placement = choose_placement(target.desired_state, target.object, edit)
    return [str(caveat) for caveat in find_caveats(target.desired_state, target.object, edit, placement)]


def tree(*, metadata: str = "", more: str = "", kind: str = "GitRepository") -> dict[str, str]:
    return {
        "clusters/prod/apps.yaml": APPS.format(more=more, kind=kind),
        "apps/web.yaml": WEB.format(metadata=metadata),
    }


def test_an_edit_that_nothing_stands_in_the_way_of_has_no_caveats() -> None:
    assert caveats(tree()) == []


@pytest.mark.parametrize(
    ("metadata", "problem"),
    [
        ("  annotations: {kustomize.toolkit.fluxcd.io/reconcile: disabled}\n", "reconcile: disabled keeps Flux"),
        ("  annotations: {kustomize.toolkit.fluxcd.io/ssa: IfNotPresent}\n", "ssa: IfNotPresent keeps Flux"),
        ("  labels: {kustomize.toolkit.fluxcd.io/ssa: ignore}\n", "ssa: ignore keeps Flux"),
    ],
)
def test_an_object_that_flux_leaves_alone_is_named(metadata: str, problem: str) -> None:
    (caveat,) = caveats(tree(metadata=metadata))
    assert caveat == f"apps/web.yaml:6: kustomize.toolkit.fluxcd.io/{problem} from changing the Deployment"


@pytest.mark.parametrize(
    "metadata",
    [
        "  annotations: {kustomize.toolkit.fluxcd.io/reconcile: enabled}\n",
        "  annotations: {kustomize.toolkit.fluxcd.io/ssa: Merge}\n",
        "  annotations: {other.example/reconcile: disabled}\n",
    ],
)
def test_other_annotations_do_not_matter(metadata: str) -> None:
    assert caveats(tree(metadata=metadata)) == []


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("  suspend: true\n", ["clusters/prod/apps.yaml:9: Flux Kustomization apps is suspended"]),
        ("  suspend: false\n", []),
        (
            "  ignore:\n    - paths: [/spec/replicas]\n",
            ["clusters/prod/apps.yaml:10: Flux Kustomization apps ignores changes of spec.replicas"],
        ),
        (
            "  ignore:\n    - {paths: [/spec], target: {kind: Deployment}}\n",
            ["clusters/prod/apps.yaml:10: Flux Kustomization apps ignores changes of spec.replicas"],
        ),
        ("  ignore:\n    - {paths: [/spec], target: {kind: StatefulSet}}\n", []),
        ("  ignore:\n    - paths: [/spec/replicas/deeper, /metadata]\n", []),
    ],
)
def test_a_flux_kustomization_that_does_not_apply_the_change_is_named(more: str, expected: list[str]) -> None:
    assert caveats(tree(more=more)) == expected


@pytest.mark.parametrize(
    ("more", "field", "wait"),
    [
        pytest.param("  wait: true\n", "wait", "its interval", id="wait"),
        pytest.param("  wait: true\n  timeout: 5m\n", "wait", "5m", id="with a timeout"),
        pytest.param("  healthChecks: [{kind: Deployment, name: x}]\n", "healthChecks", "its interval", id="checks"),
    ],
)
def test_a_flux_kustomization_that_waits_for_health_is_named_with_what_ends_it(
    more: str, field: str, wait: str
) -> None:
    (caveat,) = caveats(tree(more=more))
    assert caveat == (
        f"clusters/prod/apps.yaml:9: Flux Kustomization apps waits until what it applies is healthy ({field}): while a "
        f"workload is not, Flux applies a response only after {wait}, unless kustomize-controller has "
        "--feature-gates=CancelHealthCheckOnNewRevision=true"
    )


@pytest.mark.parametrize("more", ["  wait: false\n", "  healthChecks: []\n", "  timeout: 5m\n"])
def test_a_flux_kustomization_that_does_not_wait_has_no_caveat(more: str) -> None:
    assert caveats(tree(more=more)) == []


@pytest.mark.parametrize("ref", ["tag: v1", "commit: 4f2a", "semver: 1.x", "digest: sha256"])
def test_a_source_that_no_new_commit_reaches_is_named(ref: str) -> None:
    contents = {**tree(), "clusters/prod/source.yaml": SOURCE.format(kind="GitRepository", ref=ref)}
    pin = ref.replace(":", "")
    (caveat,) = caveats(contents)
    assert caveat == (
        f"clusters/prod/apps.yaml:8: Flux Kustomization apps reads GitRepository fleet, held at {pin}: "
        "no new commit reaches it"
    )


def test_a_value_that_comes_from_a_variable_is_named() -> None:
    contents = tree(more="  postBuild: {substitute: {count: '3'}}\n")
    contents["apps/web.yaml"] = contents["apps/web.yaml"].replace("replicas: 2", "replicas: ${count}")
    (caveat,) = caveats(contents)
    assert caveat == (
        "apps/web.yaml:7: spec.replicas comes from ${count}, which other objects may use too: it is not changed itself"
    )


def test_a_field_of_a_kustomization_that_is_not_followed_is_named() -> None:
    contents = {**tree(), "apps/kustomization.yaml": "resources: [web.yaml]\nreplacements: [{path: other.yaml}]\n"}
    assert caveats(contents) == ["apps/kustomization.yaml:1: replacements may change it again"]
