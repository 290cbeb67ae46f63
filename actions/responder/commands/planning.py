"""Plans the events of a run on what is checked out just then, so that it can be done again on a newer tip."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from ..falco.cloudevent import ParsedEvent
from ..falco.event import Event
from ..github.api import Api
from ..github.starter import Starter
from ..gitops.flux.sources import Origin
from ..plan import drift, planner, trailers
from ..plan.budget import Budget
from ..plan.drift import RecordedCommit
from ..plan.plan import Plan
from ..proof.helm_chart import helm_charts
from ..proof.prover import kustomize_prover
from ..publish import history, signatures
from ..publish.git import Git
from ..publish.work_tree import WorkTree
from ..rules.model import Limits, LimitScope, Mode, Rules
from . import completeness, rules_file

_HOUR = 3600.0  # seconds


@dataclass(frozen=True, kw_only=True)
class Planning:
    """How a run plans: `rules` is the path of the response rules, `verify` one of auto, require and off."""

    git: Git
    api: Api
    rules: str
    verify: str
    branch: str
    starter: Starter

    def ruleset(self) -> Rules:
        """The response rules. Raises BadRules."""
        completeness.require_rules(self.git, self.rules)
        return rules_file.read(self.git.top(), self.rules)

    def all(self, events: Sequence[ParsedEvent], ruleset: Rules, *, mode: Mode | None) -> Plan:
        """Plan a run's events within the limits of the rules."""
        budget = Budget(ruleset.limits, lambda: self._count_recorded(ruleset.limits))
        return drift.judge(self._plan(events, ruleset, mode=mode, budget=budget), self._commits_since)

    def again(self, events: Mapping[int, Event], ruleset: Rules) -> Plan:
        """Plan all responses to events, by their numbers, that were planned and counted before."""
        return self._plan(list(events.values()), ruleset, mode=None, budget=None, numbers=list(events))

    def _plan(
        self,
        events: Sequence[ParsedEvent],
        ruleset: Rules,
        *,
        mode: Mode | None,
        budget: Budget | None,
        numbers: Sequence[int] | None = None,
    ) -> Plan:
        origin = Origin(url=self.git.remote_url, branch=self.branch)
        work_tree = WorkTree(self.git.root)
        with ExitStack() as stack:
            required = self.verify == "require"
            prover, charts = None, None
            if self.verify != "off":
                prover = stack.enter_context(kustomize_prover(required=required, copy=work_tree.copy))
                charts = stack.enter_context(helm_charts())
            checkout = work_tree.checkout()
            completeness.require_all(self.git)
            entries = self.git.entries()
            return planner.plan_responses(
                events,
                ruleset,
                checkout,
                origin=origin,
                prover=prover,
                charts=charts,
                budget=budget,
                mode=mode,
                starter=self.starter,
                find_obstacle=lambda path: self.git.find_obstacle(path, entries),
                numbers=numbers,
            )

    def _commits_since(self, moment: float) -> list[RecordedCommit]:
        """Return the commits of the branch since a moment, or the last one."""
        commits = [*history.commits_since(self.git, moment, self.branch)] or [
            history.read_commit(self.git, self.git.head())
        ]
        return [
            RecordedCommit(time=item.time.timestamp(), message=item.message, is_by_action=item.is_by_action)
            for item in commits
        ]

    def _count_recorded(self, limits: Limits) -> Counter[LimitScope]:
        """Return how many responses the action has pushed to the branch in the last hour."""
        since = time.time() - _HOUR
        commits = [commit for commit in history.commits_since(self.git, since, self.branch) if commit.is_by_action]
        forged = signatures.forged(self.api, commits, head=self.git.head(), since=since)
        return trailers.count((commit.message for commit in commits if commit.sha not in forged), limits)
