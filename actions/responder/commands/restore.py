"""The restore action: finds a response in the history, takes it back, commits that and tells Flux."""

import functools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from ..errors import BadInput, NotRecorded
from ..escape import one_line
from ..github.inputs import Inputs
from ..github.run_environment import RunEnvironment
from ..github.run_output import Annotation, RunOutput
from ..notify.notifications import Notification, Receivers
from ..plan import commit_message, trailers, undo
from ..plan.trailers import RecordedResponse
from ..plan.undo import Files, Snapshot, Undo
from ..publish import history, push
from ..publish.git import Git
from ..publish.patience import DEFAULT_PATIENCE, Patience
from ..publish.work_tree import WorkTree
from ..report import annotations
from ..report.restore_report import RestoreReport
from . import inputs, rules_file
from .exit_codes import SUCCESS
from .notifier import notifier

_SHA = re.compile("[0-9a-f]{7,40}")
_WORKLOAD = re.compile(r"([A-Za-z]+) ([^/ ]+)/([^/ ]+)")


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The responses to take back: all of a commit, that to an event, or the last one to a workload."""

    commit: str = ""
    event: str = ""
    workload: str = ""

    @classmethod
    def from_inputs(cls, run_inputs: Inputs) -> Self:
        """Read the selection from the inputs, of which one has to be set. Raises BadInput."""
        selection = cls(
            commit=run_inputs.text("commit").lower(),
            event=run_inputs.text("event"),
            workload=run_inputs.text("workload"),
        )
        if len(list(filter(None, (selection.commit, selection.event, selection.workload)))) != 1:
            raise BadInput("say what to restore by one of the inputs commit, event and workload")
        if selection.commit and not _SHA.fullmatch(selection.commit):
            raise BadInput("input commit is no SHA: 7 to 40 digits and letters from a to f")
        if selection.workload and not _WORKLOAD.fullmatch(selection.workload):
            raise BadInput('input workload is not like "Deployment NAMESPACE/NAME"')
        return selection

    def pick(self, sha: str, responses: Sequence[RecordedResponse]) -> list[RecordedResponse]:
        """Return those of a commit's responses that are selected."""
        if self.commit:
            return list(responses) if sha.startswith(self.commit) else []
        if self.event:
            return [response for response in responses if response.event_id == self.event]
        return [response for response in responses if response.response.endswith(f" {self.workload}")]

    def __str__(self) -> str:
        names = {"commit": self.commit, "event": self.event, "workload": self.workload}
        return next(f"{name} {one_line(value)}" for name, value in names.items() if value)


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


def restore(environment: RunEnvironment, output: RunOutput, *, patience: Patience = DEFAULT_PATIENCE) -> int:
    """Take back what the inputs select, and return the exit code. Raises ResponderError."""
    run_inputs = environment.inputs
    selection = Selection.from_inputs(run_inputs)
    force = run_inputs.choice("force", "false", "true") == "true"
    dry_run = run_inputs.choice("mode", "commit", "dry-run") == "dry-run"
    receivers = Receivers.from_inputs(run_inputs)
    root = inputs.desired_state(environment)
    git = Git(root=root, environ=environment.process_environ, token=run_inputs.text("token"))
    ruleset = rules_file.read(git.top(), run_inputs.text("rules", inputs.RULES_FILE))

    def make_plan() -> Restoration:
        snapshot, responses = _find(git, selection)
        return Restoration(
            undo=undo.undo(snapshot, responses, WorkTree(git.root).checkout(), merge=git.merge, force=force)
        )

    published = (
        push.preview(make_plan, git)
        if dry_run
        else push.push(make_plan, git, branch=environment.branch, patience=patience)
    )
    notifications: list[Notification] = []
    if published.commit:
        clusters = {response.cluster for response in published.plan.undo.responses if response.cluster}
        notifications = notifier(environment, output).notify(
            receivers.for_clusters(clusters, ruleset), repository=environment.repository, commit=published.commit
        )
    _write(
        output,
        RestoreReport(
            undo=published.plan.undo,
            diff=published.diff,
            commit=published.commit,
            notifications=tuple(notifications),
        ),
    )
    return SUCCESS


def _find(git: Git, selection: Selection) -> tuple[Snapshot, list[RecordedResponse]]:
    for commit in history.all_commits(git):
        sha, responses = commit.sha, trailers.responses(commit.message)
        if selected := selection.pick(sha, responses):
            old, new = (functools.partial(git.show, revision) for revision in (f"{sha}^", sha))
            return Snapshot(sha=sha, responses=tuple(responses), read_before=old, read_after=new), selected
    raise NotRecorded(f"no response is recorded on this branch for {selection}")


def _write(output: RunOutput, report: RestoreReport) -> None:
    responses = [response.response for response in report.undo.responses]
    output.set_output("changed", "true" if report.commit else "false")
    output.set_output("commit", report.commit or "")
    output.set_output("restored", json.dumps(responses))
    output.write_summary(report.summary())
    for response in responses:
        message = f"{report.verdict}: {one_line(response)} (commit {report.undo.snapshot.sha[:12]})"
        output.annotate(Annotation(level="notice", message=message))
    if report.diff:
        output.print(report.diff)
    for annotation in annotations.of_notifications(report.notifications):
        output.annotate(annotation)
