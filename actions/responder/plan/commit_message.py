"""The commit message of a batch of responses: what was done, why, and trailers that the undo reads.

https://git-scm.com/docs/git-interpret-trailers
"""

import json
from collections.abc import Sequence

from ..escape import one_line
from ..yamledit.values import ABSENT
from .changes import Change
from .outcome import Response
from .trailers import Recorded

_SUBJECT = 72  # characters, beyond which tools cut the first line
_TRAILER = 300


def compose(responses: Sequence[Response]) -> str:
    """The message for the responses that change something, of which there is at least one."""
    trailers = [line for response in responses for line in _trailers(response)]
    return "\n\n".join([_subject(responses), *map(_paragraph, responses), "\n".join(trailers)]) + "\n"


def restoring(sha: str, responses: Sequence[Recorded]) -> str:
    """The message for responses that are taken back."""
    said = [one_line(each.response.partition(" ")[2], limit=_TRAILER) for each in responses]
    subject = f"Restore {said[0]}" if len(said) == 1 else f"Restore {len(said)} workloads"
    trailers = [f"Restored-Commit: {sha}"]
    for each in responses:
        trailers += [f"Restored-Event: {one_line(each.event_id, limit=_TRAILER)}"]
        trailers += [f"Restored-Response: {one_line(each.response, limit=_TRAILER)}"]
    body = f"Takes back what commit {sha[:12]} did."
    return "\n\n".join([one_line(subject, limit=_SUBJECT), body, "\n".join(trailers)]) + "\n"


def previous(change: Change) -> str:
    """The value before a change and where it stood, as the compact JSON of a `Previous` trailer.

    A field that was not there has no `value`.
    """
    place = {"file": str(change.file), "document": change.document, "path": list(change.path)}
    inside = {} if change.inside is None else {"inside": list(change.inside)}
    known = {} if change.previous is ABSENT else {"value": change.previous}
    return json.dumps({**place, **inside, **known}, separators=(",", ":"))


def _subject(responses: Sequence[Response]) -> str:
    action = responses[0].action.capitalize()
    if len(responses) > 1:
        return f"{action} {len(responses)} workloads"
    return one_line(f"{action} {responses[0].workload}", limit=_SUBJECT)


def _paragraph(response: Response) -> str:
    event = response.event
    seen = f" at {one_line(event.time)}" if event.time else ""
    rule = json.dumps(one_line(event.rule), ensure_ascii=False)
    return f"Falco's rule {rule} ({event.priority.word}) fired in pod {response.pod}{seen}."


def _trailers(response: Response) -> list[str]:
    event = response.event
    values = {
        "Falco-Rule": event.rule,
        "Falco-Priority": event.priority.word,
        "CloudEvent-Id": event.id,
        "CloudEvent-Source": event.source,
        "Response": str(response),
    }
    lines = [f"{key}: {one_line(value, limit=_TRAILER)}" for key, value in values.items()]
    lines += [f"Previous: {previous(change)}" for change in response.changes]
    return lines + ([f"Cluster: {one_line(event.cluster, limit=_TRAILER)}"] if event.cluster else [])
