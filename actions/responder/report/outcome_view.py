"""One event of a run as the parts of a page: its heading, its row, what a person has to do, its story, its proof."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from ..escape import fenced, markdown_code, markdown_text
from ..plan.outcome import Outcome, Verdict
from ..proof.standing import Standing
from . import next_step
from .event_table import event_table
from .layout import alert, fold
from .links import Links
from .sentence import sentence
from .story import Story
from .verdict_words import mark

_ALERTS = {
    Verdict.REFUSED: "CAUTION",
    Verdict.INVALID: "CAUTION",
    Verdict.COMMITTED: "CAUTION",
    Verdict.STILL_RUNNING: "CAUTION",
    Verdict.ASSUMED: "WARNING",
    Verdict.PROPOSED: "IMPORTANT",
}
_PROOF_MARKS = {Standing.PROVED: "✅", Standing.ASSUMED: "❔", Standing.NOT_BUILT: "🚧", Standing.DISPROVED: "❌"}
_REASON_LIMIT = 2000  # characters
_HEADING_LIMIT = 320  # of a name in it: 63 for a namespace, 253 for a workload
_ROW_LIMIT = 100


@dataclass(frozen=True, kw_only=True)
class OutcomeView:
    """What became of the event with this number. `rules` is the path of the rules file."""

    number: int
    outcome: Outcome
    dry_run: bool
    links: Links
    rules: str

    @property
    def heading(self) -> str:
        """Return what became of the event, with the mark of its verdict."""
        return self._sentence(limit=_HEADING_LIMIT)

    @property
    def needs_person(self) -> bool:
        """Return whether a person has to do something now."""
        return self.outcome.verdict in _ALERTS and not (self.dry_run and self.outcome.verdict is Verdict.PROPOSED)

    @property
    def row(self) -> tuple[str, ...]:
        """Return the cells of the event in the table of a batch."""
        event = self.outcome.event
        rule = f"{markdown_code(event.rule, limit=_ROW_LIMIT)} ({event.priority.word})" if event else ""
        pod = markdown_code(event.claimed_pod, limit=_ROW_LIMIT) if event and event.claimed_pod else ""
        return str(self.number), self._sentence(limit=_ROW_LIMIT), rule, pod

    def alerts(self) -> Iterator[str]:
        """Yield what needs a person, the next steps with it, and the warnings."""
        outcome = self.outcome
        reason = markdown_text(outcome.reason, limit=_REASON_LIMIT)
        if self.needs_person:
            yield alert(_ALERTS[outcome.verdict], *self._demand(reason))
        for warning in outcome.response.warnings if outcome.response else ():
            yield alert("WARNING", markdown_text(warning, limit=_REASON_LIMIT))

    @property
    def story(self) -> str:
        """Return what Falco saw; empty for what is no event."""
        if self.outcome.event is None:
            return ""
        story = Story.of_event(self.outcome.event)
        return "\n\n".join(filter(None, [story.paragraph, story.tree.rstrip()]))

    @property
    def sources(self) -> list[str]:
        """Return links to the lines that change, as far as a commit has them, and to the response rule."""
        response = self.outcome.response
        if response is None:
            return []
        is_committed = self.outcome.verdict.changes_files and not self.dry_run
        changes = [self.links.file(change.file, change.line if is_committed else None) for change in response.changes]
        rule = markdown_code(response.rule, limit=_HEADING_LIMIT)
        if response.rule_line:
            rule = self.links.top_file(self.rules, response.rule_line, text=response.rule)
        return [*dict.fromkeys(changes), f"response rule {rule}"]

    @property
    def proof(self) -> str:
        """Return what `kustomize build` says of the response, in a line, and the rendered difference folded."""
        proof = self.outcome.response.proof if self.outcome.response else None
        line = ""
        if proof:
            standing = f"{_PROOF_MARKS.get(proof.standing, '⚪')} Rendered, {proof.standing}"
            line = f"{standing}: {markdown_text(proof.reason, limit=_REASON_LIMIT)}."
        diff = self.outcome.rendered or (proof.diff if proof else "")
        folded = fold("What the cluster gets", fenced(diff, "diff")) if diff else ""
        return "\n\n".join(filter(None, [line, folded]))

    @property
    def details(self) -> str:
        """Return all that the event says, folded."""
        return fold("All that Falco says", self.event_table) if self.event_table else ""

    @property
    def event_table(self) -> str:
        """Return all that the event says; empty for what is no event."""
        return event_table(self.outcome.event) if self.outcome.event else ""

    def _sentence(self, *, limit: int) -> str:
        text = sentence(self.outcome, dry_run=self.dry_run, show=partial(markdown_code, limit=limit))
        return f"{mark(self.outcome.verdict, dry_run=self.dry_run)} {text}"

    def _demand(self, reason: str) -> Iterator[str]:
        outcome = self.outcome
        match outcome.verdict:
            case Verdict.COMMITTED | Verdict.STILL_RUNNING:
                yield f"**The workload still runs.** {reason[:1].upper()}{reason[1:]}."
            case Verdict.ASSUMED:
                yield "**See whether the pod is gone.** Only the chart could confirm that it makes the workload."
            case Verdict.PROPOSED:
                link = f"[the pull request]({outcome.pull_request})" if outcome.pull_request else "the pull request"
                yield f"**The workload still runs.** Merge {link} to contain it, or close it to leave it as it is."
            case _:
                yield f"**Nothing was done.** {reason[:1].upper()}{reason[1:]}."
                yield from next_step.steps(outcome, self.links, self.rules)
