"""What a person reads where an action fails as a whole: that nothing was done, for which events, why, and what next.

Everything from an event, a file or an input is shown as untrusted text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..errors import (
    BadHistory,
    BadInput,
    BadRules,
    ChangedSince,
    Mistake,
    NotAPerson,
    NotRecorded,
    PushLost,
    PushRefused,
    RecordLost,
    ResponderError,
)
from ..escape import markdown_code, markdown_text
from ..falco.event import Event
from ..surprise import Surprise
from . import next_step
from .layout import alert, join
from .links import Links
from .story import Story

_TEXT_LIMIT = 2000  # characters
_HEADINGS: tuple[tuple[type[ResponderError], str], ...] = (
    (BadInput, "an input cannot be used"),
    (NotRecorded, "no such response is recorded"),
    (ChangedSince, "somebody has changed what the response wrote"),
    (NotAPerson, "a person has to start this"),
    (BadHistory, "the history does not record it well enough"),
    (RecordLost, "the commit would not record what it does"),
    (PushRefused, "the branch does not take the commit"),
    (PushLost, "other pushes were faster all the time"),
)


@dataclass(frozen=True, kw_only=True)
class FailureReport:
    """An action that has failed: the error or surprise, what would help, and the events of the run as far as known."""

    failure: ResponderError | Surprise
    help: str = ""
    events: Sequence[Event] = ()
    links: Links

    def summary(self) -> str:
        """Return the job summary, in GitHub Markdown, within GitHub's limit."""
        return join(self._parts())

    def _parts(self) -> Iterator[str]:
        yield f"## {self._heading()}"
        yield from self._alert()
        if isinstance(self.failure, BadRules):
            yield "\n".join(map(self._item, self.failure.mistakes))
        if self.events:
            yield "### What Falco saw, and still runs"
            yield from (f"- {Story.of_event(event).paragraph}" for event in self.events)
            yield next_step.run_again(self.events, self.links)

    def _heading(self) -> str:
        match self.failure:
            case Surprise():
                return "❌ The action failed unexpectedly"
            case BadRules(mistakes=mistakes):
                return f"❌ Nothing was done: the response rules have {count(mistakes)}"
            case error:
                causes = (text for kind, text in _HEADINGS if isinstance(error, kind))
                return f"❌ Nothing was done: {next(causes, 'the action has failed')}"

    def _alert(self) -> Iterator[str]:
        match self.failure:
            case Surprise(kind=kind):
                text = f"{markdown_code(kind)}: the log of the step has the details, please report them."
                yield alert("CAUTION", f"{text} Look at {self.links.history} to see whether anything was pushed.")
            case BadRules():
                yield alert("CAUTION", "**Nothing was done.** No response is made while the rules have a mistake.")
            case error:
                reason = markdown_text(error, limit=_TEXT_LIMIT)
                yield alert("CAUTION", f"**Nothing was done.** {reason[:1].upper()}{reason[1:]}.", self.help)

    def _item(self, mistake: Mistake) -> str:
        text = "; ".join(filter(None, [mistake.problem, mistake.suggestion]))
        return f"- {self.links.top_file(mistake.file, mistake.line)}: {markdown_text(text, limit=_TEXT_LIMIT)}"


def count(mistakes: Sequence[Mistake]) -> str:
    """Return the number of mistakes in words that fit the number."""
    return "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
