"""What a stop of a CronJob comes to: its pods end only if Flux prunes it."""

from pathlib import PurePosixPath
from typing import Any

from responder.plan.outcome import Verdict
from responder.plan.plan import Plan
from responder.plan.planner import plan_responses
from responder.rules import parser
from responder.rules.model import Mode

from .targets import checkout_of, manifest
from .test_planner import RULES, shell, verdicts


def flux_tree(*, prune: bool) -> dict[str, Any]:
    """Return a CronJob `web` and another workload that a Flux Kustomization applies."""
    source = {"kind": "GitRepository", "name": "flux-system"}
    return {
        "clusters/prod/apps.yaml": {
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
            "kind": "Kustomization",
            "metadata": {"name": "apps", "namespace": "flux-system"},
            "spec": {"path": "./apps", "prune": prune, "sourceRef": source},
        },
        "apps/web.yaml": manifest("CronJob"),
        "apps/other.yaml": manifest("Job", name="other"),
    }


def plan_cron_job(*numbers: int, prune: bool, mode: Mode = Mode.COMMIT) -> Plan:
    """Return the plan for events of pods of the CronJob."""
    events = [shell(f"web-2938572{number}", suffix="m7flp") for number in numbers]
    return plan_responses(events, parser.parse(RULES, name="rules"), checkout_of(flux_tree(prune=prune)), mode=mode)


def test_a_cron_job_that_is_taken_out_is_contained_and_so_are_its_other_pods() -> None:
    first, second = plan_cron_job(0, 1, prune=True).outcomes
    assert first.verdict is Verdict.CONTAINED
    assert (second.verdict, second.reason) == (
        Verdict.IN_PLACE,
        "contained by event 1 of this batch: apps/web.yaml line 1",
    )


def test_a_cron_job_that_is_only_suspended_is_not_contained_and_the_reason_says_what_ends_its_pod() -> None:
    result = plan_cron_job(0, prune=False)
    (outcome,) = result.outcomes
    assert outcome.verdict is Verdict.COMMITTED
    assert list(result.files) == [PurePosixPath("apps/web.yaml")]
    assert "pod shop/web-29385720-m7flp still runs: a suspended CronJob starts no Jobs, but ends none" in outcome.reason
    assert "does not prune" in outcome.reason
    assert 'kubectl --namespace shop delete "$(kubectl --namespace shop get pod web-29385720-m7flp' in outcome.reason
    assert outcome.response is not None
    assert outcome.response.warnings == ()


def test_a_pull_request_that_only_suspends_a_cron_job_warns_that_its_pod_runs_on() -> None:
    (outcome,) = plan_cron_job(0, prune=False, mode=Mode.PULL_REQUEST).outcomes
    assert outcome.verdict is Verdict.PROPOSED
    assert outcome.response is not None
    assert "still runs" in outcome.response.warnings[-1]


def test_an_event_of_a_workload_that_was_never_declared_is_refused_after_a_removal_too() -> None:
    events = [shell("web-29385720", suffix="m7flp"), shell("stranger")]
    result = plan_responses(events, parser.parse(RULES, name="rules"), checkout_of(flux_tree(prune=True)))
    assert verdicts(result) == ["contained", "refused"]
