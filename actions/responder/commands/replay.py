"""Tries the response rules out on sample events: which rule meets which workload, and what it would change. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import BadEvent, Unsupported
from ..falco import cloudevent
from ..falco.event import Event
from ..gitops.checkout import Checkout
from ..gitops.flux.sources import Origin
from ..plan import planner
from ..plan.outcome import Outcome, Verdict
from ..rules import matching
from ..rules.model import Rule, Rules


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """A sample by its name, what would become of it, and by which rules."""

    name: str
    outcome: Outcome
    rules: tuple[str, ...] = ()

    @property
    def is_mistake(self) -> bool:
        """Whether the rules ask for something that can never be: a protected workload, a response it does not have."""
        return isinstance(self.outcome.refusal, Unsupported) or self.outcome.verdict is Verdict.INVALID


def replay(samples: Mapping[str, object], ruleset: Rules, checkout: Checkout, origin: Origin) -> list[Replayed]:
    """What would become of each sample by itself; nothing is counted against a limit, nothing waits for a review."""
    return [_replayed(name, document, ruleset, checkout, origin) for name, document in samples.items()]


def unmatched(ruleset: Rules, names: Iterable[str]) -> list[Rule]:
    """The rules that can never match an event of a Falco rule with one of these names."""
    known = list(names)
    return [
        rule
        for rule in ruleset.rules
        if rule.criteria.rules and not any(rule.criteria.rules.holds(name) for name in known)
    ]


def nowhere(ruleset: Rules, checkout: Checkout) -> list[str]:
    """What the rules name that is not in the repository: the entry paths of clusters, the files of workloads."""
    folders = [f"{path}/" for path in (*checkout.manifests, *checkout.other_files)]
    said = []
    for name, cluster in ruleset.clusters.items():
        path = f"{cluster.path}/"
        if path != "./" and not any(folder.startswith(path) for folder in folders):
            said.append(f"cluster {name}: there is no folder {cluster.path}")
    absent = [one for one in ruleset.assignments if str(one.file) not in checkout.manifests]
    return [*said, *(f"workloads, pod {one.pod}: there is no file {one.file}" for one in absent)]


def _replayed(name: str, document: object, ruleset: Rules, checkout: Checkout, origin: Origin) -> Replayed:
    (found,) = cloudevent.parse_all([document])
    made = planner.plan_responses([found], ruleset, checkout, origin=origin, mode=None)
    return Replayed(name=name, outcome=made.outcomes[0], rules=tuple(_deciding(found, ruleset)))


def _deciding(found: Event | BadEvent, ruleset: Rules) -> Sequence[str]:
    if isinstance(found, BadEvent):
        return ()
    try:
        return [decision.rule.name for decision in matching.decide(found, ruleset)]
    except BadEvent:
        return ()
