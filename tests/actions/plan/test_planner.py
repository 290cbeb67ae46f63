"""Which verdict an event gets, what counts against the budget, and which files change."""

from collections import Counter
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pytest

from responder.errors import BadEvent
from responder.falco import cloudevent
from responder.falco.event import Event
from responder.plan.budget import Budget
from responder.plan.outcome import Verdict
from responder.plan.plan import Plan
from responder.plan.planner import plan_responses
from responder.proof.standing import Proof, Standing
from responder.rules import parser
from responder.rules.model import Limits, Mode
from tests import sidekick

from .targets import checkout_of, manifest

FILES = {
    "web.yaml": manifest("Deployment", {"replicas": 2}),
    "api.yaml": manifest("Deployment", {"replicas": 2}, name="api"),
}
RULES = b"version: 1\nrules: [{name: all, match: {rules: ['*']}, respond: [stop]}]\n"
TWO_RULES = b"""\
version: 1
rules:
  - {name: first, match: {rules: ['*']}, respond: [stop, {label: {set: {a: b}}}], continue: true}
  - {name: second, match: {rules: ['*']}, respond: [stop]}
"""


def shell(name: str = "web", *, suffix: str = "77789455d6-m7flp", **extensions: Any) -> Event:
    """Return the event of a shell in a pod of a Deployment, or of what ends its pods' names with another suffix."""
    falco = sidekick.falco_events()["E02"]
    fields = {**falco["output_fields"], "k8s.ns.name": "shop", "k8s.pod.name": f"{name}-{suffix}"}
    return cloudevent.parse(sidekick.cloudevent({**falco, "output_fields": fields}, event_id=name, **extensions))


def plan(*events: Event | BadEvent, rules: bytes = RULES, **options: Any) -> Plan:
    return plan_responses(events, parser.parse(rules, name="rules"), checkout_of(FILES), **options)


def budget(limit: int) -> Budget:
    return Budget(Limits(responses_per_hour=limit), Counter)


def verdicts(result: Plan) -> list[str]:
    return [outcome.verdict.value for outcome in result.outcomes]


@pytest.mark.parametrize(
    ("mode", "verdict", "files"),
    [
        pytest.param(Mode.COMMIT, "contained", ["web.yaml"], id="commit"),
        pytest.param(Mode.PULL_REQUEST, "proposed", [], id="pull request"),
        pytest.param(Mode.DRY_RUN, "shown", [], id="dry run"),
        pytest.param(None, "contained", ["web.yaml"], id="no mode: applied whatever rules want"),
    ],
)
def test_the_mode_decides_whether_files_change(mode: Mode | None, verdict: str, files: list[str]) -> None:
    result = plan(shell(), mode=mode)
    assert verdicts(result) == [verdict]
    assert [str(file) for file in result.files] == files


def test_a_rule_can_be_more_careful_than_the_run() -> None:
    careful = RULES.replace(b"respond:", b"mode: pull-request, respond:")
    assert verdicts(plan(shell(), rules=careful, mode=Mode.COMMIT)) == ["proposed"]
    assert verdicts(plan(shell(), rules=careful, mode=Mode.DRY_RUN)) == ["shown"]
    assert verdicts(plan(shell(), rules=careful, mode=None)) == ["contained"]


@pytest.mark.parametrize(
    ("mode", "events", "expected"),
    [
        pytest.param(Mode.COMMIT, ["web", "api"], ["contained", "refused"], id="two workloads"),
        pytest.param(Mode.COMMIT, ["web", "web"], ["contained", "in place"], id="in place costs nothing"),
        pytest.param(Mode.PULL_REQUEST, ["web", "api"], ["proposed", "refused"], id="two workloads under review"),
        pytest.param(Mode.PULL_REQUEST, ["web", "web"], ["proposed", "proposed"], id="one workload under review"),
        pytest.param(Mode.DRY_RUN, ["web", "web", "api"], ["shown", "shown", "refused"], id="shown"),
    ],
)
def test_each_workload_costs_one_response_of_the_budget(mode: Mode, events: list[str], expected: list[str]) -> None:
    assert verdicts(plan(*map(shell, events), mode=mode, budget=budget(1))) == expected


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        pytest.param(Mode.COMMIT, ["contained", "proposed", "proposed"], id="commit"),
        pytest.param(Mode.PULL_REQUEST, ["proposed", "proposed", "proposed"], id="under review anyway"),
        pytest.param(Mode.DRY_RUN, ["shown", "shown", "shown"], id="shown anyway"),
        pytest.param(None, ["contained", "shown", "shown"], id="a run that only shows"),
    ],
)
def test_beyond_the_limit_a_person_has_to_merge_if_the_rules_say_so(mode: Mode | None, expected: list[str]) -> None:
    rules = RULES + b"limits: {over-limit: pull-request}\n"
    result = plan(shell("web"), shell("api"), shell("api"), rules=rules, mode=mode, budget=budget(1))
    assert verdicts(result) == expected
    response = result.outcomes[1].response
    assert response
    assert "a person has to merge this response: 1 responses were made" in response.warnings[-1]
    assert list(result.files) == ([PurePosixPath("web.yaml")] if "contained" in expected else [])


