"""From events to the bytes that change: which rule applies, which workload is meant, which edits follow.

Reads the checkout and writes nothing, so a plan can be made again on a newer tip.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath

from . import match, responses, rules
from .demand import Stop
from .errors import BadEvent, Refused, Unsupported
from .event import Event
from .locate import locate
from .responses import Change
from .workload import Pod, Workload


class Verdict(StrEnum):
    """What became of an event, from best to worst."""

    CONTAINED = "contained"
    IN_PLACE = "in place"
    IGNORED = "ignored"
    REFUSED = "refused"
    INVALID = "invalid"


@dataclass(frozen=True, kw_only=True)
class Response:
    """What a rule demands for an event and what that changes; no changes where it is in place already."""

    event: Event
    pod: Pod
    rule: str
    action: str
    workload: Workload
    changes: tuple[Change, ...]

    def __str__(self) -> str:
        return f"{self.action} {self.workload}"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one event, and why, in a sentence."""

    verdict: Verdict
    reason: str
    event: Event | None = None
    response: Response | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The outcomes of a batch, in its order, and the new content of the files that change, by path from the root."""

    outcomes: tuple[Outcome, ...]
    files: Mapping[PurePosixPath, bytes] = field(default_factory=dict)

    @property
    def responses(self) -> tuple[Response, ...]:
        """The responses that change something."""
        found = (outcome.response for outcome in self.outcomes)
        return tuple(response for response in found if response and response.changes)


def make(events: Iterable[Event | BadEvent], ruleset: rules.Rules, root: Path) -> Plan:
    """Plan the responses to a batch; each edit builds on those before it."""
    files: dict[PurePosixPath, bytes] = {}
    outcomes = [_outcome(event, ruleset, root, files) for event in events]
    return Plan(outcomes=tuple(outcomes), files=files)


def _outcome(event: Event | BadEvent, ruleset: rules.Rules, root: Path, files: dict[PurePosixPath, bytes]) -> Outcome:
    if isinstance(event, BadEvent):
        return Outcome(verdict=Verdict.INVALID, reason=str(event))
    try:
        pod = event.pod
        decision = next(iter(match.decide(event, ruleset)), None)
        if decision is None:
            return Outcome(verdict=Verdict.IGNORED, reason="no response rule matches", event=event)
        if pod is None:
            return Outcome(verdict=Verdict.REFUSED, reason=_podless(event), event=event)
        return _respond(event, Pod(namespace=pod[0], name=pod[1]), decision.rule, ruleset, root, files)
    except BadEvent as error:
        return Outcome(verdict=Verdict.INVALID, reason=str(error), event=event)
    except Refused as error:
        return Outcome(verdict=Verdict.REFUSED, reason=str(error), event=event)


def _respond(
    event: Event, pod: Pod, rule: rules.Rule, ruleset: rules.Rules, root: Path, files: dict[PurePosixPath, bytes]
) -> Outcome:
    target = locate(root, pod=pod, owners=event.owner_hints)
    if protection := ruleset.protection(target.workload):
        raise Unsupported(f"{target.workload} is protected ({protection}): no response touches it")
    if rule.respond != (Stop(),):
        raise Unsupported(f"rule {rule.name!r} asks for more than stop")
    content = files.get(target.file) or (root / target.file).read_bytes()
    change, after = responses.stop(target, content)
    response = Response(
        event=event, pod=pod, rule=rule.name, action="stop", workload=target.workload,
        changes=(change,) if change else (),
    )  # fmt: skip
    if change is None:
        reason = f"{target.file} line {target.line} already says so"
        return Outcome(verdict=Verdict.IN_PLACE, reason=reason, event=event, response=response)
    files[target.file] = after
    reason = f"rule {rule.name!r} stopped it: {change}"
    return Outcome(verdict=Verdict.CONTAINED, reason=reason, event=event, response=response)


def _podless(event: Event) -> str:
    if event.is_host:
        return "it happened on the node itself, outside any pod: there is no workload to contain"
    return "it names no pod (Falco did not know the container's pod), so the workload is not known"
