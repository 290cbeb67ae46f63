"""How a person undoes a commit: for each response what to give the restore workflow, by hand or on a command line.

A response is named by the commit where it is alone, else by the id of its event, or by its workload if an attacker
wrote an id that is not plain.
"""

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..escape import fenced, markdown_code
from ..plan.outcome import Response
from . import sentence
from .layout import table
from .links import RESTORE, Links

# No character that means something to a shell, a terminal or GitHub, and none that a paste could lose.
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Undo:
    """A response, and the input of the restore workflow that selects it."""

    response: Response
    name: str
    value: str

    def command(self, links: Links) -> str:
        """Return the command line that starts the restore."""
        selection = shlex.quote(f"{self.name}={self.value}")
        return f"gh workflow run {RESTORE}{links.gh_option} \\\n  -f {selection}"


def undos(responses: Sequence[Response], commit: str) -> list[Undo]:
    """Return how to undo each response of a commit by itself."""
    ids = Counter(response.event.id for response in responses)
    return [_undo(response, commit, is_alone=len(responses) == 1, ids=ids) for response in responses]


def markdown(responses: Sequence[Response], commit: str, links: Links) -> str:
    """Return the part of a page that says how to undo a commit."""
    return "\n\n".join(_lines(undos(responses, commit), commit, links))


def _lines(entries: Sequence[Undo], commit: str, links: Links) -> Iterator[str]:
    yield "### Undo"
    if len(entries) == 1:
        yield f"When it is clean again, run {links.restore} with this as `{entries[0].name}`, or the command:"
        yield fenced(entries[0].value, "text")
        yield fenced(entries[0].command(links), "sh")
        return
    yield f"When a workload is clean again, run {links.restore} with its line, or all of them by `commit`:"
    yield table(("Workload", "Input", "Value"), [*map(_row, entries), ("all", "`commit`", markdown_code(commit))])
    yield fenced("\n".join(entry.command(links) for entry in entries), "sh")


def _row(entry: Undo) -> tuple[str, ...]:
    return sentence.subject(entry.response, markdown_code), f"`{entry.name}`", markdown_code(entry.value)


def _undo(response: Response, commit: str, *, is_alone: bool, ids: Counter[str]) -> Undo:
    event_id = response.event.id
    if is_alone:
        return Undo(response=response, name="commit", value=commit)
    if ids[event_id] == 1 and _PLAIN_ID.fullmatch(event_id):
        return Undo(response=response, name="event", value=event_id)
    return Undo(response=response, name="workload", value=str(response.workload))
