"""What a person reads of a check: problems of the response rules, and what would become of the sample events."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..errors import Unsupported
from ..escape import json_text, markdown_code, markdown_text, one_line
from ..plan.outcome import Outcome, Verdict
from ..rules.model import Rule, Rules
from .layout import alert, join, table
from .links import Links
from .sentence import sentence
from .verdict_words import mark

_COLUMNS = 6  # rules that a table has room for
_TEXT_LIMIT = 1000  # characters


@dataclass(frozen=True, kw_only=True)
class Replay:
    """A sample event by its name, what would become of it, and the response rules that decide so."""

    name: str
    outcome: Outcome
    rules: tuple[str, ...] = ()

    @property
    def is_mistake(self) -> bool:
        """Return whether the rules ask for what can never be: a protected workload, a response that it lacks."""
        return isinstance(self.outcome.refusal, Unsupported) or self.outcome.verdict is Verdict.INVALID


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """A finished check of rules without a mistake in their file; `problems` are for a person to read.

    `samples` is the folder of the samples in the repository, None for those that ship with the action.
    """

    ruleset: Rules
    replays: Sequence[Replay]
    problems: Sequence[str]
    warnings: Sequence[str] = ()
    links: Links = field(default_factory=Links)
    samples: str | None = None

    def plan(self) -> str:
        """Return the `plan` output: a JSON array with an object for each sample."""
        return json_text([_as_json(replay) for replay in self.replays])

    def summary(self) -> str:
        """Return the job summary, in GitHub Markdown, within GitHub's limit."""
        return join(self._parts())

    def _parts(self) -> Iterator[str]:
        rules, name = self.ruleset.rules, self.ruleset.name
        file = markdown_code(name) if self.ruleset.built_in else self.links.top_file(name)
        number = "1 rule" if len(rules) == 1 else f"{len(rules)} rules"
        if self.problems:
            yield f"## ❌ Response rules: {len(self.problems)} problems"
        else:
            yield "## ✅ Response rules: they hold"
        yield f"{number} in {file}, tried on {len(self.replays)} sample events. Nothing was changed."
        for problem in self.problems:
            yield alert("CAUTION", f"{markdown_text(problem, limit=_TEXT_LIMIT)}.")
        for warning in self.warnings:
            yield alert("WARNING", f"{markdown_text(warning, limit=_TEXT_LIMIT)}.")
        yield self._table()
        if idle := [rule for rule in rules if not any(rule.name in replay.rules for replay in self.replays)]:
            yield f"No sample meets {', '.join(map(self._rule, idle))}."

    def _table(self) -> str:
        """Return the table of samples and rules: a row for each sample, a column for each rule that a sample meets."""
        met = [rule for rule in self.ruleset.rules if any(rule.name in replay.rules for replay in self.replays)]
        columns = met if len(met) <= _COLUMNS else []
        names = [*map(self._rule, columns)] if columns else ["Response rule"]
        head = ["Sample", "Falco rule", *names, "What would become of it", "Why"]
        return table(head, (tuple(self._cells(replay, columns)) for replay in self.replays))

    def _cells(self, replay: Replay, columns: Sequence[Rule]) -> Iterator[str]:
        outcome = replay.outcome
        yield self._sample(replay.name)
        yield markdown_code(outcome.event.rule) if outcome.event else ""
        if columns:
            yield from ("●" if rule.name in replay.rules else "" for rule in columns)
        else:
            yield ", ".join(map(markdown_code, replay.rules))
        if outcome.verdict is Verdict.IGNORED:
            yield from (f"{mark(outcome.verdict, dry_run=True)} Ignored", "")
        else:
            yield f"{mark(outcome.verdict, dry_run=True)} {sentence(outcome, dry_run=True, show=markdown_code)}"
            yield markdown_text(outcome.reason, limit=_TEXT_LIMIT)

    def _rule(self, rule: Rule) -> str:
        if self.ruleset.built_in:
            return markdown_code(rule.name)
        return self.links.top_file(self.ruleset.name, rule.line, text=rule.name)

    def _sample(self, name: str) -> str:
        return markdown_code(name) if self.samples is None else self.links.top_file(f"{self.samples}/{name}", text=name)


def _as_json(replay: Replay) -> dict[str, object]:
    response = replay.outcome.response
    return {
        "event": replay.name,
        "rules": list(replay.rules),
        "verdict": str(replay.outcome.verdict),
        "reason": one_line(replay.outcome.reason, limit=_TEXT_LIMIT),
        "workload": str(response.workload) if response else None,
        "files": response.files if response else [],
    }
