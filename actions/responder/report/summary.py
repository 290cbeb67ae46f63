"""What a person reads of a run, woken at night: the job summary; and the `responses` output for the steps that follow.

The first lines say what was stopped and what Flux knows. Then come what needs a person, why it was stopped, the change,
the proof, the undo and the times. Everything from an event is shown as untrusted text.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from ..errors import BadInput
from ..escape import json_text, markdown_text, one_line
from ..plan.outcome import Outcome, Verdict
from ..plan.plan import Plan
from ..publish.push import Published
from . import diff_view, next_step, timeline, undo_help
from .flux_state import FluxState
from .layout import alert, fold, join, table
from .links import Links
from .outcome_view import OutcomeView
from .proposals import Uncommitted
from .sentence import sentence
from .timeline import Moment
from .verdict_words import mark, word

_REASON_LIMIT = 2000  # characters
_URGENT_EVENTS = 10  # of a batch, whose alerts stand before everything else
_TABLE_HEAD = ("#", "What became of it", "Falco rule", "Pod")


@dataclass(frozen=True, kw_only=True)
class Report:
    """A finished run, and what the summary needs to know beyond it; times are in UTC. `rules` is the rules' path."""

    published: Published[Plan]
    dry_run: bool
    links: Links
    rules: str
    started: datetime
    finished: datetime
    flux: FluxState = field(default_factory=FluxState)
    uncommitted: Uncommitted = field(default_factory=Uncommitted)
    mistake: BadInput | None = None  # of an input that no response waits for

    def summary(self) -> str:
        """Return the job summary, in GitHub Markdown, within GitHub's limit."""
        return join(self._parts())

    def responses(self) -> str:
        """Return the `responses` output: a JSON array with an object for each event, in the order of the events."""
        return json_text([_as_json(outcome, dry_run=self.dry_run) for outcome in self.published.plan.outcomes])

    @cached_property
    def _views(self) -> list[OutcomeView]:
        links = self.links.at(self.published.commit)
        return [
            OutcomeView(number=number, outcome=outcome, dry_run=self.dry_run, links=links, rules=self.rules)
            for number, outcome in enumerate(self.published.plan.outcomes, 1)
        ]

    def _parts(self) -> Iterator[str]:
        """Yield the parts of the page, those first that a person needs first."""
        if len(self._views) == 1:
            yield from self._single_event(self._views[0])
        else:
            yield from self._batch()

    def _single_event(self, view: OutcomeView) -> Iterator[str]:
        yield f"## {view.heading}"
        yield self._status(view.sources)
        yield self._mistake()
        yield from view.alerts()
        yield view.story
        yield self._change()
        yield from self._proposals()
        yield view.proof
        yield self._undo()
        yield self._timeline()
        yield self._by_hand()
        yield view.details

    def _batch(self) -> Iterator[str]:
        views = self._views
        urgent = [view for view in views if view.needs_person][:_URGENT_EVENTS]
        yield f"## {self._batch_heading()}"
        yield self._status([])
        yield self._mistake()
        if views:
            yield table(_TABLE_HEAD, (view.row for view in views))
        for view in urgent:
            yield from view.alerts()
        yield self._change()
        yield from self._proposals()
        yield self._undo()
        yield self._timeline()
        yield self._by_hand()
        for view in views:
            alerts = () if view in urgent else view.alerts()
            content = [*alerts, view.story, *view.sources[:1], view.proof, view.event_table]
            yield fold(f"Event {view.number}: {view.heading}", "\n\n".join(filter(None, content)))

    def _batch_heading(self) -> str:
        outcomes = self.published.plan.outcomes
        if not outcomes:
            return "No events"
        counts = Counter(word(outcome.verdict, dry_run=self.dry_run) for outcome in outcomes)
        worst = max((outcome.verdict for outcome in outcomes), key=list(Verdict).index)
        return f"{mark(worst, dry_run=self.dry_run)} {len(outcomes)} events: " + ", ".join(
            f"{number} {name}" for name, number in counts.items()
        )

    def _status(self, sources: list[str]) -> str:
        """Return what Flux knows, and links to what the run is about."""
        parts = []
        if self.published.commit:
            clusters = {response.cluster_name for response in self.published.plan.responses}
            parts = [
                f"**Flux {markdown_text(self.flux.words(clusters), limit=1000)}**",
                f"commit {self.links.commit(self.published.commit)}",
            ]
        elif self.dry_run:
            parts = ["**Dry run: nothing was pushed**"]
        return " · ".join(filter(None, [*parts, self.links.run, *sources]))

    def _mistake(self) -> str:
        return alert("WARNING", f"{markdown_text(self.mistake, limit=_REASON_LIMIT)}.") if self.mistake else ""

    def _change(self) -> str:
        title = "What would change" if self.dry_run else "Change"
        diff, preview = self.published.diff, self.uncommitted.preview
        parts = [diff_view.markdown(diff, title=title)] if diff else []
        parts += [diff_view.markdown(preview, title="What rules only want shown")] if preview else []
        return "\n\n".join(parts)

    def _proposals(self) -> Iterator[str]:
        """Yield the pull requests, each with what it changes."""
        if self.uncommitted.proposals:
            yield "### Waiting for a review"
            yield from map(str, self.uncommitted.proposals)

    def _undo(self) -> str:
        commit = self.published.commit
        return undo_help.markdown(self.published.plan.responses, commit, self.links) if commit else ""

    def _by_hand(self) -> str:
        """Return how to run the workflow again with the events that got no response because of something here."""
        refused = [outcome for outcome in self.published.plan.outcomes if outcome.verdict is Verdict.REFUSED]
        events = [outcome.event for outcome in refused if outcome.event and outcome.event.claimed_pod]
        return next_step.run_again(events, self.links) if events else ""

    def _timeline(self) -> str:
        commit = self.published.commit
        responses = self.published.plan.responses
        if commit is None or not responses:
            return ""
        moments = [
            *timeline.moments_of_event(responses[0].event),
            Moment(when=self.started, who="GitHub", whom="GitHub", what="started to respond"),
            Moment(when=self.finished, who="GitHub", whom="GitHub", what=f"has commit {commit[:12]}"),
            Moment(when=self.flux.when, who="GitHub", whom="Flux", what="told Flux")
            if self.flux.is_told
            else Moment(when=None, who="Flux", whom="GitHub", what="finds it at its next interval"),
        ]
        return f"### Timeline\n\n{timeline.markdown(moments)}"


def _as_json(outcome: Outcome, *, dry_run: bool) -> dict[str, object]:
    verdict = word(outcome.verdict, dry_run=dry_run)
    row: dict[str, object] = {"verdict": verdict, "reason": one_line(outcome.reason, limit=_REASON_LIMIT)}
    row["what"] = sentence(outcome, dry_run=dry_run, show=one_line)
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
