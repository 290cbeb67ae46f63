"""Whatever a refusal offers to write into the rules settles it: with each of the lines the event is contained."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from responder.errors import Ambiguous, NotFound
from responder.falco import cloudevent
from responder.falco.event import Event
from responder.gitops.checkout import Checkout
from responder.gitops.workloads import hints
from responder.plan import planner
from responder.plan.outcome import Outcome, Verdict
from responder.proof.prover import kustomize_prover
from responder.publish.work_tree import WorkTree
from responder.rules import parser
from tests import sidekick
from tests.actions.gitops.trees import TREES, Tree
from tests.actions.plan.test_golden import CASES, Case

OWNER_FIELDS = {
    "Deployment": "k8smeta.deployment.name",
    "ReplicaSet": "k8smeta.rs.name",
    "ReplicationController": "k8smeta.rc.name",
}
RULES = {"version": 1, "rules": [{"name": "all", "match": {"rules": ["*"]}, "respond": ["stop"]}]}


def event(pod: str, cluster: str | None, fields: Mapping[str, Any]) -> Event:
    falco = sidekick.falco_events()["E02"]
    namespace, _, name = pod.partition("/")
    names = {"k8s.ns.name": namespace, "k8s.pod.name": name, **fields}
    extensions = {"cluster": cluster} if cluster else {}
    sent = {**falco, "output_fields": {**falco["output_fields"], **names}}
    return cloudevent.parse(sidekick.cloudevent(sent, event_id="1", **extensions))


def from_golden(folder: Path) -> tuple[Checkout, dict[str, Any], Event]:
    case = Case(folder)
    path = case.state / ".github" / "falco-response.yaml"
    rules = yaml.safe_load(path.read_text()) if path.exists() else RULES
    shell = event(case.says["pod"], case.says.get("cluster"), case.says.get("fields", {}))
    return WorkTree(case.state).checkout(), rules, shell


def from_tree(tree: Tree, case: Mapping[str, Any]) -> tuple[Checkout, dict[str, Any], Event]:
    clusters = {name: {"path": path} for name, path in tree.entries.items()}
    fields = {OWNER_FIELDS[owner["kind"]]: owner["name"] for owner in case.get("owners", [])}
    shell = event(case["pod"], case.get("cluster"), fields)
    return tree.checkout, RULES | ({"clusters": clusters} if clusters else {}), shell


def refusals() -> Iterator[Any]:
    for folder in sorted(CASES.iterdir()):
        if "write into the rules" in json.loads((folder / "case.json").read_bytes())["reason"]:
            yield pytest.param(*from_golden(folder), id=folder.name)
    for tree in TREES.values():
        for number, case in enumerate(tree.cases):
            if case.get("refused") == "Ambiguous":
                yield pytest.param(*from_tree(tree, case), id=f"{tree.name}-{number}")


def outcome(checkout: Checkout, rules: Mapping[str, Any], shell: Event) -> Outcome:
    ruleset = parser.parse(json.dumps(rules).encode(), name="rules")
    with kustomize_prover(required=False) as prover:
        return planner.plan_responses([shell], ruleset, checkout, prover=prover).outcomes[0]


def with_line(rules: Mapping[str, Any], line: str) -> dict[str, Any]:
    """The rules with a line that a message offers, which begins with the field that it adds to."""
    ((field, value),) = yaml.safe_load(line.strip("`")).items()
    present = rules.get(field, type(value)())
    return {**rules, field: present | value if isinstance(value, dict) else [*value, *present]}


@pytest.mark.parametrize(("checkout", "rules", "shell"), list(refusals()))
def test_each_line_that_a_refusal_offers_leads_to_a_response(
    checkout: Checkout, rules: dict[str, Any], shell: Event
) -> None:
    refusal = outcome(checkout, rules, shell).refusal
    assert isinstance(refusal, Ambiguous | NotFound)
    advices = (hints.UNNAMED_CLUSTER, hints.DECLARED_TWICE, hints.BUILT_TWICE)
    assert refusal.settle or any(advice in str(refusal) for advice in advices)
    reasons = {line: outcome(checkout, with_line(rules, line), shell) for line in refusal.settle}
    contained = (Verdict.CONTAINED, Verdict.ASSUMED)
    assert {line: settled.reason for line, settled in reasons.items() if settled.verdict not in contained} == {}
