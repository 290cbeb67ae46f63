"""Carries out what is not committed: a branch and a pull request for each workload that waits for a review.

A branch whose pull request is merged or closed is left alone: the next one has a number. A branch under review is
added to, whoever has pushed to it; nothing is forced.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..errors import NothingToReview, ResponderError
from ..falco.event import Event
from ..github.pull_requests import PullRequest, PullRequests
from ..plan.outcome import CAREFUL_VERDICTS, Outcome, Response, Verdict
from ..plan.plan import Plan
from ..publish import push
from ..publish.commits import Commits
from ..publish.git import Git
from ..publish.patience import Patience
from ..publish.push import Published
from ..report import pull_request_body
from ..report.proposals import Proposal, Uncommitted
from ..rules.model import Rules

_BRANCHES = 20  # that a workload has at most, before somebody has to tidy up


@dataclass(frozen=True, kw_only=True)
class Reviewer:
    """Proposes responses on top of the branch that the pull requests are for."""

    git: Git
    read_rules: Callable[[], Rules]
    plan_again: Callable[[Mapping[int, Event], Rules], Plan]
    pulls: PullRequests
    commits: Commits
    patience: Patience

    def carry_out(self, published: Published[Plan]) -> tuple[Published[Plan], Uncommitted]:
        """Propose and show what the plan leaves for that. A response that cannot be proposed is refused.

        Raises ResponderError, unless there is a commit: people and Flux have to hear of it.
        """
        try:
            return self._carry_out(published)
        except ResponderError as error:
            if published.commit is None:
                raise
            outcomes = tuple(_abandoned(outcome, error) for outcome in published.plan.outcomes)
            return replace(published, plan=replace(published.plan, outcomes=outcomes)), Uncommitted()

    def _carry_out(self, published: Published[Plan]) -> tuple[Published[Plan], Uncommitted]:
        outcomes = list(published.plan.outcomes)
        waiting = _by_workload(outcomes)
        previewed = [number for number, outcome in enumerate(outcomes) if outcome.verdict is Verdict.DRY_RUN]
        if not waiting and not previewed:
            return published, Uncommitted()
        git = self.git
        git.reset_to_tip(self.pulls.base)
        ruleset = self.read_rules()  # that of this branch, whatever the branches of pull requests have

        def make_plan(numbers: Sequence[int]) -> Plan:
            return self.plan_again(_events(outcomes, numbers), ruleset)

        preview = push.preview(lambda: make_plan(previewed), git)
        for number, outcome in zip(previewed, preview.plan.outcomes, strict=True):
            outcomes[number] = _with_verdict(Verdict.DRY_RUN, outcome, "its rule wants it shown only")
        branches = _Branches(
            git=git, pulls=self.pulls, commits=self.commits, patience=self.patience, make_plan=make_plan
        )
        proposals = [
            proposal for response, numbers in waiting if (proposal := branches.propose(response, outcomes, numbers))
        ]
        if waiting:
            git.reset_to_tip(self.pulls.base)
        plan = replace(published.plan, outcomes=tuple(outcomes))
        return replace(published, plan=plan), Uncommitted(proposals=proposals, preview=preview.diff)


@dataclass(frozen=True, kw_only=True)
class _Branches:
    """The branches that responses are proposed on."""

    git: Git
    pulls: PullRequests
    commits: Commits
    patience: Patience
    make_plan: Callable[[Sequence[int]], Plan]

    def propose(self, response: Response, outcomes: list[Outcome], numbers: Sequence[int]) -> Proposal | None:
        """Propose the responses to one workload, and put the result into `outcomes`."""
        try:
            planned = [outcomes[number] for number in numbers]
            results, proposal = self._propose(response, numbers, planned)
        except ResponderError as error:
            reason = f"it waits for a review, but there is no pull request: {error}"
            results = [replace(outcomes[number], verdict=Verdict.REFUSED, reason=reason) for number in numbers]
            proposal = None
        for number, outcome in zip(numbers, results, strict=True):
            outcomes[number] = outcome
        return proposal

    def _propose(
        self, response: Response, numbers: Sequence[int], planned: Sequence[Outcome]
    ) -> tuple[list[Outcome], Proposal | None]:
        for number in range(1, _BRANCHES + 1):
            branch = pull_request_body.branch(response, number)
            pulls = self.pulls.list(branch)
            if pulls and not any(pull.is_open for pull in pulls):
                continue
            published = self._push(branch, numbers)
            outcomes = list(map(_with_warnings_of, planned, published.plan.outcomes))
            published = replace(published, plan=replace(published.plan, outcomes=tuple(outcomes)))
            has_branch = published.commit is not None or self.git.has_branch(branch)
            if not has_branch or not any(outcome.response for outcome in outcomes):
                return outcomes, None
            try:
                pull = self._describe(branch, response, published)
            except NothingToReview:
                return outcomes, None
            if pull.is_open:
                results = [_with_verdict(Verdict.PROPOSED, outcome, f"in {pull}", url=pull.url) for outcome in outcomes]
                return results, Proposal(response=response, pull=pull, diff=published.diff)
        raise ResponderError(f"{_BRANCHES} branches like {branch} are there: delete those that are merged or closed")

    def _push(self, branch: str, numbers: Sequence[int]) -> Published[Plan]:
        """Push the responses to the branch, which begins at the tip of the base."""
        self.git.reset_to_tip(branch if self.git.has_branch(branch) else self.pulls.base)
        return push.push(
            lambda: self.make_plan(numbers), self.git, branch=branch, commits=self.commits, patience=self.patience
        )

    def _describe(self, branch: str, response: Response, published: Published[Plan]) -> PullRequest:
        """Return the pull request after it says what this run adds; open it if there is none.

        It is read again, for other runs write into it too.
        """
        outcomes, diff = published.plan.outcomes, published.diff
        pulls = self.pulls.list(branch)
        pull = next((pull for pull in pulls if pull.is_open), pulls[0] if pulls else None)
        if pull is None:
            title = pull_request_body.title(response)
            pull = self.pulls.open(branch, title=title, body=pull_request_body.body(outcomes, diff))
        text = pull_request_body.body(outcomes, diff, existing=pull.body)
        return self.pulls.describe(pull, text) if pull.is_open and text != pull.body else pull


def _by_workload(outcomes: Sequence[Outcome]) -> list[tuple[Response, list[int]]]:
    """Return for each workload that waits for a review its first response and the numbers of its outcomes."""
    groups: dict[str, tuple[Response, list[int]]] = {}
    for number, outcome in enumerate(outcomes):
        if outcome.verdict is Verdict.PROPOSED and outcome.response:
            branch = pull_request_body.branch(outcome.response)
            _, numbers = groups.setdefault(branch, (outcome.response, []))
            numbers.append(number)
    return list(groups.values())


def _events(outcomes: Sequence[Outcome], numbers: Sequence[int]) -> dict[int, Event]:
    """Return the events by the number that people know them by, which counts from 1."""
    return {number + 1: event for number in numbers if (event := outcomes[number].event)}


def _with_warnings_of(first: Outcome, second: Outcome) -> Outcome:
    """Return the second outcome with the warnings of the first too: that a limit was reached is only in the first."""
    if first.response is None or second.response is None:
        return second
    warnings = tuple(dict.fromkeys([*first.response.warnings, *second.response.warnings]))
    return replace(second, response=replace(second.response, warnings=warnings))


def _abandoned(outcome: Outcome, error: ResponderError) -> Outcome:
    """Return an outcome as it is if nothing could be proposed or shown."""
    if outcome.verdict not in CAREFUL_VERDICTS.values():
        return outcome
    return replace(outcome, verdict=Verdict.REFUSED, reason=f"it could not be {outcome.verdict}: {error}")


def _with_verdict(verdict: Verdict, outcome: Outcome, why: str, *, url: str = "") -> Outcome:
    """Return an outcome of a plan that makes everything with the verdict of this run; a refusal stays one."""
    if not outcome.verdict.changes_files and outcome.verdict is not Verdict.IN_PLACE:
        return outcome
    return replace(outcome, verdict=verdict, reason=f"{why}: {outcome.reason}", pull_request=url)
