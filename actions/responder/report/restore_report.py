"""What a person reads of a restore. Everything from a commit message is shown as untrusted text."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..escape import markdown_code, markdown_text
from ..plan.trailers import RecordedResponse
from ..plan.undo import Undo
from . import diff_view
from .flux_state import FluxState
from .layout import alert, join, table
from .links import Links

_TABLE_HEAD = ("", "Response", "Falco rule", "Event")


@dataclass(frozen=True, kw_only=True)
class RestoreReport:
    """A finished restore; `commit` is None where nothing was pushed, `guard` says what guards restores too little."""

    undo: Undo
    diff: str = ""
    commit: str | None = None
    links: Links = field(default_factory=Links)
    flux: FluxState = field(default_factory=FluxState)
    guard: str = ""

    @property
    def verdict(self) -> str:
        """Return in a word or three what became of the responses."""
        if not self.undo.files:
            return "restored already"
        return "restored" if self.commit else "would be restored"

    def summary(self) -> str:
        """Return the job summary, in GitHub Markdown."""
        return join(self._parts())

    def _parts(self) -> Iterator[str]:
        sha = self.undo.snapshot.sha
        yield f"## ♻️ {self._heading()}"
        clusters = {response.cluster for response in self.undo.responses if response.cluster}
        flux = (
            f"**Flux {markdown_text(self.flux.words(clusters), limit=1000)}**" if self.commit else "Nothing was pushed"
        )
        commit = f"commit {self.links.commit(self.commit)}" if self.commit else ""
        yield " · ".join(filter(None, [flux, commit, f"takes back commit {self.links.commit(sha)}", self.links.run]))
        if self.guard:
            yield alert("WARNING", markdown_text(self.guard, limit=1000))
        if self.diff:
            yield diff_view.markdown(self.diff, title="Change" if self.commit else "What would change")
        yield table(_TABLE_HEAD, map(self._row, self.undo.responses))

    def _heading(self) -> str:
        responses = self.undo.responses
        name = _workload(responses[0]) if len(responses) == 1 else f"{len(responses)} workloads"
        if not self.undo.files:
            return f"{name} {'is' if len(responses) == 1 else 'are'} restored already"
        return f"Restored {name}" if self.commit else f"Would restore {name}"

    def _row(self, response: RecordedResponse) -> tuple[str, ...]:
        return self.verdict, *map(markdown_code, (response.response, response.rule, response.event_id))


def _workload(response: RecordedResponse) -> str:
    cluster = f" in {markdown_code(response.cluster)}" if response.cluster else ""
    return f"{markdown_code(response.workload)}{cluster}"
