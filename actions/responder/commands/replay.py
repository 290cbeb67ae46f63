"""Tries the response rules out on sample events: which rule meets which workload, and what it would change. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from ..errors import BadEvent
from ..falco import cloudevent
from ..falco.cloudevent import ParsedEvent
from ..falco.event import Event
from ..gitops.checkout import Checkout
from ..gitops.flux.sources import Origin
from ..plan import planner
from ..report.check_report import Replay
from ..rules import matching
from ..rules.model import Rule, Rules


def replay(samples: Mapping[str, object], ruleset: Rules, checkout: Checkout, origin: Origin) -> list[Replay]:
    """Return what would become of each sample by itself. Nothing counts against a limit or waits for a review."""
    return [_replay(name, document, ruleset, checkout, origin) for name, document in samples.items()]


def unmatchable(ruleset: Rules, falco_rules: Iterable[str]) -> list[Rule]:
    """Return the rules that can never match an event of a Falco rule with one of these names."""
    names = list(falco_rules)
    return [
        rule
        for rule in ruleset.rules
        if rule.criteria.rules and not any(rule.criteria.rules.holds(name) for name in names)
    ]


def missing_files(ruleset: Rules, checkout: Checkout) -> list[str]:
    """Return which files of workloads the rules name and the repository lacks."""
    return [
        f"workloads, pod {assignment.pod}: there is no file {assignment.file}"
        for assignment in ruleset.assignments
        if str(assignment.file) not in checkout.manifests
    ]


def warnings(ruleset: Rules) -> list[str]:
    """Return what the rules leave open: clusters that every account that can start the workflow may speak for."""
    open_clusters = [name for name, cluster in ruleset.clusters.items() if not cluster.dispatched_by]
    if len(ruleset.clusters) < 2 or not open_clusters:
        return []
    names = ", ".join(open_clusters)
    return [
        f"whoever can start the workflow can speak for {names}, the relay of another cluster too: write into the rules "
        "`dispatched-by` of each cluster, with the login of its relay's GitHub App"
    ]


def response_warnings(replays: Iterable[Replay]) -> list[str]:
    """Return what a person should know of the responses to the samples, each warning once."""
    responses = [item.outcome.response for item in replays if item.outcome.response]
    return list(dict.fromkeys(warning for response in responses for warning in response.warnings))


def _replay(name: str, document: object, ruleset: Rules, checkout: Checkout, origin: Origin) -> Replay:
    (event,) = cloudevent.parse_all([document])
    plan = planner.plan_responses([event], ruleset, checkout, origin=origin, mode=None)
    return Replay(name=name, outcome=plan.outcomes[0].as_rules_want, rules=tuple(_deciding_rules(event, ruleset)))


def _deciding_rules(event: ParsedEvent, ruleset: Rules) -> Sequence[str]:
    if not isinstance(event, Event):
        return ()
    try:
        return [decision.rule.name for decision in matching.decide(event, ruleset)]
    except BadEvent:
        return ()
