"""What several actions together do to a checkout, what they claim, and what is refused."""

from typing import Any

import pytest
import yaml

from responder.errors import Unsupported
from responder.gitops.checkout import changed_files
from responder.gitops.placement.desired_edit import RemoveResource
from responder.plan.apply import AppliedChanges, apply
from responder.proof.claim import AddedObject, EditedObject
from responder.rules.actions import Action, Isolate, Label, Remove, Scale, Stop

from .targets import checkout_of, manifest, target_of

WEB = manifest("Deployment", {"replicas": 2})


def flux(**spec: Any) -> dict[str, Any]:
    source = {"kind": "GitRepository", "name": "flux-system"}
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": "flux-system"},
        "spec": {"path": "./apps", "prune": True, "sourceRef": source, **spec},
    }


def tree(**spec: Any) -> dict[str, Any]:
    return {
        "clusters/prod/apps.yaml": flux(**spec),
        "apps/web.yaml": WEB,
        "apps/other.yaml": manifest("Job", name="other"),
    }


def applied(files: dict[str, Any], *actions: Action, kind: str = "Deployment") -> AppliedChanges:
    cluster = "prod" if "clusters/prod/apps.yaml" in files else None
    return apply(checkout_of(files), actions, target_of(files, kind, cluster=cluster))


def test_every_action_is_applied_and_claimed() -> None:
    result = applied(tree(), Stop(), Label({"a": "b"}))
    assert [str(change.file) for change in result.changes] == ["apps/web.yaml", "apps/web.yaml"]
    assert [type(claim) for claim in result.claims] == [EditedObject, EditedObject]
    assert [str(file) for file in changed_files(checkout_of(tree()), result.checkout)] == ["apps/web.yaml"]


def test_what_is_in_place_takes_no_change_and_no_claim() -> None:
    result = applied(tree(), Scale(2))
    assert (result.changes, result.claims) == ((), ())
    assert changed_files(checkout_of(tree()), result.checkout) == {}


def test_a_removal_is_refused_where_flux_does_not_prune() -> None:
    with pytest.raises(Unsupported) as refusal:
        applied(tree(prune=False), Remove())
    assert str(refusal.value) == (
        "Flux Kustomization apps (clusters/prod/apps.yaml:1) does not prune: what is removed stays"
    )


def test_a_removal_of_the_last_file_of_a_folder_is_refused() -> None:
    files = {path: content for path, content in tree().items() if path != "apps/other.yaml"}
    with pytest.raises(Unsupported, match="it is the last file in apps: Flux Kustomization apps would fail"):
        applied(files, Remove())


def test_a_removal_takes_the_file_away() -> None:
    result = applied(tree(), Remove())
    assert [str(change) for change in result.changes] == ["apps/web.yaml line 1, removed"]
    (claim,) = result.claims
    assert isinstance(claim, EditedObject)
    assert claim.edit == RemoveResource()


def test_a_stop_needs_no_pruning() -> None:
    assert len(applied(tree(prune=False), Stop()).changes) == 1


def test_an_isolation_adds_and_claims_the_policy() -> None:
    result = applied(tree(), Isolate())
    assert [str(change) for change in result.changes] == ["apps/isolate-web.yaml (new)"]
    (claim,) = result.claims
    assert isinstance(claim, AddedObject)
    assert (claim.cluster, str(claim)) == ("prod", "NetworkPolicy isolate-web")


def test_an_isolation_lists_the_policy_in_the_kustomization() -> None:
    files = {**tree(), "apps/kustomization.yaml": "resources: [web.yaml]\n"}
    result = applied(files, Isolate())
    assert [str(change) for change in result.changes] == [
        "apps/isolate-web.yaml (new)",
        "apps/kustomization.yaml line 1, resources.1 (new)",
    ]
    again = apply(result.checkout, [Isolate()], target_of(files, "Deployment", cluster="prod"))
    assert (again.changes, again.claims) == ((), ())


def test_a_policy_that_nothing_here_applies_is_not_claimed() -> None:
    result = applied({"web.yaml": WEB}, Isolate())
    assert len(result.changes) == 1
    assert result.claims == ()


def test_a_warning_is_given_once() -> None:
    files = tree(suspend=True)
    result = applied(files, Stop(), Label({"a": "b"}))
    assert [warning.partition(": ")[2] for warning in result.warnings] == ["Flux Kustomization apps is suspended"]


CRON_TREE = {
    "clusters/prod/apps.yaml": flux(),
    "apps/web.yaml": manifest("CronJob", {"schedule": "0 3 * * *"}),
    "apps/other.yaml": manifest("Job", name="other"),
}


def test_a_stop_takes_a_cron_job_out_because_a_suspension_would_not_end_its_pods() -> None:
    result = applied(CRON_TREE, Stop(), kind="CronJob")
    (claim,) = result.claims
    assert isinstance(claim, EditedObject)
    assert claim.edit == RemoveResource()
    assert result.unreached == ""
    assert result.checkout.read("apps/web.yaml") is None


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        pytest.param(
            {**CRON_TREE, "clusters/prod/apps.yaml": flux(prune=False)},
            "Flux Kustomization apps (clusters/prod/apps.yaml:1) does not prune: what is removed stays",
            id="no pruning",
        ),
        pytest.param(
            {"apps/web.yaml": CRON_TREE["apps/web.yaml"]},
            "the repository does not show whether Flux prunes",
            id="no Flux Kustomization",
        ),
        pytest.param(
            {path: content for path, content in CRON_TREE.items() if path != "apps/other.yaml"},
            "it is the last file in apps: Flux Kustomization apps would fail, and prune nothing",
            id="last file",
        ),
    ],
)
def test_a_cron_job_that_cannot_be_taken_out_is_suspended_and_its_pods_run_on(
    files: dict[str, Any], reason: str
) -> None:
    result = applied(files, Stop(), kind="CronJob")
    assert yaml.safe_load(result.checkout.read("apps/web.yaml") or b"")["spec"]["suspend"] is True
    assert result.unreached == f"it cannot be taken out: {reason}"


def test_a_stop_after_another_response_keeps_what_that_changed() -> None:
    result = applied(
        {**CRON_TREE, "clusters/prod/apps.yaml": flux(prune=False)}, Label({"a": "b"}), Stop(), kind="CronJob"
    )
    assert [change.line for change in result.changes] == [4, 9]
    assert result.unreached
