"""Whether renderings differ in the response alone, without rendering anything."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from responder.errors import BrokenFolder, NotRendered
from responder.gitops.checkout import Checkout
from responder.gitops.placement.desired_edit import DesiredEdit, RemoveResource
from responder.gitops.source_tree import SourceTree
from responder.proof.claim import AddedObject, Claim, EditedObject
from responder.proof.comparison import compare
from responder.proof.render_target import RenderTarget
from responder.proof.rendered import Objects, key_of
from responder.proof.standing import Proof, Standing
from responder.yamledit.edit import AppendItem, SetValue
from tests.actions.plan.targets import manifest, target_of

STOPPED = SetValue(path=("spec", "replicas"), value=0)
WEB = manifest("Deployment", {"replicas": 2})
OTHER = {**WEB, "metadata": {"name": "other", "namespace": "shop"}}
POLICY: dict[str, Any] = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "isolate-web", "namespace": "shop"},
    "spec": {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress"]},
}
FLUX = {
    "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
    "kind": "Kustomization",
    "metadata": {"name": "apps", "namespace": "flux-system"},
    "spec": {"path": "./apps", "sourceRef": {"kind": "GitRepository", "name": "flux-system"}, "prune": True},
}
TREE = {"clusters/prod/apps.yaml": FLUX, "apps/web.yaml": WEB}
TARGET = target_of(TREE, "Deployment", cluster="prod")


def with_spec(content: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    return {**content, "spec": {**content["spec"], **fields}}


def claim(edit: DesiredEdit = STOPPED) -> EditedObject:
    return EditedObject(object=TARGET.object, edit=edit)


def folder(path: str, *, cluster: str = "prod", followed: bool = False) -> RenderTarget:
    tree = SourceTree(Checkout.from_contents({}))
    applier = TARGET.object.applier if followed else None
    items = (TARGET.object,) if path == "apps" else ()
    return RenderTarget(cluster=cluster, source="", path=path, applier=applier, objects=items, tree=tree)


def objects(*contents: Mapping[str, Any]) -> Objects:
    return {key_of(content): content for content in contents}


def failure(target: RenderTarget) -> Objects:
    raise NotRendered(f"{target.path} is broken")


def content_failure(target: RenderTarget) -> Objects:
    raise BrokenFolder(f"{target.path} has a key twice")


def proof_of(
    state: Mapping[RenderTarget, Objects | None], result: Mapping[RenderTarget, Objects | None], *claims: Claim
) -> Proof:
    """Compare renderings by target; None stands for a target that does not render."""
    return compare(
        {target: target for target in state}, claims, render_before=_render(state), render_after=_render(result)
    )


def _render(renderings: Mapping[RenderTarget, Objects | None]) -> Callable[[RenderTarget], Objects]:
    def render(target: RenderTarget) -> Objects:
        rendering = renderings[target]
        return failure(target) if rendering is None else rendering

    return render


APPS, TEST = folder("apps"), folder("apps", cluster="test")


def test_the_claimed_difference_alone_is_proved_and_shown() -> None:
    proof = proof_of({APPS: objects(WEB, OTHER)}, {APPS: objects(with_spec(WEB, replicas=0), OTHER)}, claim())
    assert proof.standing is Standing.PROVED
    assert proof.reason == "the response is the only difference in apps in cluster prod"
    assert "-  replicas: 2\n+  replicas: 0" in proof.diff
    assert "other" not in proof.diff


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        pytest.param([with_spec(WEB, replicas=1), OTHER], "Deployment shop/web of apps", id="another value"),
        pytest.param([with_spec(WEB, replicas=0, paused=True), OTHER], "Deployment shop/web of apps", id="more"),
        pytest.param([OTHER], "Deployment shop/web of apps", id="the object goes"),
        pytest.param([with_spec(WEB, replicas=0)], "Deployment shop/other of apps", id="another object goes"),
        pytest.param(
            [with_spec(WEB, replicas=0), with_spec(OTHER, replicas=0)],
            "Deployment shop/other of apps",
            id="both",
        ),
        pytest.param(
            [with_spec(WEB, replicas=0), OTHER, POLICY], "NetworkPolicy shop/isolate-web of apps", id="a new object"
        ),
    ],
)
def test_any_other_difference_is_disproved(result: list[Mapping[str, Any]], reason: str) -> None:
    proof = proof_of({APPS: objects(WEB, OTHER)}, {APPS: objects(*result)}, claim())
    assert proof.standing is Standing.DISPROVED
    assert proof.reason == f"{reason} in cluster prod would change, which is not the response"
    assert proof.diff


def test_the_same_difference_in_another_cluster_is_disproved() -> None:
    stopped = objects(with_spec(WEB, replicas=0))
    proof = proof_of({APPS: objects(WEB), TEST: objects(WEB)}, {APPS: stopped, TEST: stopped}, claim())
    assert (proof.standing, "in cluster test" in proof.reason) == (Standing.DISPROVED, True)


def test_no_difference_is_disproved_with_the_claim_that_is_not_met() -> None:
    proof = proof_of({APPS: objects(WEB)}, {APPS: objects(WEB)}, claim())
    assert proof.standing is Standing.DISPROVED
    assert proof.reason == (
        "the commit would do nothing to apps/web.yaml:1 (Deployment shop/web): its rendering stays the same"
    )


def test_a_target_that_never_rendered_leaves_no_proof_even_if_the_rest_is_right() -> None:
    broken = folder("broken")
    stopped = objects(with_spec(WEB, replicas=0))
    proof = proof_of({broken: None, APPS: objects(WEB)}, {broken: None, APPS: stopped}, claim())
    assert (proof.standing, proof.reason) == (Standing.NOT_POSSIBLE, "broken is broken")
    assert "replicas: 0" in proof.diff


def test_a_difference_that_is_not_the_response_counts_more_than_a_missing_rendering() -> None:
    broken = folder("broken")
    proof = proof_of({broken: None, APPS: objects(OTHER)}, {broken: None, APPS: objects()}, claim())
    assert proof.standing is Standing.DISPROVED


def test_a_target_that_the_edit_breaks_is_disproved() -> None:
    proof = proof_of({APPS: objects(WEB)}, {APPS: None}, claim())
    assert proof.standing is Standing.DISPROVED
    assert proof.reason == "apps in cluster prod does not render any more: apps is broken"


@pytest.mark.parametrize(
    ("edit", "result"),
    [
        pytest.param(RemoveResource(), [], id="removal"),
        pytest.param(AppendItem(path=("spec", "x"), value=1), [with_spec(WEB, x=[1])], id="an item of a new list"),
    ],
)
def test_each_kind_of_edit_explains_its_difference(edit: DesiredEdit, result: list[Mapping[str, Any]]) -> None:
    assert proof_of({APPS: objects(WEB)}, {APPS: objects(*result)}, claim(edit)).standing is Standing.PROVED


def test_two_claims_about_one_object_are_met_together() -> None:
    labelled = claim(SetValue(path=("metadata", "labels", "a"), value="1"))
    both = with_spec({**WEB, "metadata": {**WEB["metadata"], "labels": {"a": "1"}}}, replicas=0)
    assert proof_of({APPS: objects(WEB)}, {APPS: objects(both)}, claim(), labelled).standing is Standing.PROVED
    half = objects(with_spec(WEB, replicas=0))
    assert proof_of({APPS: objects(WEB)}, {APPS: half}, claim(), labelled).standing is Standing.DISPROVED


def test_a_flux_kustomization_is_judged_by_the_folder_that_it_applies() -> None:
    followed, entry = folder("apps", followed=True), folder("clusters/prod")
    state = {followed: objects(WEB), entry: objects(FLUX)}
    result = {followed: objects(with_spec(WEB, replicas=0)), entry: objects(with_spec(FLUX, patches=[{}]))}
    assert proof_of(state, result, claim()).standing is Standing.PROVED
    other = {**FLUX, "metadata": {"name": "other", "namespace": "flux-system"}}
    changed = {**result, entry: objects(FLUX, with_spec(other, patches=[{}]))}
    assert proof_of({**state, entry: objects(FLUX, other)}, changed, claim()).standing is Standing.DISPROVED


ADDED = AddedObject(cluster="prod", content=POLICY)


def selecting(**labels: str) -> dict[str, Any]:
    return with_spec(POLICY, podSelector={"matchLabels": labels})


@pytest.mark.parametrize(
    ("rendered", "standing"),
    [
        pytest.param(POLICY, Standing.PROVED, id="as it is"),
        pytest.param({**POLICY, "metadata": {"name": "eu-isolate-web"}}, Standing.PROVED, id="named"),
        pytest.param(selecting(app="web", team="a"), Standing.PROVED, id="with labels of a kustomization"),
        pytest.param(selecting(team="a"), Standing.DISPROVED, id="without the labels of the pods"),
        pytest.param(selecting(app="db"), Standing.DISPROVED, id="of other pods"),
        pytest.param(with_spec(POLICY, egress=[{}]), Standing.DISPROVED, id="with more allowed"),
        pytest.param({**POLICY, "metadata": {"name": "other"}}, Standing.DISPROVED, id="of another name"),
        pytest.param({**POLICY, "kind": "ConfigMap"}, Standing.DISPROVED, id="of another kind"),
        pytest.param(with_spec(POLICY, podSelector=None), Standing.DISPROVED, id="without a selector"),
    ],
)
def test_an_added_object_has_to_be_the_claimed_one(rendered: Mapping[str, Any], standing: Standing) -> None:
    assert proof_of({APPS: objects()}, {APPS: objects(rendered)}, ADDED).standing is standing


def test_an_object_that_is_there_already_is_not_added_by_changing_it() -> None:
    proof = proof_of({APPS: objects(selecting(app="db"))}, {APPS: objects(POLICY)}, ADDED)
    assert proof.standing is Standing.DISPROVED


def test_a_long_difference_is_cut() -> None:
    long = with_spec(WEB, args=[str(number) for number in range(500)])
    proof = proof_of({APPS: objects(WEB)}, {APPS: objects(long)}, claim())
    assert proof.diff.splitlines()[-1] == "…"
    assert len(proof.diff.splitlines()) == 201


def test_a_folder_that_the_repository_itself_breaks_is_not_built() -> None:
    proof = compare({APPS: APPS}, [claim()], render_before=content_failure, render_after=failure)
    assert proof.standing is Standing.NOT_BUILT
    assert proof.reason == "Flux cannot build it, and applies nothing until that is mended: apps has a key twice"


def test_a_broken_folder_of_another_cluster_leaves_no_proof_but_stops_nothing() -> None:
    def render(target: RenderTarget, replicas: int) -> Objects:
        return content_failure(target) if target == TEST else objects(with_spec(WEB, replicas=replicas))

    proof = compare(
        {APPS: APPS, TEST: TEST},
        [claim()],
        render_before=lambda target: render(target, 2),
        render_after=lambda target: render(target, 0),
    )
    assert (proof.standing, proof.reason) == (Standing.NOT_POSSIBLE, "apps has a key twice")


def test_a_folder_that_the_edit_mends_leaves_no_proof() -> None:
    stopped = objects(with_spec(WEB, replicas=0))
    proof = compare({APPS: APPS}, [claim()], render_before=content_failure, render_after=lambda _: stopped)
    assert (proof.standing, proof.reason) == (Standing.NOT_POSSIBLE, "apps has a key twice")


def test_a_broken_folder_of_another_cluster_does_not_say_why_that_of_the_response_does_not_render() -> None:
    def render(target: RenderTarget) -> Objects:
        return content_failure(target) if target == TEST else failure(target)

    proof = compare({APPS: APPS, TEST: TEST}, [claim()], render_before=render, render_after=render)
    assert proof.standing is Standing.NOT_POSSIBLE
