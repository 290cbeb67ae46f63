"""What a person reads of a check: mistakes in the response rules, and what would become of the sample events."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import Mistake, Unsupported
from ..escape import json_text, markdown_code, one_line
from ..plan.outcome import Outcome, Verdict
from ..rules.model import Rules


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
    """A finished check of rules without a mistake in their file; `problems` are for a person to read."""

    ruleset: Rules
    replays: Sequence[Replay]
    problems: Sequence[str]
    warnings: Sequence[str] = ()

    def plan(self) -> str:
        """Return the `plan` output: a JSON array with an object for each sample."""
        return json_text([_as_json(replay) for replay in self.replays])

    def summary(self) -> str:
        """Return the job summary, in GitHub Markdown."""
        verdict = f"{len(self.problems)} problems" if self.problems else "they hold"
        lines = [f"## Response rules: {verdict}", ""]
        lines += [f"- {markdown_code(problem, limit=1000)}" for problem in self.problems]
        lines += [f"- warning: {markdown_code(warning, limit=1000)}" for warning in self.warnings]
        lines += ["", "| Event | Falco rule | Response rule | | Workload | Edit, or why there is none |"]
        lines += ["| --- | --- | --- | --- | --- | --- |", *map(_row, self.replays)]
        lines += ["", f"{len(self.ruleset.rules)} rules in {markdown_code(self.ruleset.name)}."]
        return "\n".join(lines) + "\n"


def mistakes_summary(mistakes: Sequence[Mistake]) -> str:
    """Return the job summary of a check whose rules have mistakes."""
    items = "\n".join(f"- {markdown_code(mistake)}" for mistake in mistakes)
    return f"## Response rules: {len(mistakes)} mistakes\n\n{items}\n"


def _row(replay: Replay) -> str:
    outcome = replay.outcome
    cells = [
        markdown_code(replay.name),
        markdown_code(outcome.event.rule) if outcome.event else "",
        markdown_code(", ".join(replay.rules)) if replay.rules else "",
        str(outcome.verdict),
        markdown_code(outcome.response.workload) if outcome.response else "",
        markdown_code(outcome.reason, limit=1000),
    ]
    return f"| {' | '.join(cells)} |"


def _as_json(replay: Replay) -> dict[str, object]:
    response = replay.outcome.response
    return {
        "event": replay.name,
        "rules": list(replay.rules),
        "verdict": str(replay.outcome.verdict),
        "reason": one_line(replay.outcome.reason, limit=1000),
        "workload": str(response.workload) if response else None,
        "files": response.files if response else [],
    }