def test_a_file_that_cannot_be_committed_costs_its_event_alone() -> None:
    obstacles = {PurePosixPath("web.yaml"): "web.yaml is in a submodule"}
    result = plan(shell("web"), shell("api"), find_obstacle=obstacles.get)
    assert verdicts(result) == ["refused", "contained"]
    assert "web.yaml is in a submodule" in result.outcomes[0].reason


def test_without_a_budget_there_is_no_limit() -> None:
    strict = RULES + b"limits: {responses-per-hour: 0}\n"
    assert verdicts(plan(shell("web"), shell("api"), rules=strict)) == ["contained", "contained"]


def test_events_without_a_response_are_told_apart() -> None:
    unmatched = RULES.replace(b"'*'", b"'Another rule'")
    assert verdicts(plan(BadEvent("it is no event"))) == ["invalid"]
    assert verdicts(plan(shell(), rules=unmatched)) == ["ignored"]
    assert verdicts(plan(shell("absent"))) == ["refused"]


def test_a_protected_workload_is_refused() -> None:
    (outcome,) = plan(shell(), rules=RULES + b"protect: {namespaces: [shop]}\n").outcomes
    assert outcome.verdict is Verdict.REFUSED
    assert outcome.reason == "Deployment shop/web is protected (namespace shop): no response touches it"


def test_an_action_that_two_rules_want_is_applied_once() -> None:
    (outcome,) = plan(shell(), rules=TWO_RULES).outcomes
    response = outcome.response
    assert response is not None
    assert (response.rule, response.action) == ("first, second", "stop and label")
    assert [str(change) for change in response.changes] == [
        "web.yaml line 11, spec.replicas (was 2)",
        "web.yaml line 4, metadata.labels.a (new)",
    ]


def test_each_event_is_planned_on_what_those_before_it_leave() -> None:
    files = {"all.yaml": [FILES["web.yaml"], FILES["api.yaml"]]}
    result = plan_responses([shell("web"), shell("api")], parser.parse(RULES, name="rules"), checkout_of(files))
    data = result.files[PurePosixPath("all.yaml")]
    assert data is not None
    assert data.count(b"replicas: 0") == 2


def test_only_contained_responses_are_in_the_commit_message() -> None:
    careful = b"""\
version: 1
review: [{output_fields: {k8s.pod.name: [api-77789455d6-m7flp]}}]
rules: [{name: all, match: {rules: ['*']}, respond: [stop]}]
"""
    result = plan(shell("web"), shell("api"), rules=careful)
    assert verdicts(result) == ["contained", "proposed"]
    assert [str(response) for response in result.responses] == ["stop Deployment shop/web"]
    assert "Deployment shop/api" not in result.message


class FixedProver:
    """Says the same of every response."""

    def __init__(self, standing: Standing, *, required: bool) -> None:
        self.required = required
        self._proof = Proof(standing=standing, reason="so it is", diff="- 2\n+ 0")

    def prove(self, *_: object) -> Proof:
        return self._proof


@pytest.mark.parametrize(
    ("standing", "required", "verdict"),
    [
        (Standing.PROVED, True, "contained"),
        (Standing.PROVED, False, "contained"),
        (Standing.NOT_POSSIBLE, False, "contained"),
        (Standing.NOT_POSSIBLE, True, "refused"),
        (Standing.NOT_BUILT, False, "committed"),
        (Standing.NOT_BUILT, True, "refused"),
        (Standing.DISPROVED, False, "refused"),
        (Standing.DISPROVED, True, "refused"),
    ],
)
def test_a_response_without_the_proof_that_it_needs_changes_nothing(
    standing: Standing, required: bool, verdict: str
) -> None:
    result = plan(shell(), prover=FixedProver(standing, required=required))
    (outcome,) = result.outcomes
    assert (outcome.verdict.value, outcome.rendered) == (verdict, "- 2\n+ 0")
    assert bool(result.files) is (verdict != "refused")


def test_what_is_not_committed_is_not_proved() -> None:
    disproof = FixedProver(Standing.DISPROVED, required=True)
    assert verdicts(plan(shell(), mode=Mode.PULL_REQUEST, prover=disproof)) == ["proposed"]


