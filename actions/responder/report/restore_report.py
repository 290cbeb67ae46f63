"""What a person reads of a restore. Everything from a commit message is shown as untrusted text."""

from dataclasses import dataclass

from ..escape import fenced, markdown_code
from ..notify.notifications import Notification
from ..plan.undo import Undo


@dataclass(frozen=True, kw_only=True)
class RestoreReport:
    """A finished restore; `commit` is None where nothing was pushed, `guard` says what guards restores too little."""

    undo: Undo
    diff: str = ""
    commit: str | None = None
    notifications: tuple[Notification, ...] = ()
    guard: str = ""

    @property
    def verdict(self) -> str:
        """Return in a word or three what became of the responses."""
        if not self.undo.files:
            return "restored already"
        return "restored" if self.commit else "would be restored"

    def summary(self) -> str:
        """Return the job summary, in GitHub Markdown."""
        rows = ["| | Response | Falco rule | Event |", "| --- | --- | --- | --- |"]
        rows += [
            f"| {self.verdict} | {markdown_code(response.response)} | {markdown_code(response.rule)} | "
            f"{markdown_code(response.event_id)} |"
            for response in self.undo.responses
        ]
        parts = [f"## Restore: commit {markdown_code(self.undo.snapshot.sha[:12])}", "\n".join(rows)]
        parts += [f"Warning: {markdown_code(self.guard, limit=1000)}"] if self.guard else []
        parts += [f"### Change\n\n{fenced(self.diff, 'diff')}"] if self.diff else []
        parts += [f"{markdown_code(notification, limit=1000)}." for notification in self.notifications]
        return "\n\n".join(parts) + "\n"
