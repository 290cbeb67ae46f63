"""From events to the bytes that change: which rule applies, which workload is meant, which edits follow.

Reads the checkout and writes nothing, so a plan can be made again on a newer tip.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from ..errors import BadEvent, OverLimit, ProtectedWorkload, Refused, Unproved
from ..falco.event import Event
from ..gitops.checkout import Checkout, changed_files
from ..gitops.flux.sources import Origin
from ..gitops.workloads import locate
from ..gitops.workloads.locate import Target
from ..kubernetes.pod_names import Pod, Workload
from ..proof.standing import Proof, Prover, Standing
from ..rules import matching
from ..rules.actions import Action
from ..rules.matching import Decision
from ..rules.model import Mode, Rules
from . import apply, commit_message
from .apply import Made
from .outcome import Outcome, Response, Verdict

_VERDICTS = {
    Mode.COMMIT: Verdict.CONTAINED,
    Mode.PULL_REQUEST: Verdict.PROPOSED,
    Mode.DRY_RUN: Verdict.SHOWN,
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The outcomes of a batch, in its order, and the new content of the files that change, None for one that goes.

    What only waits for a review, or is shown as its rule wants it, changes no file.
    """

    outcomes: tuple[Outcome, ...]
    files: Mapping[PurePosixPath, bytes | None] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The commit message of what changes."""
        return commit_message.compose(self.responses)

    @property
    def responses(self) -> tuple[Response, ...]:
        """The responses that change something."""
        contained = (outcome for outcome in self.outcomes if outcome.verdict is Verdict.CONTAINED)
        return tuple(outcome.response for outcome in contained if outcome.response)


def make(
    events: Iterable[Event | BadEvent], ruleset: Rules, checkout: Checkout, *, origin: Origin | None = None,
    prover: Prover | None = None, spent: Callable[[], int] = lambda: 0, mode: Mode | None = Mode.COMMIT,
) -> Plan:  # fmt: skip
    """Plan the responses to a batch; each is planned on the files as those before it leave them.

    `origin` is where the checkout comes from, so that Flux sources that mean the same repository are known. Without a
    `prover` nothing is rendered. `spent` is asked how many responses the last hour saw, if there is one to make.
    `mode` is that of the responses whose rules want none that is more careful; None makes all, whatever rules want.
    """
    planner = _Planner(ruleset, checkout, origin, prover, spent, mode)
    outcomes = [planner.outcome(event) for event in events]
    return Plan(outcomes=tuple(outcomes), files=changed_files(checkout, planner.checkout))


class _Planner:
    def __init__(
        self, ruleset: Rules, checkout: Checkout, origin: Origin | None, prover: Prover | None,
        spent: Callable[[], int], mode: Mode | None,
    ) -> None:  # fmt: skip
        self._ask_spent = spent
        self._made = 0
        self._waiting: set[tuple[str, Workload]] = set()  # of which nothing is made here
        self._mode = mode
        self._ruleset = ruleset
        self._origin = origin
        self._prover = prover
        self._clusters = {name: cluster.path for name, cluster in ruleset.clusters.items()}
        self.checkout = checkout

    def outcome(self, event: Event | BadEvent) -> Outcome:
        if isinstance(event, BadEvent):
            return Outcome(verdict=Verdict.INVALID, reason=str(event))
        try:
            pod, decisions = event.pod, matching.decide(event, self._ruleset)
            if not decisions:
                return Outcome(verdict=Verdict.IGNORED, reason="no response rule matches", event=event)
            if pod is None:
                return Outcome(verdict=Verdict.REFUSED, reason=_podless(event), event=event)
            return self._respond(event, Pod(namespace=pod[0], name=pod[1]), decisions)
        except BadEvent as error:
            return Outcome(verdict=Verdict.INVALID, reason=str(error), event=event)
        except Unproved as error:
            return Outcome(verdict=Verdict.REFUSED, reason=str(error), event=event, rendered=error.diff, refusal=error)
        except Refused as error:
            return Outcome(verdict=Verdict.REFUSED, reason=str(error), event=event, refusal=error)

    def _respond(self, event: Event, pod: Pod, decisions: list[Decision]) -> Outcome:
        target = self._locate(event, pod)
        if protection := self._ruleset.protection_of(target.workload):
            raise ProtectedWorkload(f"{target.workload} is protected ({protection}): no response touches it")
        actions = _once(action for each in decisions for action in each.rule.actions)
        made = apply.make(self.checkout, actions, target)
        proof, key = None, (target.applied.cluster, target.workload)
        verdict = _VERDICTS[self._careful(decisions)] if made.changes else Verdict.IN_PLACE
        if made.changes and key not in self._waiting:
            self._heed_limits()
            self._made += 1
        if verdict is Verdict.CONTAINED:
            proof = self._prove(event, pod, target, made)
            self.checkout = made.checkout
        elif made.changes:
            self._waiting.add(key)
        response = Response(
            event=event, pod=pod, rule=", ".join(each.rule.name for each in decisions),
            action=" and ".join(action.name for action in actions),
            workload=target.workload, cluster=target.applied.cluster, changes=made.changes, warnings=made.notes,
            proof=proof,
        )  # fmt: skip
        return Outcome(
            verdict=verdict, reason=_told(response, target), event=event, response=response,
            rendered=proof.diff if proof else "",
        )  # fmt: skip

    def _careful(self, decisions: list[Decision]) -> Mode:
        return Mode.most_careful([self._mode, *(each.mode for each in decisions)]) if self._mode else Mode.COMMIT

    def _heed_limits(self) -> None:
        limit, made = self._ruleset.limits.responses_per_hour, self._spent + self._made
        if made >= limit:
            raise OverLimit(
                f"{made} responses were made within the hour, and limits.responses-per-hour is {limit}: look what is "
                "going on; then raise the limit or wait, and run the workflow by hand with this event"
            )

    @cached_property
    def _spent(self) -> int:
        return self._ask_spent()

    def _locate(self, event: Event, pod: Pod) -> Target:
        return locate.locate(
            self.checkout, pod=pod, owners=event.owner_hints, cluster=event.cluster, clusters=self._clusters,
            assignment=self._ruleset.assignment_of(pod, cluster=event.cluster), origin=self._origin,
        )  # fmt: skip

    def _prove(self, event: Event, pod: Pod, target: Target, made: Made) -> Proof | None:
        """What rendering says of the edits; raises Unproved where it says no, or nothing though it has to."""
        if self._prover is None:
            return None
        desired = locate.read(
            made.checkout, pod=pod, owners=event.owner_hints, clusters=self._clusters, origin=self._origin
        )
        proof = self._prover.prove(target.desired, desired, made.claims)
        if proof.standing is Standing.DISPROVED or (proof.standing is not Standing.PROVED and self._prover.required):
            raise Unproved(proof.reason, diff=proof.diff)
        return proof


def _once(actions: Iterable[Action]) -> list[Action]:
    """Without those that came before."""
    found: list[Action] = []
    for action in actions:
        found += [] if action in found else [action]
    return found


def _told(response: Response, target: Target) -> str:
    if not response.changes:
        return f"{target.file} line {target.line} is as rule {response.rule!r} wants it"
    return f"rule {response.rule!r}: {'; '.join(map(str, response.changes))}"


def _podless(event: Event) -> str:
    if event.is_host:
        return "it happened on the node itself, outside any pod: there is no workload to contain"
    return "it names no pod (Falco did not know the container's pod), so the workload is not known"
