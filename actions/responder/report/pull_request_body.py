"""What a pull request of a response says, and which branch it comes from. Pure.

Everything from an event is shown as untrusted text; no text of an event is in a branch's name.
"""

import hashlib
import re
from collections.abc import Iterable

from ..escape import fenced, markdown_code
from ..falco.event import Event
from ..plan.outcome import Outcome, Response
from .event_table import event_table

BODY_LIMIT = 65_536  # characters, a limit of GitHub's
_DIFF_LIMIT = 15_000
_NAME_LIMIT = 120
_HEAD = """\
Merge this to contain the workload: Flux applies what is merged. Close it to leave the workload as it is; the next \
event of this workload then opens another pull request. Until this is merged or closed, new events for this workload \
are added here.
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


def body(outcomes: Iterable[Outcome], diff: str, *, existing: str = "") -> str:
    """Return `existing`, which people may have edited, with the events that it does not have yet.

    Parts that would make the body longer than GitHub accepts are left out.
    """
    text = existing or _HEAD
    new = [outcome for outcome in outcomes if outcome.event and _mark(outcome.event) not in text]
    parts = [_section(outcome) for outcome in new]
    if new and diff:
        parts.append(f"### Change\n\n{_fenced(diff)}")
    for part in parts:
        longer = f"{text.rstrip()}\n\n{part.rstrip()}\n"
        text = longer if len(longer) <= BODY_LIMIT else text
    return text


def _section(outcome: Outcome) -> str:
    """Return the part about one event: the response, what Falco saw, and the rendered proof."""
    event, response = outcome.event, outcome.response
    if event is None or response is None:
        return ""
    parts = [
        f"{_mark(event)}\n## {markdown_code(response)} for Falco's rule {markdown_code(event.rule)}",
        markdown_code(outcome.reason, limit=2000) if response.changes else "The branch has this response already.",
        event_table(event),
        *(f"- {markdown_code(warning, limit=2000)}" for warning in response.warnings),
    ]
    if response.proof:
        standing = f"{response.proof.standing}: {response.proof.reason}"
        parts.append(f"### Rendered\n\n{markdown_code(standing, limit=2000)}")
        parts += [_fenced(response.proof.diff)] if response.proof.diff else []
    return "\n\n".join(parts)


def _mark(event: Event) -> str:
    """Return the comment that shows that a body has an event; it holds nothing that the event says."""
    digest = hashlib.sha256(f"{event.source}\0{event.id}".encode(errors="surrogatepass")).hexdigest()[:20]
    return f"<!-- falco-dispatch event {digest} -->"


def _fenced(diff: str) -> str:
    cut = "\n… the rest is left out" if len(diff) > _DIFF_LIMIT else ""
    return fenced(diff[:_DIFF_LIMIT] + cut, "diff")
