"""What a pull request of a response says, and which branch it comes from. Pure.

The title and the first line say what merging does and why; then comes the change, then what Falco saw. Everything from
an event is shown as untrusted text; no text of an event is in a branch's name.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence

from ..escape import fenced, markdown_code, markdown_text, plain
from ..falco.event import Event
from ..plan.outcome import Outcome, Response
from .event_table import event_table
from .layout import alert, fold
from .sentence import extent, subject
from .story import Story

BODY_LIMIT = 65_536  # characters, a limit of GitHub's
_TITLE_LIMIT = 250  # characters; GitHub takes 256
_DIFF_LIMIT = 15_000
_NAME_LIMIT = 120
_RULES_OF_REVIEW = """\
Until it is merged, the workload still runs: Flux applies what is merged. Close it to leave the workload as it is; the \
next event of this workload then opens another pull request. Until this is merged or closed, new events for this \
workload are added here.
"""


def branch(response: Response, number: int = 1) -> str:
    """Return the branch for a workload of a cluster; `number` makes it differ from branches that were merged or closed.

    The digest makes branches differ whose workloads have similar names, such as a-b/c and a/b-c, or the same name in
    two clusters.
    """
    workload = response.workload
    name = "-".join((workload.kind, workload.namespace, workload.name)).lower()
    identity = "\0".join((response.cluster, workload.kind, workload.namespace, workload.name))
    digest = hashlib.sha256(identity.encode()).hexdigest()[:8]
    readable = re.sub("[^a-z0-9]+", "-", name)[:_NAME_LIMIT].strip("-")
    return f"falco-dispatch/{readable}-{digest}" + (f"-{number}" if number > 1 else "")


def title(response: Response) -> str:
    """Return what merging does and why, as far as a title has room for it."""
    act = f"{response.action.capitalize()} {subject(response, plain)}"
    return plain(f"{act}: {response.event.rule}", limit=_TITLE_LIMIT)


def body(outcomes: Iterable[Outcome], diff: str, *, existing: str = "") -> str:
    """Return `existing`, which people may have edited, with the events that it does not have yet.

    Parts that would make the body longer than GitHub accepts are left out.
    """
    new = [outcome for outcome in outcomes if outcome.event and _mark(outcome.event) not in existing]
    text = existing or _head(new)
    parts = [f"### Change\n\n{_fenced(diff)}"] if new and diff else []
    for part in [*parts, *map(_section, new)]:
        longer = f"{text.rstrip()}\n\n{part.rstrip()}\n"
        text = longer if len(longer) <= BODY_LIMIT else text
    return text


def _head(outcomes: Sequence[Outcome]) -> str:
    """Return what merging does, why, and what closing does."""
    response = next((outcome.response for outcome in outcomes if outcome.response), None)
    if response is None:
        return _RULES_OF_REVIEW
    act = f"Merge this to **{response.action}** {subject(response, markdown_code)}{extent(response)}."
    return f"{act} {Story.of_event(response.event).reason}\n\n{_RULES_OF_REVIEW}"


def _section(outcome: Outcome) -> str:
    """Return the part about one event: what Falco saw, the rendered proof, and all fields of the event."""
    event, response = outcome.event, outcome.response
    if event is None or response is None:
        return ""
    story = Story.of_event(event)
    reason = markdown_text(outcome.reason, limit=2000) if response.changes else "The branch has this response already"
    parts = [
        f"{_mark(event)}\n### Event: {markdown_code(event.rule)}",
        f"{story.paragraph}\n\n{story.tree}",
        f"{reason}.",
        *(alert("WARNING", markdown_text(warning, limit=2000)) for warning in response.warnings),
    ]
    if response.proof:
        parts.append(f"Rendered, {response.proof.standing}: {markdown_text(response.proof.reason, limit=2000)}.")
        parts += [fold("What the cluster gets", _fenced(response.proof.diff))] if response.proof.diff else []
    parts.append(fold("All that Falco says", event_table(event)))
    return "\n\n".join(part.rstrip() for part in parts)


def _mark(event: Event) -> str:
    """Return the comment that shows that a body has an event; it holds nothing that the event says."""
    digest = hashlib.sha256(f"{event.source}\0{event.id}".encode(errors="surrogatepass")).hexdigest()[:20]
    return f"<!-- falco-dispatch event {digest} -->"


def _fenced(diff: str) -> str:
    cut = "\n… the rest is left out" if len(diff) > _DIFF_LIMIT else ""
    return fenced(diff[:_DIFF_LIMIT] + cut, "diff")