SHARED = {
    "clusters/prod/kustomization.yaml": "resources:\n  - ../../base\n",
    "clusters/test/kustomization.yaml": "resources: [../../base]\n",
    "base/kustomization.yaml": "resources: [web.yaml, api.yaml]\n",
    "base/web.yaml": FILES["web.yaml"],
    "base/api.yaml": FILES["api.yaml"],
}
CLUSTERS = RULES + b"clusters: {prod: {path: clusters/prod}, test: {path: clusters/test}}\n"


def reasons(*events: Event, rules: bytes = CLUSTERS, **options: Any) -> list[str]:
    result = plan_responses(events, parser.parse(rules, name="rules"), checkout_of(SHARED), **options)
    return [outcome.reason for outcome in result.outcomes]


def test_a_later_event_of_a_workload_names_the_event_the_file_and_the_line_that_contained_it() -> None:
    prod = {"cluster": "prod"}
    first, second, third = reasons(shell("api", **prod), shell("web", **prod), shell("api", **prod))
    assert first == "rule 'all': clusters/prod/kustomization.yaml line 3, replicas.0 (new)"
    assert third == "contained by event 1 of this batch: clusters/prod/kustomization.yaml line 3"
    assert second.startswith("rule 'all'")


def test_the_same_workload_of_another_cluster_is_not_contained_by_an_event_of_the_batch() -> None:
    second = reasons(shell("web", cluster="prod"), shell("web", cluster="test"))[1]
    assert second.startswith("rule 'all': clusters/test/kustomization.yaml")


def test_events_have_the_numbers_that_people_know_them_by() -> None:
    events = [shell("web", cluster="prod")] * 2
    assert reasons(*events, numbers=[4, 7])[1].startswith("contained by event 4 of this batch")


def test_what_was_in_place_before_the_batch_says_so_without_a_claim_about_a_line_of_the_base() -> None:
    stopped = {
        **SHARED,
        "clusters/prod/kustomization.yaml": "resources: [../../base]\nreplicas: [{name: web, count: 0}]\n",
    }
    result = plan_responses([shell(cluster="prod")], parser.parse(CLUSTERS, name="rules"), checkout_of(stopped))
    (outcome,) = result.outcomes
    assert outcome.reason == "Deployment shop/web is as rule 'all' wants it (declared in base/web.yaml line 1)"


@pytest.mark.parametrize(
    ("mode", "verdict"), [(b"commit", "contained"), (b"pull-request", "proposed"), (b"dry-run", "shown")]
)
def test_a_plan_of_everything_can_be_told_as_the_rules_want_it(mode: bytes, verdict: str) -> None:
    result = plan(shell(), rules=RULES.replace(b"respond:", b"mode: " + mode + b", respond:"), mode=None)
    assert verdicts(result) == ["contained"]
    assert verdicts(result.as_rules_want) == [verdict]


def test_a_file_is_listed_once_however_many_of_its_lines_change() -> None:
    (outcome,) = plan(shell(), rules=TWO_RULES).outcomes
    assert outcome.response is not None
    assert outcome.response.files == ["web.yaml"]


def test_what_flux_cannot_build_is_committed_and_says_why() -> None:
    (outcome,) = plan(shell(), prover=FixedProver(Standing.NOT_BUILT, required=False)).outcomes
    assert (outcome.verdict, outcome.reason.endswith("; so it is")) == (Verdict.COMMITTED, True)


def test_a_refusal_names_the_workload_as_soon_as_it_is_known() -> None:
    protected = plan(shell(), rules=RULES + b"protect: {namespaces: [shop]}\n").outcomes[0]
    assert str(protected.workload) == "Deployment shop/web"
    assert plan(shell("absent")).outcomes[0].workload is None


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        pytest.param(("commit", "commit"), ["contained", "in place"], id="both at once"),
        pytest.param(("pull-request", "commit"), ["proposed", "contained"], id="the first is proposed"),
        pytest.param(("dry-run", "pull-request"), ["shown", "proposed"], id="both are careful"),
        pytest.param(("commit", "pull-request"), ["contained", "in place"], id="the second is proposed"),
    ],
)
def test_a_dry_run_tells_of_each_event_what_its_run_would(modes: tuple[str, str], expected: list[str]) -> None:
    first, second = modes
    rules = f"""\
version: 1
rules:
  - {{name: one, match: {{output_fields: {{proc.name: one}}}}, respond: [stop], mode: {first}}}
  - {{name: two, match: {{output_fields: {{proc.name: two}}}}, respond: [stop], mode: {second}}}
"""
    events = [replace(shell(), fields={**shell().fields, "proc.name": name}) for name in ("one", "two")]
    assert verdicts(plan(*events, rules=rules.encode(), mode=None).as_rules_want) == expected
    if modes != ("pull-request", "commit"):
        assert verdicts(plan(*events, rules=rules.encode())) == expected
