"""Whether an event is what a rule asks for, with the reason in words, and which rules are followed. Pure.

The words are for reports; what an attacker wrote is bounded and escaped in them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ..escape import one_line
from ..falco.event import Event
from .criteria import Criteria
from .model import Mode, Rule, Rules

_SHOWN = 80  # characters of a value in a reason


@dataclass(frozen=True)
class MatchResult:
    """Whether something is so, and why; as a truth value it is the former."""

    holds: bool
    text: str

    def __bool__(self) -> bool:
        return self.holds

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A rule to follow for an event: why it matches, and how careful to be."""

    rule: Rule
    reason: str
    mode: Mode


def match(event: Event, rule: Rule) -> MatchResult:
    """Whether the event fulfils all that the rule asks: then why, else the first thing that it does not fulfil.

    Raises BadEvent where the rule asks for a namespace and the event's pod cannot be one.
    """
    return _fulfils(event, rule.criteria)


def decide(event: Event, rules: Rules) -> list[Decision]:
    """The rules to follow: the first that matches, and while the matching one says `continue`, the next that does.

    Raises BadEvent as `match` does.
    """
    decisions = []
    for rule in rules.rules:
        if reason := match(event, rule):
            decisions.append(Decision(rule=rule, reason=reason.text, mode=_mode(event, rule, rules)))
            if not rule.continues:
                break
    return decisions


def _mode(event: Event, rule: Rule, rules: Rules) -> Mode:
    needs_review = any(_fulfils(event, criteria) for criteria in rules.review)
    return Mode.most_careful([rule.mode, Mode.PULL_REQUEST if needs_review else Mode.COMMIT])


def _fulfils(event: Event, criteria: Criteria) -> MatchResult:
    fulfilled = []
    for reason in _reasons(event, criteria):
        if not reason:
            return reason
        fulfilled.append(reason.text)
    return MatchResult(True, "; ".join(fulfilled))


def _reasons(event: Event, criteria: Criteria) -> Iterator[MatchResult]:
    """One by one, so that the dearer ones are only looked at where the cheaper ones hold."""
    if wanted := criteria.rules:
        yield _reason("rule", event.rule, wanted, wanted.holds(event.rule))
    if bounds := criteria.priority:
        holds = any(bound.holds(event.priority) for bound in bounds)
        yield _reason("priority", event.priority.word, " or ".join(map(str, bounds)), holds)
    if criteria.source:
        yield _reason("source", event.falco_source, " or ".join(criteria.source), event.falco_source in criteria.source)
    if criteria.tags:
        yield _reason("tags", ", ".join(event.tags) or None, criteria.tags, criteria.tags.holds(event.tags))
    if criteria.clusters:
        yield _reason("cluster", event.cluster, criteria.clusters, criteria.clusters.holds(event.cluster))
    if criteria.namespaces:
        namespace = event.pod[0] if event.pod else None
        yield _reason("namespace", namespace, criteria.namespaces, criteria.namespaces.holds(namespace))
    for name, condition in criteria.output_fields.items():
        found = event.field(name)
        yield _reason(name, found, condition, condition.holds(found))


def _reason(what: str, found: object, wanted: object, holds: bool) -> MatchResult:
    is_found = f"{what} {one_line(found, limit=_SHOWN)}" if found is not None else f"no {what}"
    asked = f"wanted {one_line(wanted, limit=_SHOWN)}"
    return MatchResult(holds, f"{is_found} ({asked})" if holds else f"{is_found}, but {asked}")
