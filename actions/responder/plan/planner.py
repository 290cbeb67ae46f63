"""From events to the bytes that change: which rule applies, which workload is meant, which edits follow.

Works on a checkout in memory and writes nothing, so that it can plan again on a newer tip.
"""

from collections.abc import Callable, Iterable
from itertools import count
from pathlib import PurePosixPath
from typing import assert_never

from ..errors import BadEvent, EditRefused, NotFound, OverLimit, ProtectedWorkload, Refused, Unproved
from ..falco.cloudevent import ParsedEvent
from ..falco.event import Event
from ..github.starter import Starter
from ..gitops.checkout import Checkout, changed_files
from ..gitops.flux.sources import Origin
from ..gitops.workloads import locate
from ..gitops.workloads.charts import Charts
from ..gitops.workloads.target import Target
from ..kubernetes.pod_names import Subject, Workload
from ..proof.protocol import Prover
from ..proof.standing import Proof, Standing
from ..rules import matching
from ..rules.actions import Action
from ..rules.matching import Decision
from ..rules.model import Mode, OverLimitAction, Rules
from ..surprise import Surprise, guarded
from . import absent_clusters, chart_proof, no_subject, reasons, remaining_pod
from .apply import AppliedChanges, apply
from .batch import Batch
from .budget import Budget
from .effects import replica_change
from .outcome import CAREFUL_VERDICTS, EarlierResponse, Outcome, Response, Verdict
from .plan import Plan

FindObstacle = Callable[[PurePosixPath], str | None]


def plan_responses(
    events: Iterable[ParsedEvent],
    ruleset: Rules,
    checkout: Checkout,
    *,
    origin: Origin | None = None,
    prover: Prover | None = None,
    charts: Charts | None = None,
    budget: Budget | None = None,
    mode: Mode | None = Mode.COMMIT,
    find_obstacle: FindObstacle = lambda _: None,
    starter: Starter | None = None,
    numbers: Iterable[int] | None = None,
) -> Plan:
    """Plan the responses to a batch; each is planned on the files as those before it leave them.

    `origin` is where the checkout comes from, so that Flux sources of the same repository are recognised. Without a
    `prover` nothing is rendered, without `charts` no chart, without a `budget` there is no limit. `mode` is the mode of
    responses whose rules want no more careful one; None applies all of them, whatever rules want. `find_obstacle`
    returns why an edit of a file cannot be committed, or None. The `starter` of the run has to be one of those who may
    speak for a cluster, if the rules say who; None checks nothing, for a replay of sample events. `numbers` are those
    that people know the events by; without them, events count from 1.
    """
    planner = _Planner(
        ruleset,
        checkout,
        origin=origin,
        prover=prover,
        charts=charts,
        budget=budget,
        mode=mode,
        find_obstacle=find_obstacle,
        starter=starter,
    )
    outcomes = [planner.outcome(event, number) for event, number in zip(events, numbers or count(1), strict=False)]
    return Plan(outcomes=tuple(outcomes), files=changed_files(checkout, planner.checkout))


