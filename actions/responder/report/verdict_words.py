"""The word and the mark for what became of an event. In a dry run nothing has happened, so the word says what would."""

from ..plan.outcome import CAREFUL_VERDICTS, Verdict

_MARKS = {
    Verdict.CONTAINED: "🛑",
    Verdict.ASSUMED: "❔",
    Verdict.PROPOSED: "✋",
    Verdict.DRY_RUN: "👀",
    Verdict.IN_PLACE: "✅",
    Verdict.IGNORED: "⚪",
    Verdict.COMMITTED: "🚧",
    Verdict.STILL_RUNNING: "🔥",
    Verdict.REFUSED: "⚠️",
    Verdict.INVALID: "❌",
}


def mark(verdict: Verdict, *, dry_run: bool) -> str:
    """Return the mark for a verdict."""
    return _MARKS[Verdict.DRY_RUN if dry_run and _is_act(verdict) else verdict]


def word(verdict: Verdict, *, dry_run: bool) -> str:
    """Return the word for a verdict."""
    return f"would be {verdict}" if dry_run and _is_act(verdict) else str(verdict)


def _is_act(verdict: Verdict) -> bool:
    return verdict.changes_files or verdict in CAREFUL_VERDICTS.values()
