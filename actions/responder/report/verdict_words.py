"""The word and the mark for what became of an event. In a dry run nothing has happened, so the word says what would."""

from ..plan.outcome import CAREFUL_VERDICTS, Verdict

MARKS = {
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


def word(verdict: Verdict, *, dry_run: bool) -> str:
    """Return the word for a verdict."""
    is_act = verdict.changes_files or verdict in CAREFUL_VERDICTS.values()
    return f"would be {verdict}" if dry_run and is_act else str(verdict)
