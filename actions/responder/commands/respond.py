"""The respond action: contains what the run's events name, commits that, and tells Flux and people.

Event -> rules -> workload -> edit is decided in `plan`, commit and push in `publish`; here is only their order.
"""

from dataclasses import replace
from datetime import UTC, datetime

from ..falco import cloudevent, run_event
from ..github.pull_requests import PullRequests
from ..github.run_environment import RunEnvironment
from ..github.run_output import Annotation, RunOutput
from ..notify.notifications import Receivers
from ..plan.outcome import Verdict
from ..plan.plan import Plan
from ..publish import push
from ..publish.commits import BY_GIT, ByApi
from ..publish.git import Git
from ..publish.patience import DEFAULT_PATIENCE, Patience
from ..publish.push import Published
from ..report import annotations, notice
from ..report.flux_state import FluxState
from ..report.proposals import Uncommitted
from ..report.summary import Report
from ..rules.model import Mode
from . import inputs, issues, notices, review
from .exit_codes import BAD_INPUT, FAILED, SUCCESS, report_surprise
from .notifier import notifier
from .planning import Planning
from .run_links import run_links


def respond(environment: RunEnvironment, output: RunOutput, *, patience: Patience = DEFAULT_PATIENCE) -> int:
    """Contain what the run's events name, commit it, tell Flux, and return the exit code. Raises ResponderError."""
    started = datetime.now(UTC)
    run_inputs = environment.inputs
    documents = run_event.documents(environment.read_event(), run_inputs.text("event"))
    mode = Mode(run_inputs.choice("mode", *Mode))
    verify = run_inputs.choice("verify", "auto", "require", "off")
    by_api = run_inputs.choice("commit-via", "git", "api") == "api"
    receivers, mistake = Receivers.from_inputs_or_none(run_inputs)
    root = inputs.desired_state(environment)
    git = Git(root=root, environ=environment.process_environ, token=run_inputs.text("token"))
    rules = run_inputs.text("rules", inputs.RULES_FILE)
    planning = Planning(
        git=git,
        api=environment.api,
        rules=rules,
        verify=verify,
        branch=environment.target_branch,
        starter=environment.starter,
    )
    dry_run = mode is Mode.DRY_RUN

    def make_plan() -> Plan:
        return planning.all(cloudevent.parse_all(documents), planning.ruleset(), mode=None if dry_run else mode)

    if dry_run:
        published, uncommitted = push.preview(make_plan, git), Uncommitted()
        published = replace(published, plan=published.plan.as_rules_want)
    else:
        api, branch = environment.api, environment.branch
        commits = ByApi(api=api) if by_api else BY_GIT
        published = push.push(make_plan, git, branch=branch, commits=commits, patience=patience)
        reviewer = review.Reviewer(
            git=git,
            read_rules=planning.ruleset,
            plan_again=planning.again,
            pulls=PullRequests(api=api, base=branch),
            commits=ByApi(api=api, creates_branches=True) if by_api else BY_GIT,
            patience=patience,
        )
        published, uncommitted = reviewer.carry_out(published)
    finished = datetime.now(UTC)
    flux = FluxState()
    if clusters := _clusters_to_tell(published) if not dry_run else set():
        notifications = notifier(environment, output).notify(
            receivers.for_clusters(clusters, planning.ruleset()),
            repository=environment.repository,
            commit=published.commit or git.head(),
        )
        flux = FluxState(notifications=tuple(notifications), when=datetime.now(UTC))
    report = Report(
        published=published,
        uncommitted=uncommitted,
        flux=flux,
        links=run_links(environment, root),
        rules=rules,
        dry_run=dry_run,
        mistake=mistake,
        started=started,
        finished=finished,
    )
    _write(output, report)
    if not dry_run:
        news = notice.of_outcomes(
            published.plan.outcomes,
            repository=environment.repository,
            commit=published.commit,
            run_url=notices.run_url(environment),
        )
        ruleset = planning.ruleset()
        notices.tell(environment, output, ruleset.webhooks, news)
        issues.record(environment, output, ruleset, published.plan.outcomes, published.commit)
    if mistake:  # the workload is contained by now: it should not wait for an address to be mended
        output.annotate(Annotation(level="error", message=str(mistake)))
        return BAD_INPUT
    return _exit_code(published.plan)


def _clusters_to_tell(published: Published[Plan]) -> set[str]:
    """Return the clusters whose Flux has something to apply: a new commit, or one that it applied before or never."""
    responses = [*published.plan.responses] if published.commit else []
    responses += [
        outcome.response
        for outcome in published.plan.outcomes
        if outcome.response and outcome.verdict is Verdict.STILL_RUNNING
    ]
    return {response.event.cluster or response.cluster for response in responses}


def _write(output: RunOutput, report: Report) -> None:
    published = report.published
    output.set_output("changed", "true" if published.commit else "false")
    output.set_output("commit", published.commit or "")
    output.set_output("pull-request", "\n".join(proposal.pull.url for proposal in report.uncommitted.proposals))
    output.set_output("responses", report.responses())
    output.write_summary(report.summary())
    for outcome in published.plan.outcomes:
        if outcome.surprise:
            report_surprise(outcome.surprise, output)
    for annotation in annotations.of_outcomes(published.plan.outcomes, dry_run=report.dry_run):
        output.annotate(annotation)
    if published.diff:
        output.print(published.diff)
    for annotation in annotations.of_notifications(report.flux.notifications):
        output.annotate(annotation)


def _exit_code(plan: Plan) -> int:
    verdicts = {outcome.verdict for outcome in plan.outcomes}
    if verdicts & {Verdict.REFUSED, Verdict.COMMITTED, Verdict.STILL_RUNNING}:
        return FAILED
    return BAD_INPUT if Verdict.INVALID in verdicts else SUCCESS
