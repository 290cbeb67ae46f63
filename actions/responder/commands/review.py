"""Carries out what is not committed: a branch and a pull request for each workload that waits for a review.

A branch that is done with, its pull request merged or closed, is left alone: the next one has a number. A branch that
is under review is added to, whoever has pushed to it; nothing is forced.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..errors import NothingToReview, ResponderError
from ..escape import fenced, markdown_code
from ..falco.event import Event
from ..github.pull_requests import PullRequest, PullRequests
from ..plan.outcome import Outcome, Response, Verdict
from ..plan.planner import Plan
from ..publish import push
from ..publish.commits import Commits
from ..publish.git import Git
from ..publish.patience import Patience
from ..publish.push import Published
from ..report import pull_request_body
from .planning import Planning

_BRANCHES = 20  # that a workload has at most, before somebody has to tidy up


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """A pull request that a run has opened or added to."""

    response: Response
    pull: PullRequest
    diff: str

    def __str__(self) -> str:
        """As Markdown, for the job summary."""
        said = f"- [{self.pull}]({self.pull.url}): {markdown_code(self.response)}"
        return f"{said}\n\n{fenced(self.diff, 'diff')}" if self.diff else f"{said}, which it has already"


@dataclass(frozen=True, kw_only=True)
class Rest:
    """What became of the responses that are not committed; `shown` is the diff of those that are only to be shown."""

    reviewed: Sequence[Reviewed] = ()
    shown: str = ""


def carry_out(
    published: Published[Plan], planning: Planning, pulls: PullRequests, commits: Commits, patience: Patience
) -> tuple[Published[Plan], Rest]:
    """Propose and show what the plan has left for that, on top of what is published. One that fails is refused."""
    outcomes = list(published.plan.outcomes)
    waiting = _grouped(outcomes)
    shown = [number for number, each in enumerate(outcomes) if each.verdict is Verdict.SHOWN]
    if not waiting and not shown:
        return published, Rest()
    planning.git.reset_to_tip(pulls.base)
    ruleset = planning.ruleset()  # that of this branch, whatever the branches of pull requests have

    def make_plan(events: Sequence[Event]) -> Plan:
        return planning.again(events, ruleset)

    preview = push.preview(lambda: make_plan(_events(outcomes, shown)), planning.git)
    for number, outcome in zip(shown, preview.plan.outcomes, strict=True):
        outcomes[number] = _with(Verdict.SHOWN, outcome, "its rule wants it shown only")
    review = _Review(git=planning.git, pulls=pulls, commits=commits, patience=patience, make_plan=make_plan)
    reviewed = [found for response, numbers in waiting if (found := review.propose(response, outcomes, numbers))]
    if waiting:
        planning.git.reset_to_tip(pulls.base)
    return replace(published, plan=replace(published.plan, outcomes=tuple(outcomes))), Rest(
        reviewed=reviewed, shown=preview.diff
    )


def _grouped(outcomes: Sequence[Outcome]) -> list[tuple[Response, list[int]]]:
    """The numbers of the outcomes that wait for a review, those of one workload together, with its first response."""
    groups: dict[str, tuple[Response, list[int]]] = {}
    for number, each in enumerate(outcomes):
        if each.verdict is Verdict.PROPOSED and each.response:
            _, numbers = groups.setdefault(pull_request_body.branch(each.response), (each.response, []))
            numbers.append(number)
    return list(groups.values())


def _events(outcomes: Sequence[Outcome], numbers: Sequence[int]) -> list[Event]:
    return [event for number in numbers if (event := outcomes[number].event)]


def _with(verdict: Verdict, outcome: Outcome, why: str, *, url: str = "") -> Outcome:
    """An outcome of a plan that makes everything, as what it is here; what is refused stays so."""
    if outcome.verdict not in (Verdict.CONTAINED, Verdict.IN_PLACE):
        return outcome
    return replace(outcome, verdict=verdict, reason=f"{why}: {outcome.reason}", pull_request=url)


@dataclass(frozen=True, kw_only=True)
class _Review:
    git: Git
    pulls: PullRequests
    commits: Commits
    patience: Patience
    make_plan: Callable[[Sequence[Event]], Plan]

    def propose(self, response: Response, outcomes: list[Outcome], numbers: Sequence[int]) -> Reviewed | None:
        """Propose the responses to one workload, and put down in `outcomes` how that ended."""
        try:
            ended, reviewed = self._proposed(response, _events(outcomes, numbers))
        except ResponderError as error:
            reason = f"it waits for a review, but there is no pull request: {error}"
            ended = [replace(outcomes[each], verdict=Verdict.REFUSED, reason=reason) for each in numbers]
            reviewed = None
        for number, outcome in zip(numbers, ended, strict=True):
            outcomes[number] = outcome
        return reviewed

    def _proposed(self, response: Response, events: Sequence[Event]) -> tuple[list[Outcome], Reviewed | None]:
        for number in range(1, _BRANCHES + 1):
            branch = pull_request_body.branch(response, number)
            known = self.pulls.of(branch)
            if known and not any(each.is_open for each in known):
                continue
            published = self._pushed(branch, events)
            outcomes = list(published.plan.outcomes)
            is_there = published.commit is not None or self.git.has_branch(branch)
            if not is_there or not any(each.response for each in outcomes):
                return outcomes, None
            try:
                pull = self._told(branch, response, published)
            except NothingToReview:
                return outcomes, None
            if pull.is_open:
                reviewed = Reviewed(response=response, pull=pull, diff=published.diff)
                return [_with(Verdict.PROPOSED, each, f"in {pull}", url=pull.url) for each in outcomes], reviewed
        raise ResponderError(f"{_BRANCHES} branches like {branch} are there: delete those that are merged or closed")

    def _pushed(self, branch: str, events: Sequence[Event]) -> Published[Plan]:
        """The responses on the branch, which begins at the tip of the base."""
        self.git.reset_to_tip(branch if self.git.has_branch(branch) else self.pulls.base)
        return push.push(
            lambda: self.make_plan(events), self.git, branch=branch, commits=self.commits, patience=self.patience
        )

    def _told(self, branch: str, response: Response, published: Published[Plan]) -> PullRequest:
        """The pull request, which says what this run has to add; opened where there is none.

        It is looked for again, for other runs write into it too.
        """
        outcomes, diff = published.plan.outcomes, published.diff
        known = self.pulls.of(branch)
        pull = next((each for each in known if each.is_open), known[0] if known else None)
        if pull is None:
            title = f"{response.action.capitalize()} {response.workload}"
            pull = self.pulls.open(branch, title=title, body=pull_request_body.body(outcomes, diff))
        text = pull_request_body.body(outcomes, diff, before=pull.body)
        return self.pulls.describe(pull, text) if pull.is_open and text != pull.body else pull
