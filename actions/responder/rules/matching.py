"""Decides which rules apply to an event, with the reason in words.

The words are for reports: text that an attacker wrote is bounded and escaped in them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ..escape import one_line
from ..falco.event import Event
from .criteria import Criteria
from .model import Mode, Rule, Rules

_VALUE_LIMIT = 80  # characters of a value in a reason


@dataclass(frozen=True)
class MatchResult:
    """Whether an event matches, and why. Its truth value is `matches`, its text is the reason."""

    matches: bool
    reason: str

    def __bool__(self) -> bool:
        return self.matches

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A rule that applies to an event, why it matches, and how careful the response must be."""

    rule: Rule
    reason: str
    mode: Mode


def match(event: Event, rule: Rule) -> MatchResult:
    """Return whether the event fulfils all criteria of the rule; if not, the reason is the first that it does not.

    Raises BadEvent if the rule asks for a namespace and Kubernetes does not accept the names in the event.
    """
    return _match_criteria(event, rule.criteria)


def decide(event: Event, rules: Rules) -> list[Decision]:
    """Return the rules that apply: the first that matches, and the next one as long as the matching one continues.

    Raises BadEvent as `match` does.
    """
    decisions = []
    for rule in rules.rules:
        if result := match(event, rule):
            decisions.append(Decision(rule=rule, reason=result.reason, mode=_mode(event, rule, rules)))
            if not rule.continues:
                break
    return decisions


def _mode(event: Event, rule: Rule, rules: Rules) -> Mode:
    needs_review = any(_match_criteria(event, criteria) for criteria in rules.review)
    return Mode.most_careful([rule.mode, Mode.PULL_REQUEST if needs_review else Mode.COMMIT])


def _match_criteria(event: Event, criteria: Criteria) -> MatchResult:
    reasons = []
    for result in _match_one_by_one(event, criteria):
        if not result:
            return result
        reasons.append(result.reason)
    return MatchResult(True, "; ".join(reasons))


def _match_one_by_one(event: Event, criteria: Criteria) -> Iterator[MatchResult]:
    """Yield the result of each criterion, the cheap ones first: the caller stops at the first that does not hold."""
    if patterns := criteria.rules:
        yield _result("rule", event.rule, patterns, patterns.holds(event.rule))
    if bounds := criteria.priority:
        holds = any(bound.holds(event.priority) for bound in bounds)
        yield _result("priority", event.priority.word, " or ".join(map(str, bounds)), holds)
    if criteria.source:
        holds = _source(event.falco_source) in map(_source, criteria.source)
        yield _result("source", event.falco_source, " or ".join(criteria.source), holds)
    if criteria.tags:
        yield _result("tags", ", ".join(event.tags) or None, criteria.tags, criteria.tags.holds(event.tags))
    if criteria.clusters:
        yield _result("cluster", event.cluster, criteria.clusters, criteria.clusters.holds(event.cluster))
    if criteria.namespaces:
        namespace = event.subject.namespace if event.subject else None
        yield _result("namespace", namespace, criteria.namespaces, criteria.namespaces.holds(namespace))
    for name, condition in criteria.output_fields.items():
        value = event.field(name)
        yield _result(name, value, condition, condition.holds(value))


def _source(source: str | None) -> str | None:
    """Return Falco's name of the source: Falcosidekick writes `syscalls` if Falco names none, Falco `syscall`."""
    return "syscall" if source == "syscalls" else source


def _result(name: str, actual: object, expected: object, holds: bool) -> MatchResult:
    fact = f"{name} {one_line(actual, limit=_VALUE_LIMIT)}" if actual is not None else f"no {name}"
    criterion = f"wanted {one_line(expected, limit=_VALUE_LIMIT)}"
    return MatchResult(holds, f"{fact} ({criterion})" if holds else f"{fact}, but {criterion}")
