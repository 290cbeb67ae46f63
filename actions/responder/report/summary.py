"""What a person reads of a run: the job summary, and the `responses` output for the steps that follow.

Everything from an event is shown as untrusted text.
"""

from dataclasses import dataclass, field
from datetime import datetime

from ..errors import OverLimit
from ..escape import fenced, json_text, markdown_code, one_line
from ..notify.notifications import Notification
from ..plan.outcome import Outcome, Verdict
from ..plan.plan import Plan
from ..publish.push import Published
from . import timeline
from .event_table import event_table, events_to_paste
from .proposals import Uncommitted
from .timeline import Moment
from .verdict_words import word

_MARKS = {
    Verdict.CONTAINED: "🛑",
    Verdict.ASSUMED: "❔",
    Verdict.PROPOSED: "✋",
    Verdict.DRY_RUN: "👀",
    Verdict.IN_PLACE: "✅",
    Verdict.IGNORED: "⚪",
    Verdict.COMMITTED: "🚧",
    Verdict.REFUSED: "⚠️",
    Verdict.INVALID: "❌",
}
_DETAILED_EVENTS = 20  # that have a table of their own at most


@dataclass(frozen=True, kw_only=True)
class Report:
    """A finished run, and what the summary needs to know beyond it; times are in UTC."""

    published: Published[Plan]
    dry_run: bool
    repository_url: str | None
    started: datetime
    finished: datetime
    notifications: tuple[Notification, ...] = ()
    uncommitted: Uncommitted = field(default_factory=Uncommitted)

    def summary(self) -> str:
        """Return the job summary, in GitHub Markdown."""
        parts = [
            f"## {self._headline()}",
            self._table(),
            self._change(),
            self._proposals(),
            self._rendered(),
            self._undo(),
            self._by_hand(),
            self._timeline(),
            self._events(),
        ]
        return "\n\n".join(part for part in parts if part) + "\n"

    def responses(self) -> str:
        """Return the `responses` output: a JSON array with an object for each event, in the order of the events."""
        return json_text([_as_json(outcome, dry_run=self.dry_run) for outcome in self._outcomes])

    @property
    def _outcomes(self) -> tuple[Outcome, ...]:
        return self.published.plan.outcomes

    def _headline(self) -> str:
        count = dict.fromkeys(Verdict, 0)
        for outcome in self._outcomes:
            count[outcome.verdict] += 1
        words = {verdict: word(verdict, dry_run=self.dry_run) for verdict in Verdict}
        counts = ", ".join(f"{number} {words[verdict]}" for verdict, number in count.items() if number) or "no events"
        return f"Falco events: {counts}" + (" (dry run: nothing was pushed)" if self.dry_run else "")

    def _table(self) -> str:
        rows = ["| | Workload | Falco rule | What and why |", "| --- | --- | --- | --- |"]
        rows += [_row(outcome, dry_run=self.dry_run) for outcome in self._outcomes]
        return "\n".join(rows)

    def _change(self) -> str:
        parts = [f"### Change\n\n{fenced(self.published.diff, 'diff')}"] if self.published.diff else []
        parts += (
            [f"### What rules only want shown\n\n{fenced(self.uncommitted.preview, 'diff')}"]
            if self.uncommitted.preview
            else []
        )
        return "\n\n".join(parts)

    def _proposals(self) -> str:
        """Return the pull requests, each with what it changes."""
        return (
            "\n\n".join(["### Waiting for a review", *map(str, self.uncommitted.proposals)])
            if self.uncommitted.proposals
            else ""
        )

    def _rendered(self) -> str:
        """Return what `kustomize build` says of each response, before and after."""
        responses = [outcome.response for outcome in self._outcomes if outcome.response]
        proofs = [
            f"{response.workload}: {response.proof.standing}: {response.proof.reason}"
            for response in responses
            if response.proof
        ]
        diffs = [outcome.rendered for outcome in self._outcomes if outcome.rendered]
        parts = ["### Rendered"] if proofs or diffs else []
        if proofs:
            parts.append("\n".join(f"- {markdown_code(proof, limit=2000)}" for proof in proofs))
        if diffs:
            parts.append(fenced("\n".join(diffs), "diff"))
        return "\n\n".join(parts)

    def _undo(self) -> str:
        if self.published.commit is None:
            return ""
        workflow = "the restore workflow"
        if self.repository_url:
            workflow = f"[the restore workflow]({self.repository_url}/actions/workflows/restore.yml)"
        text = f"When the workload is clean again, run {workflow} with this as `commit`:"
        return f"### How to undo it\n\n{text}\n\n{fenced(self.published.commit, 'text')}"

    def _by_hand(self) -> str:
        """Return the events that got no response because of a limit of the rules."""
        events = [
            outcome.event for outcome in self._outcomes if isinstance(outcome.refusal, OverLimit) and outcome.event
        ]
        if not events:
            return ""
        text = "Over a limit of the rules. When you have looked, run the workflow by hand and paste:"
        return f"### To run by hand\n\n{text}\n\n{events_to_paste(events)}"

    def _timeline(self) -> str:
        if self.published.commit is None:
            return ""
        first = next((response.event for response in self.published.plan.responses), None)
        moments = [
            *([timeline.moment_of_event(first)] if first else []),
            Moment(when=None, who="relay", whom="GitHub", what="dispatched it"),
            Moment(when=self.started, who="GitHub", whom="GitHub", what="started to respond"),
            Moment(when=self.finished, who="GitHub", whom="GitHub", what=f"has commit {self.published.commit[:12]}"),
            Moment(when=None, who="GitHub", whom="Flux", what="told Flux")
            if any(notification.result.is_delivered for notification in self.notifications)
            else Moment(when=None, who="Flux", whom="GitHub", what="finds it at its next interval"),
        ]
        last = f"{self._commit_link()}: {markdown_code(self.flux(), limit=1000)}."
        return f"### Timeline\n\n{timeline.markdown(moments)}\n\n{last}"

    def flux(self) -> str:
        """Return what Flux knows of the commit."""
        if not self.notifications:
            return "Flux was not told (no receiver): it finds the commit at its next interval"
        return "; ".join(map(str, self.notifications))

    def _commit_link(self) -> str:
        commit = self.published.commit or ""
        if self.repository_url is None:
            return f"Commit {markdown_code(commit)}"
        return f"Commit [{markdown_code(commit[:12])}]({self.repository_url}/commit/{commit})"

    def _events(self) -> str:
        events = [outcome.event for outcome in self._outcomes if outcome.event and outcome.verdict != Verdict.IGNORED]
        tables = [
            f"<details><summary>Event {number}: {markdown_code(event.rule)}</summary>\n\n"
            f"{event_table(event)}\n\n</details>"
            for number, event in enumerate(events[:_DETAILED_EVENTS], 1)
        ]
        omitted = len(events) - _DETAILED_EVENTS
        note = [f"{omitted} more events are left out here."] if omitted > 0 else []
        return "\n\n".join(["### Events", *tables, *note]) if tables else ""


def _row(outcome: Outcome, *, dry_run: bool) -> str:
    workload = markdown_code(outcome.response.workload) if outcome.response else ""
    event = outcome.event
    rule = f"{markdown_code(event.rule)} ({event.priority.word})" if event else ""
    reason = markdown_code(outcome.reason, limit=2000)
    verdict = word(outcome.verdict, dry_run=dry_run)
    return f"| {_MARKS[outcome.verdict]} {verdict} | {workload} | {rule} | {reason} |"


def _as_json(outcome: Outcome, *, dry_run: bool) -> dict[str, object]:
    verdict = word(outcome.verdict, dry_run=dry_run)
    row: dict[str, object] = {"verdict": verdict, "reason": one_line(outcome.reason, limit=2000)}
    if event := outcome.event:
        row |= {"id": event.id, "source": event.source, "cluster": event.cluster, "falco-rule": event.rule}
    if response := outcome.response:
        workload = response.workload
        row |= {
            "rule": response.rule,
            "response": response.action,
            "kind": workload.kind,
            "namespace": workload.namespace,
            "name": workload.name,
            "files": response.files,
        }
        row |= {"proof": response.proof.standing} if response.proof else {}
    if outcome.pull_request:
        row["pull-request"] = outcome.pull_request
    return row