class _Planner:
    """Plans one event after the other; `checkout` has the responses of all that are contained so far."""

    def __init__(
        self,
        ruleset: Rules,
        checkout: Checkout,
        *,
        origin: Origin | None,
        prover: Prover | None,
        charts: Charts | None,
        budget: Budget | None,
        mode: Mode | None,
        find_obstacle: FindObstacle,
        starter: Starter | None,
    ) -> None:
        self.checkout = checkout
        self._original = checkout
        self._ruleset = ruleset
        self._clusters = {name: cluster.path for name, cluster in ruleset.clusters.items()}
        self._absent = absent_clusters.find(ruleset, checkout)
        self._origin = origin
        self._prover = prover
        self._charts = charts
        self._budget = budget
        self._mode = mode
        self._find_obstacle = find_obstacle
        self._starter = starter
        self._batch = Batch()
        self._unapplied: set[tuple[str, Workload]] = set()  # responses that are proposed or shown, each counted once
        self._over_limit: dict[tuple[str, Workload], OverLimit] = {}

    def outcome(self, event: ParsedEvent, number: int) -> Outcome:
        match event:
            case BadEvent():
                return Outcome(verdict=Verdict.INVALID, reason=str(event))
            case Surprise():
                return Outcome(verdict=Verdict.INVALID, reason=str(event), surprise=event)
            case Event():
                outcome = guarded(lambda: self._outcome(event, number))
            case _:
                assert_never(event)
        if isinstance(outcome, Surprise):
            return Outcome(verdict=Verdict.REFUSED, reason=str(outcome), event=event, surprise=outcome)
        return outcome

    def _outcome(self, event: Event, number: int) -> Outcome:
        try:
            subject, decisions = event.subject, matching.decide(event, self._ruleset)
            if not decisions:
                return Outcome(verdict=Verdict.IGNORED, reason="no response rule matches", event=event)
            if subject is None:
                return Outcome(verdict=Verdict.REFUSED, reason=no_subject.reason(event), event=event)
            return self._respond(event, number, subject, decisions)
        except BadEvent as error:
            return Outcome(verdict=Verdict.INVALID, reason=str(error), event=event)
        except Refused as error:
            return _refused(event, error)

    def _respond(self, event: Event, number: int, subject: Subject, decisions: list[Decision]) -> Outcome:
        self._refuse_stranger(event.cluster)
        absent_clusters.require_presence(self._absent, event.cluster, subject)
        try:
            target = self._locate(event, subject, self.checkout)
        except NotFound:
            return self._removed_before(event, subject, decisions)
        try:
            return self._change(event, number, subject, decisions, target)
        except Refused as error:
            return _refused(event, error, workload=target.workload)

    def _change(
        self, event: Event, number: int, subject: Subject, decisions: list[Decision], target: Target
    ) -> Outcome:
        self._refuse_stranger(target.object.cluster)  # an event without a cluster can mean any
        if protection := self._ruleset.protection_of(target.workload):
            raise ProtectedWorkload(f"{target.workload} is protected ({protection}): no response touches it")
        actions = _distinct(action for decision in decisions for action in decision.rule.actions)
        applied = apply(self.checkout, actions, target)
        rule_mode = Mode.most_careful([decision.mode for decision in decisions])
        mode = Mode.most_careful([self._mode, rule_mode]) if self._mode else Mode.COMMIT
        verdict = CAREFUL_VERDICTS.get(mode, Verdict.CONTAINED) if applied.changes else Verdict.IN_PLACE
        remains = remaining_pod.describe(subject, target.workload, applied.unreached)
        proof, warnings = None, (*applied.warnings, *chart_proof.assumptions(target))
        if applied.changes:
            cluster_folder = self._clusters.get(target.object.cluster)
            files = [change.file for change in applied.changes]
            absent_clusters.require_unshared(self._absent, files, cluster_folder)
            self._require_committable(applied)
            if error := self._spend(event, target, verdict):
                warnings = (*warnings, f"a person has to merge this response: {error}")
                verdict = self._postponed(verdict)
        if verdict is Verdict.CONTAINED:
            proof = self._prove(event, subject, target, applied)
            verdict = Verdict.COMMITTED if remains else _verdict_of_commit(target, proof)
            self.checkout = applied.checkout
        is_careful = verdict in CAREFUL_VERDICTS.values()
        response = Response(
            event=event,
            subject=subject,
            rule=", ".join(decision.rule.name for decision in decisions),
            action=" and ".join(action.name for action in actions),
            workload=target.workload,
            cluster=target.object.cluster,
            changes=applied.changes,
            warnings=(*warnings, *remains) if is_careful else warnings,
            proof=proof,
            mode=rule_mode,
            replicas=replica_change(actions, target),
            rule_line=None if self._ruleset.built_in else decisions[0].rule.line,
        )
        rendered = proof.diff if proof else ""
        origin = None if applied.changes else self._batch.origin_of(target, actions)
        reason = self._describe(origin) if origin else reasons.of_response(response, target)
        reason = reason if is_careful else "; ".join([reason, *remains])
        if verdict.changes_files:
            self._batch.add(number, verdict, response, actions)
        return Outcome(verdict=verdict, reason=reason, event=event, response=response, rendered=rendered, origin=origin)

    def _removed_before(self, event: Event, subject: Subject, decisions: list[Decision]) -> Outcome:
        """Return the outcome for a workload that an earlier event of the batch took out. Raise NotFound."""
        target = self._locate(event, subject, self._original)
        origin = self._batch.origin_of(target, [action for decision in decisions for action in decision.rule.actions])
        reason = self._describe(origin) if origin else ""
        return Outcome(verdict=Verdict.IN_PLACE, reason=reason, event=event, origin=origin, workload=target.workload)

    def _describe(self, origin: EarlierResponse) -> str:
        return reasons.of_origin(origin, dry_run=self._mode is None)

    def _refuse_stranger(self, name: str | None) -> None:
        """Raise Refused if the rules say who speaks for the cluster, and the starter of the run is somebody else."""
        cluster = self._ruleset.clusters.get(name) if name is not None else None
        if self._starter is None or cluster is None or not cluster.dispatched_by:
            return
        if not self._starter.is_among(cluster.dispatched_by):
            speakers = ", ".join(cluster.dispatched_by)
            raise Refused(
                f"cluster {name} is spoken for by {speakers} alone, and {self._starter} started this run: if that "
                f"account may speak for it, add it to `clusters.{name}.dispatched-by` in the rules"
            )

    def _require_committable(self, applied: AppliedChanges) -> None:
        for file in dict.fromkeys(change.file for change in applied.changes):
            if obstacle := self._find_obstacle(file):
                raise EditRefused("not-committable", obstacle)

    def _spend(self, event: Event, target: Target, verdict: Verdict) -> OverLimit | None:
        """Count a response, unless an earlier event of the batch has proposed or shown one for the same workload.

        Return the error if it is over the limit and the rules want a pull request for it. Otherwise raise the error.
        """
        key = (target.object.cluster, target.workload)
        if self._budget and key not in self._unapplied and key not in self._over_limit:
            try:
                self._budget.spend(cluster=event.cluster or "", namespace=target.workload.namespace)
            except OverLimit as error:
                if self._ruleset.limits.over_limit is OverLimitAction.REFUSE:
                    raise
                self._over_limit[key] = error
        if not verdict.changes_files:
            self._unapplied.add(key)
        return self._over_limit.get(key)

    def _postponed(self, verdict: Verdict) -> Verdict:
        """Return the verdict of a response over the limit, which is proposed, or shown in a run that only shows."""
        if verdict is not Verdict.CONTAINED:
            return verdict
        return Verdict.DRY_RUN if self._mode is None else Verdict.PROPOSED

    def _locate(self, event: Event, subject: Subject, checkout: Checkout) -> Target:
        return locate.locate(
            checkout,
            subject=subject,
            owners=event.owner_hints,
            cluster=event.cluster,
            clusters=self._clusters,
            assignment=self._ruleset.assignment_of(subject, cluster=event.cluster),
            origin=self._origin,
            kinds=self._ruleset.kinds,
            charts=self._charts,
        )

    def _prove(self, event: Event, subject: Subject, target: Target, applied: AppliedChanges) -> Proof | None:
        """Return what rendering says of the edits. Raise Unproved where it says no, or nothing though it has to."""
        if self._prover is None:
            return None
        desired = locate.desired_state_for(
            applied.checkout,
            subject=subject,
            owners=event.owner_hints,
            clusters=self._clusters,
            origin=self._origin,
            kinds=self._ruleset.kinds,
            charts=bool(target.chart_workloads and self._charts),
        )
        proof = self._prover.prove(target.desired_state, desired, applied.claims)
        if proof.standing is Standing.PROVED and target.chart_workloads:
            proof = chart_proof.judge(proof, target, desired, self._charts)
        if proof.standing is Standing.DISPROVED or (proof.standing is not Standing.PROVED and self._prover.required):
            raise Unproved(proof.reason, diff=proof.diff)
        return proof


def _refused(event: Event, error: Refused, *, workload: Workload | None = None) -> Outcome:
    rendered = error.diff if isinstance(error, Unproved) else ""
    return Outcome(
        verdict=Verdict.REFUSED, reason=str(error), event=event, rendered=rendered, refusal=error, workload=workload
    )


def _verdict_of_commit(target: Target, proof: Proof | None) -> Verdict:
    if proof and proof.standing is Standing.NOT_BUILT:
        return Verdict.COMMITTED
    return Verdict.ASSUMED if chart_proof.assumptions(target) else Verdict.CONTAINED


def _distinct(actions: Iterable[Action]) -> list[Action]:
    """Return each action once, in order; a action may hold a mapping, so that it has no hash."""
    distinct: list[Action] = []
    for action in actions:
        if action not in distinct:
            distinct.append(action)
    return distinct
