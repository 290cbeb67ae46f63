"""The restore action: finds a response in the history, takes it back, commits that and tells Flux."""

from dataclasses import dataclass
from datetime import UTC, datetime

from ..errors import NotAPerson
from ..escape import json_text, plain
from ..github import approval
from ..github.run_environment import RunEnvironment
from ..github.run_output import Annotation, RunOutput
from ..notify.notifications import Receivers
from ..plan import commit_message, undo
from ..plan.undo import Files, Undo
from ..publish import history, push
from ..publish.git import Git
from ..publish.patience import DEFAULT_PATIENCE, Patience
from ..publish.work_tree import WorkTree
from ..report import annotations, notice
from ..report.flux_state import FluxState
from ..report.restore_report import RestoreReport
from . import completeness, inputs, issues, notices, rules_file, selection
from .exit_codes import SUCCESS
from .notifier import notifier
from .run_links import run_links
from .selection import Selection


@dataclass(frozen=True, kw_only=True)
class Restoration:
    """An undo, as it is published."""

    undo: Undo

    @property
    def files(self) -> Files:
        return self.undo.files

    @property
    def message(self) -> str:
        return commit_message.compose_undo(self.undo.snapshot.sha, self.undo.responses)

    def confirm(self, message: str) -> None:
        """Raise RecordLost unless a message, as it was read back, records the undo."""
        commit_message.confirm_undo(message, self.undo.snapshot.sha, self.undo.responses)


def restore(environment: RunEnvironment, output: RunOutput, *, patience: Patience = DEFAULT_PATIENCE) -> int:
    """Take back what the inputs select, and return the exit code. Raises ResponderError."""
    run_inputs = environment.inputs
    selected = Selection.from_inputs(run_inputs)
    guard = _guard(environment)
    force = run_inputs.choice("force", "false", "true") == "true"
    dry_run = run_inputs.choice("mode", "commit", "dry-run") == "dry-run"
    receivers = Receivers.from_inputs(run_inputs)
    root = inputs.desired_state(environment)
    git = Git(root=root, environ=environment.process_environ, token=run_inputs.text("token"))
    completeness.require_rules(git, run_inputs.text("rules", inputs.RULES_FILE))
    ruleset = rules_file.read(git.top(), run_inputs.text("rules", inputs.RULES_FILE))

    def warn(message: str) -> None:
        output.annotate(Annotation(level="warning", message=message))

    def make_plan() -> Restoration:
        snapshot, responses = selection.find(history.all_commits(git), git, selected, warn=warn)
        return Restoration(
            undo=undo.undo(snapshot, responses, WorkTree(git.root).checkout(), merge=git.merge, force=force)
        )

    published = (
        push.preview(make_plan, git)
        if dry_run
        else push.push(make_plan, git, branch=environment.branch, patience=patience)
    )
    flux = FluxState()
    if published.commit:
        clusters = {response.cluster for response in published.plan.undo.responses if response.cluster}
        notifications = notifier(environment, output).notify(
            receivers.for_clusters(clusters, ruleset), repository=environment.repository, commit=published.commit
        )
        flux = FluxState(notifications=tuple(notifications), when=datetime.now(UTC))
    _write(
        output,
        RestoreReport(
            undo=published.plan.undo,
            diff=published.diff,
            commit=published.commit,
            links=run_links(environment, root),
            flux=flux,
            guard=guard,
        ),
    )
    if published.commit:
        news = notice.of_undo(
            published.plan.undo,
            repository=environment.repository,
            commit=published.commit,
            run_url=notices.run_url(environment),
        )
        notices.tell(environment, output, ruleset.webhooks, news)
        issues.close(environment, output, ruleset, published.plan.undo.responses, published.commit)
    return SUCCESS


def _guard(environment: RunEnvironment) -> str:
    """Return why nothing but the account that started the run guards this restore, or an empty text if a person does.

    Raises NotAPerson.
    """
    starter = environment.starter
    if not starter.is_person:
        raise NotAPerson(f"{starter} started this run: a restore has to be started by a person, not by a GitHub App")
    name = environment.inputs.text("environment")
    if not name:
        return "input environment is empty, so that nothing but the account that started this run guards it"
    return approval.missing_approval(environment.api, environment.run_id, name)


def _write(output: RunOutput, report: RestoreReport) -> None:
    responses = [response.response for response in report.undo.responses]
    output.set_output("changed", "true" if report.commit else "false")
    output.set_output("commit", report.commit or "")
    output.set_output("restored", json_text(responses))
    output.write_summary(report.summary())
    for response in responses:
        message = f"{report.verdict}: {plain(response)} (commit {report.undo.snapshot.sha[:12]})"
        output.annotate(Annotation(level="notice", message=message))
    if report.diff:
        output.print(report.diff)
    if report.guard:
        output.annotate(Annotation(level="warning", message=report.guard))
    for annotation in annotations.of_notifications(report.flux.notifications):
        output.annotate(annotation)
