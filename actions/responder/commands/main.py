"""The actions, each from its inputs to an exit code: 0 done or nothing to do, 1 failure, 2 bad input.

Event -> rules -> workload -> edit is `plan`; commit and push are `publish`; the rest tells Flux and people.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from ..errors import BadInput, PushLost, PushRefused, ResponderError
from ..escape import one_line
from ..falco import cloudevent, run_event
from ..github.pull_requests import PullRequests
from ..github.run import Run
from ..notify import notification
from ..notify.notification import Receivers
from ..notify.receiver import Receiver
from ..plan import planner
from ..plan.outcome import Outcome, Verdict
from ..publish import push
from ..publish.commits import BY_GIT, ByApi
from ..publish.git import Git
from ..publish.patience import Patience
from ..report.summary import Report, sentence
from ..rules.model import Mode
from . import check as checking
from . import inputs, review
from . import restore as restoring
from .planning import Planning
from .review import Rest

DONE, FAILED, BAD_INPUT = 0, 1, 2
PATIENCE = Patience()

_HELP = {
    PushRefused: "Branch rules can keep the workflow's token out: let GitHub Actions push to this branch, or give the "
    "input token that of a GitHub App that may; or let a person merge: `mode: pull-request`.",
    PushLost: "The branch is busier than a run can follow. Run the workflow again: what is in place stays in place.",
}
_LEVELS = {
    Verdict.CONTAINED: "notice",
    Verdict.PROPOSED: "notice",
    Verdict.SHOWN: "notice",
    Verdict.IN_PLACE: "notice",
    Verdict.IGNORED: "notice",
    Verdict.REFUSED: "error",
    Verdict.INVALID: "error",
}


def respond(run: Run, patience: Patience = PATIENCE) -> int:
    """Contain what the run's events name, commit it and tell Flux."""
    return _ended(run, lambda run: _respond(run, patience))


def restore(run: Run, patience: Patience = PATIENCE) -> int:
    """Take a response back, commit that and tell Flux."""
    return _ended(run, lambda run: restoring.restore(run, patience))


def check(run: Run) -> int:
    """Say whether the response rules hold, and what they would do."""
    return _ended(run, checking.check)


def _ended(run: Run, action: Callable[[Run], int]) -> int:
    """The exit code of an action; what went wrong is said in the log."""
    try:
        return action(run)
    except BadInput as error:
        run.annotate("error", str(error))
        return BAD_INPUT
    except ResponderError as error:
        run.annotate("error", " ".join(filter(None, [str(error), _HELP.get(type(error))])))
        return FAILED


def _respond(run: Run, patience: Patience) -> int:
    started = datetime.now(UTC)
    documents = run_event.documents(run.event(), run.input("event"))
    mode = Mode(run.choice("mode", *Mode))
    verify = run.choice("verify", "auto", "require", "off")
    by_api = run.choice("commit-via", "git", "api") == "api"
    receivers = Receivers.read(run)
    git = Git(root=inputs.directory(run), token=run.input("token"))
    name = run.input("rules", ".github/falco-response.yaml")
    planning = Planning(git=git, rules=name, verify=verify, branch=run.target_branch)
    dry_run = mode is Mode.DRY_RUN

    def make_plan() -> planner.Plan:
        return planning.all(cloudevent.parse_all(documents), planning.ruleset(), mode=None if dry_run else mode)

    if dry_run:
        published, rest = push.preview(make_plan, git), Rest()
    else:
        commits = ByApi(api=run.api) if by_api else BY_GIT
        published = push.push(make_plan, git, branch=run.branch, commits=commits, patience=patience)
        commits = ByApi(api=run.api, makes_branches=True) if by_api else BY_GIT
        pulls = PullRequests(api=run.api, base=run.branch)
        published, rest = review.carry_out(published, planning, pulls, commits, patience)
    finished = datetime.now(UTC)
    told = (
        notification.tell(run, _touched(published.plan, planning, receivers), published.commit)
        if published.commit
        else []
    )
    report = Report(
        published=published, dry_run=dry_run, run=run, started=started, finished=finished, told=tuple(told), rest=rest
    )
    _tell(run, report)
    return _exit_code(published.plan)


def _touched(made: planner.Plan, planning: Planning, receivers: Receivers) -> list[tuple[str | None, Receiver]]:
    """The receivers of the clusters that a commit touches."""
    clusters = {each.event.cluster or each.cluster for each in made.responses}
    return list(receivers.of(clusters, planning.ruleset()))


def _tell(run: Run, report: Report) -> None:
    published = report.published
    run.write_output("changed", "true" if published.commit else "false")
    run.write_output("commit", published.commit or "")
    run.write_output("pull-request", "\n".join(each.pull.url for each in report.rest.reviewed))
    run.write_output("responses", report.responses())
    run.write_summary(report.summary())
    for outcome in published.plan.outcomes:
        _annotate(run, outcome)
    if published.diff:
        run.log(published.diff)
    for told in report.told:
        if not told.notice.delivered:
            run.annotate("warning", str(told))


def _annotate(run: Run, outcome: Outcome) -> None:
    changes = outcome.response.changes if outcome.response else ()
    for change in changes:
        run.annotate(_LEVELS[outcome.verdict], sentence(outcome), file=str(change.file), line=change.line)
    if not changes:
        run.annotate(_LEVELS[outcome.verdict], sentence(outcome))
    for warning in outcome.response.warnings if outcome.response else ():
        run.annotate("warning", one_line(warning, limit=1000))


def _exit_code(made: planner.Plan) -> int:
    verdicts = {outcome.verdict for outcome in made.outcomes}
    if Verdict.REFUSED in verdicts:
        return FAILED
    return BAD_INPUT if Verdict.INVALID in verdicts else DONE
