"""What a pull request of a response says, and which branch it comes from. Pure.

Everything from an event is shown through `untrusted`; no text of an event is in a branch's name.
"""

import hashlib
import re
from collections.abc import Iterable

from ..escape import fenced, markdown_code
from ..falco.event import Event
from ..plan.outcome import Outcome, Response
from .event_table import story

BODY_LIMIT = 65_536  # characters, a limit of GitHub's
_DIFF_LIMIT = 15_000
_NAME_LIMIT = 120
_HEAD = """\
Merging this contains the workload: Flux applies what is merged. To leave it as it is, close this; the next event of \
this workload then opens another pull request. What happens until one of both is added here.
"""


def branch(response: Response, number: int = 1) -> str:
    """The branch for a workload of a cluster; `number` tells it from those that are done with.

    The digest tells workloads apart whose names read alike, such as a-b/c and a/b-c, or the same in two clusters.
    """
    workload = response.workload
    named = "-".join((workload.kind, workload.namespace, workload.name)).lower()
    identity = "\0".join((response.cluster, workload.kind, workload.namespace, workload.name))
    digest = hashlib.sha256(identity.encode()).hexdigest()[:8]
    readable = re.sub("[^a-z0-9]+", "-", named)[:_NAME_LIMIT].strip("-")
    return f"falco-dispatch/{readable}-{digest}" + (f"-{number}" if number > 1 else "")


def body(outcomes: Iterable[Outcome], diff: str, *, existing: str = "") -> str:
    """What the pull request says: `existing`, which people may have edited, and the events that are new to it.

    What GitHub would not take any more is left out.
    """
    text = existing or _HEAD
    new = [each for each in outcomes if each.event and _mark(each.event) not in text]
    parts = [_told(each) for each in new]
    if new and diff:
        parts.append(f"### Change\n\n{_fenced(diff)}")
    for part in parts:
        longer = f"{text.rstrip()}\n\n{part.rstrip()}\n"
        text = longer if len(longer) <= BODY_LIMIT else text
    return text


def _told(outcome: Outcome) -> str:
    """One event: what is done about it, what was seen, and what rendering says."""
    event, response = outcome.event, outcome.response
    if event is None or response is None:
        return ""
    parts = [
        f"{_mark(event)}\n## {markdown_code(response)} for Falco's rule {markdown_code(event.rule)}",
        markdown_code(outcome.reason, limit=2000) if response.changes else "The branch has this response already.",
        story(event),
        *(f"- {markdown_code(warning, limit=2000)}" for warning in response.warnings),
    ]
    if response.proof:
        standing = f"{response.proof.standing}: {response.proof.reason}"
        parts.append(f"### Rendered\n\n{markdown_code(standing, limit=2000)}")
        parts += [_fenced(response.proof.diff)] if response.proof.diff else []
    return "\n\n".join(parts)


def _mark(event: Event) -> str:
    """By which an event is found again in a body, whatever it is called."""
    digest = hashlib.sha256(f"{event.source}\0{event.id}".encode()).hexdigest()[:20]
    return f"<!-- falco-dispatch event {digest} -->"


def _fenced(diff: str) -> str:
    cut = "\n… the rest is left out" if len(diff) > _DIFF_LIMIT else ""
    return fenced(diff[:_DIFF_LIMIT] + cut, "diff")
