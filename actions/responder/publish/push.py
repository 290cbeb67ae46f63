"""Carries a plan out: commits, pushes, and plans again when another push was faster.

What the plan is, and how a commit reaches the remote, is decided elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from ..errors import PushLost
from .commits import BY_GIT, Commits, Publishable
from .git import Git
from .patience import Patience

P = TypeVar("P", bound=Publishable)


@dataclass(frozen=True, kw_only=True)
class Published(Generic[P]):
    """The plan that was carried out, its diff, and the pushed commit; None if nothing was pushed."""

    plan: P
    diff: str = ""
    commit: str | None = None


def preview(make_plan: Callable[[], P], git: Git) -> Published[P]:
    """Plan and return the diff, without a change of the checkout."""
    plan = make_plan()
    return Published(plan=plan, diff=git.diff(git.draft(plan.files)) if plan.files else "")


def push(
    make_plan: Callable[[], P],
    git: Git,
    *,
    branch: str,
    commits: Commits = BY_GIT,
    patience: Patience,
) -> Published[P]:
    """Plan, commit and push to `branch`; after a lost race, fetch the branch and plan again on its new tip.

    Raises PushLost if a race is lost after the time limit of `patience`, and whatever `make_plan` and `git` raise.
    """
    started = race_started = patience.clock()
    losses = 0
    while True:
        plan = make_plan()
        if not plan.files:
            return Published(plan=plan)
        draft = git.draft(plan.files)
        diff = git.diff(draft)
        try:
            commit = commits.add(git, draft, plan, branch=branch)
        except PushLost:
            now = patience.clock()
            if now - started >= patience.limit:
                raise
            losses += 1
            patience.sleep(patience.pause(losses=losses, race=now - race_started, waited=now - started))
            race_started = patience.clock()
            git.reset_to_tip(branch)
        else:
            return Published(plan=plan, diff=diff, commit=commit)
