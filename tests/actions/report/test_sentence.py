"""The words for what became of an event: true in a run, in a dry run, and where only a part is known."""

from dataclasses import replace
from typing import Any

import pytest

from responder.falco.event import Event
from responder.falco.priority import Priority
from responder.kubernetes.pod_names import Pod, Workload
from responder.plan.outcome import EarlierResponse, Outcome, ReplicaChange, Response, Verdict
from responder.report.sentence import sentence
from responder.report.verdict_words import mark

CHECKOUT = Workload(kind="Deployment", namespace="shop", name="checkout")
FIELDS = {"k8s.ns.name": "shop", "k8s.pod.name": "ghost-7d9c5b6f48-x2k9q"}
SHELL = Event(id="1", source="s", rule="A shell", priority=Priority.NOTICE, cluster="prod", fields=FIELDS)
STOP = Response(
    event=SHELL,
    subject=Pod(namespace="shop", name="checkout-1"),
    rule="shells",
    action="stop",
    workload=CHECKOUT,
    cluster="clusters/prod",
    changes=(),
    replicas=ReplicaChange(previous=3, current=0),
)


def words(verdict: Verdict, *, dry_run: bool = False, **options: Any) -> str:
    values: dict[str, Any] = {"reason": "", "event": SHELL, "response": STOP, **options}
    return sentence(Outcome(verdict=verdict, **values), dry_run=dry_run, show=str)


@pytest.mark.parametrize(
    ("verdict", "run", "dry_run"),
    [
        (
            Verdict.CONTAINED,
            "Stopped Deployment shop/checkout in prod (3 → 0 replicas)",
            "Would stop Deployment shop/checkout in prod (3 → 0 replicas)",
        ),
        (
            Verdict.ASSUMED,
            "Stopped Deployment shop/checkout in prod (3 → 0 replicas), if it is its chart that makes the pod",
            "Would stop Deployment shop/checkout in prod (3 → 0 replicas), if it is its chart that makes the pod",
        ),
        (
            Verdict.PROPOSED,
            "Proposed to stop Deployment shop/checkout in prod (3 → 0 replicas)",
            "Would propose to stop Deployment shop/checkout in prod (3 → 0 replicas)",
        ),
        (
            Verdict.DRY_RUN,
            "Would stop Deployment shop/checkout in prod (3 → 0 replicas)",
            "Would stop Deployment shop/checkout in prod (3 → 0 replicas)",
        ),
        (
            Verdict.COMMITTED,
            "Committed, but not in force: stop Deployment shop/checkout in prod (3 → 0 replicas)",
            "Would commit, but not in force: stop Deployment shop/checkout in prod (3 → 0 replicas)",
        ),
        (
            Verdict.IN_PLACE,
            "Deployment shop/checkout in prod is stopped already",
            "Deployment shop/checkout in prod is stopped already",
        ),
        (
            Verdict.REFUSED,
            "Nothing was done: Deployment shop/checkout in prod still runs",
            "Nothing would be done: Deployment shop/checkout in prod still runs",
        ),
    ],
)
def test_a_response_is_told_by_what_was_done_to_which_workload(verdict: Verdict, run: str, dry_run: str) -> None:
    assert words(verdict) == run
    assert words(verdict, dry_run=True) == dry_run


@pytest.mark.parametrize(
    ("verdict", "run", "dry_run"),
    [
        (Verdict.CONTAINED, "contained by event 1", "would be contained by event 1"),
        (Verdict.ASSUMED, "assumed, like event 1", "would be assumed, like event 1"),
        (Verdict.COMMITTED, "committed, like event 1", "would be committed, like event 1"),
    ],
)
def test_a_later_event_of_a_workload_is_no_more_contained_than_the_first(
    verdict: Verdict, run: str, dry_run: str
) -> None:
    origin = EarlierResponse(number=1, verdict=verdict, locations=("a.yaml line 8",))
    assert words(Verdict.IN_PLACE, origin=origin) == f"Deployment shop/checkout in prod {run}"
    assert words(Verdict.IN_PLACE, origin=origin, dry_run=True) == f"Deployment shop/checkout in prod {dry_run}"
    assert words(Verdict.IN_PLACE, origin=origin, response=None, workload=CHECKOUT).endswith(run)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        pytest.param({}, "Nothing was done: pod shop/ghost-7d9c5b6f48-x2k9q in prod still runs", id="a pod"),
        pytest.param(
            {"workload": CHECKOUT}, "Nothing was done: Deployment shop/checkout in prod still runs", id="a workload"
        ),
        pytest.param(
            {"event": replace(SHELL, fields={}, hostname="node-1", cluster=None)},
            "Nothing was done: it happened on node node-1, and names no pod",
            id="a node",
        ),
        pytest.param({"event": None}, "Nothing was done: an event cannot be read", id="no event"),
    ],
)
def test_a_refusal_says_what_still_runs_as_far_as_that_is_known(options: dict[str, Any], text: str) -> None:
    assert words(Verdict.REFUSED, **{"response": None, **options}) == text


def test_an_event_that_no_rule_meets_is_ignored() -> None:
    assert words(Verdict.IGNORED, response=None) == "Ignored: no response rule matches"


@pytest.mark.parametrize(
    ("action", "replicas", "text"),
    [
        ("isolate", None, "Isolated Deployment shop/checkout in prod"),
        ("stop and label", None, "Stopped and labelled Deployment shop/checkout in prod"),
        ("annotate", None, "Annotated Deployment shop/checkout in prod"),
        ("patch", None, "Patched Deployment shop/checkout in prod"),
        ("remove", None, "Removed Deployment shop/checkout in prod"),
        ("scale", ReplicaChange(previous=None, current=1), "Scaled Deployment shop/checkout in prod (→ 1 replicas)"),
    ],
)
def test_each_response_has_its_verb(action: str, replicas: ReplicaChange | None, text: str) -> None:
    assert words(Verdict.CONTAINED, response=replace(STOP, action=action, replicas=replicas)) == text


def test_without_a_name_of_the_cluster_there_is_none() -> None:
    nameless = replace(STOP, event=replace(SHELL, cluster=None), cluster=".")
    assert words(Verdict.CONTAINED, response=nameless) == "Stopped Deployment shop/checkout (3 → 0 replicas)"


def test_the_mark_of_a_dry_run_is_not_that_of_an_act() -> None:
    marks = {verdict: mark(verdict, dry_run=True) for verdict in Verdict}
    acts = {verdict for verdict, text in marks.items() if text == mark(Verdict.DRY_RUN, dry_run=False)}
    assert acts == {Verdict.CONTAINED, Verdict.ASSUMED, Verdict.PROPOSED, Verdict.DRY_RUN, Verdict.COMMITTED}
    assert len({mark(verdict, dry_run=False) for verdict in Verdict}) == len(Verdict)
