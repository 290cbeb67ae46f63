"""The restore action: finds the response that is meant in the history, takes it back, commits that and tells Flux."""

import functools
import json
import re
from dataclasses import dataclass

from ..errors import BadInput, NotRecorded
from ..escape import fenced, markdown_code, one_line
from ..github.run import Run
from ..notify import notification
from ..notify.notification import Receivers, Told
from ..plan import commit_message, trailers, undo
from ..plan.trailers import RecordedResponse
from ..plan.undo import Files, Snapshot, Undo
from ..publish import push
from ..publish.git import Git
from ..publish.patience import Patience
from ..publish.push import Published
from ..publish.work_tree import WorkTree
from . import inputs, rules_file

_SHA = re.compile("[0-9a-f]{7,40}")
_WORKLOAD = re.compile(r"([A-Za-z]+) ([^/ ]+)/([^/ ]+)")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which response is meant: all of a commit, that to an event, or the last one to a workload."""

    commit: str = ""
    event: str = ""
    workload: str = ""

    @classmethod
    def read(cls, run: Run) -> "Asked":
        """From the inputs, of which one has to be given. Raises BadInput."""
        asked = cls(commit=run.input("commit").lower(), event=run.input("event"), workload=run.input("workload"))
        if len([each for each in (asked.commit, asked.event, asked.workload) if each]) != 1:
            raise BadInput("say what to restore by one of the inputs commit, event and workload")
        if asked.commit and not _SHA.fullmatch(asked.commit):
            raise BadInput("input commit is no SHA: 7 to 40 digits and letters from a to f")
        if asked.workload and not _WORKLOAD.fullmatch(asked.workload):
            raise BadInput('input workload is not like "Deployment NAMESPACE/NAME"')
        return asked

    def of(self, sha: str, responses: list[RecordedResponse]) -> list[RecordedResponse]:
        """Those of a commit's responses that are meant."""
        if self.commit:
            return responses if sha.startswith(self.commit) else []
        if self.event:
            return [each for each in responses if each.event_id == self.event]
        return [each for each in responses if each.response.endswith(f" {self.workload}")]

    def __str__(self) -> str:
        given = {"commit": self.commit, "event": self.event, "workload": self.workload}
        return next(f"{name} {one_line(value)}" for name, value in given.items() if value)


@dataclass(frozen=True, kw_only=True)
class Restored:
    """An undo, as it is published."""

    undo: Undo

    @property
    def files(self) -> Files:
        return self.undo.files

    @property
    def message(self) -> str:
        return commit_message.compose_undo(self.undo.snapshot.sha, self.undo.responses)


def restore(run: Run, patience: Patience) -> int:
    """Take back what the inputs name. Raises ResponderError."""
    asked = Asked.read(run)
    force = run.choice("force", "false", "true") == "true"
    dry_run = run.choice("mode", "commit", "dry-run") == "dry-run"
    receivers = Receivers.read(run)
    name = run.input("rules", ".github/falco-response.yaml")
    git = Git(root=inputs.directory(run), token=run.input("token"))
    ruleset = rules_file.read(git.top(), name)

    def make_plan() -> Restored:
        snapshot, responses = _find(git, asked)
        return Restored(
            undo=undo.undo(snapshot, responses, WorkTree(git.root).checkout(), merge=git.merge, force=force)
        )

    published = (
        push.preview(make_plan, git) if dry_run else push.push(make_plan, git, branch=run.branch, patience=patience)
    )
    told: list[Told] = []
    if published.commit:
        clusters = {each.cluster for each in published.plan.undo.responses if each.cluster}
        told = notification.tell(run, receivers.of(clusters, ruleset), published.commit)
    _tell(run, published, told)
    return 0


def _find(git: Git, asked: Asked) -> tuple[Snapshot, list[RecordedResponse]]:
    for sha, text in git.response_commits():
        every = trailers.responses(text)
        if meant := asked.of(sha, every):
            before, after = (functools.partial(git.show, revision) for revision in (f"{sha}^", sha))
            return Snapshot(sha=sha, responses=tuple(every), before=before, after=after), meant
    raise NotRecorded(f"no response is recorded on this branch for {asked}")


def _tell(run: Run, published: Published[Restored], told: list[Told]) -> None:
    done = published.plan.undo
    said = [each.response for each in done.responses]
    run.write_output("changed", "true" if published.commit else "false")
    run.write_output("commit", published.commit or "")
    run.write_output("restored", json.dumps(said))
    run.write_summary(_summary(published, told))
    for each in said:
        run.annotate("notice", f"{_verdict(published)}: {one_line(each)} (commit {done.snapshot.sha[:12]})")
    if published.diff:
        run.log(published.diff)
    for one in told:
        if not one.notice.delivered:
            run.annotate("warning", str(one))


def _verdict(published: Published[Restored]) -> str:
    if not published.plan.files:
        return "restored already"
    return "restored" if published.commit else "would be restored"


def _summary(published: Published[Restored], told: list[Told]) -> str:
    done = published.plan.undo
    rows = [
        f"| {_verdict(published)} | {markdown_code(each.response)} | {markdown_code(each.rule)} | "
        f"{markdown_code(each.event_id)} |"
        for each in done.responses
    ]
    head = ["| | Response | Falco rule | Event |", "| --- | --- | --- | --- |"]
    parts = [f"## Restore: commit {markdown_code(done.snapshot.sha[:12])}", "\n".join([*head, *rows])]
    parts += [f"### Change\n\n{fenced(published.diff, 'diff')}"] if published.diff else []
    parts += [f"{markdown_code(str(one), limit=1000)}." for one in told]
    return "\n\n".join(parts) + "\n"
