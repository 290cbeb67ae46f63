"""The commit message of a batch of responses, or of their undo: what is done and why, and trailers that the undo reads.

https://git-scm.com/docs/git-interpret-trailers
"""

import json
from collections.abc import Sequence

from ..escape import one_line
from . import undo_record
from .outcome import Response
from .trailers import RecordedResponse

_SUBJECT_LIMIT = 72  # characters, beyond which tools cut the first line
_TRAILER_LIMIT = 300


def compose(responses: Sequence[Response]) -> str:
    """Return the message for the responses that change something, of which there is at least one."""
    trailers = [line for response in responses for line in _trailers(response)]
    return "\n\n".join([_subject(responses), *map(_paragraph, responses), "\n".join(trailers)]) + "\n"


def compose_undo(sha: str, responses: Sequence[RecordedResponse]) -> str:
    """Return the message for the undo of some responses of a commit."""
    workloads = [one_line(response.response.partition(" ")[2], limit=_TRAILER_LIMIT) for response in responses]
    subject = f"Restore {workloads[0]}" if len(workloads) == 1 else f"Restore {len(workloads)} workloads"
    trailers = [f"Restored-Commit: {sha}"]
    for response in responses:
        trailers += [f"Restored-Event: {one_line(response.event_id, limit=_TRAILER_LIMIT)}"]
        trailers += [f"Restored-Response: {one_line(response.response, limit=_TRAILER_LIMIT)}"]
    body = f"Takes back what commit {sha[:12]} did."
    return "\n\n".join([one_line(subject, limit=_SUBJECT_LIMIT), body, "\n".join(trailers)]) + "\n"


def _subject(responses: Sequence[Response]) -> str:
    action = responses[0].action.capitalize()
    if len(responses) > 1:
        return f"{action} {len(responses)} workloads"
    return one_line(f"{action} {responses[0].workload}", limit=_SUBJECT_LIMIT)


def _paragraph(response: Response) -> str:
    event = response.event
    time = f" at {one_line(event.time)}" if event.time else ""
    rule = json.dumps(one_line(event.rule), ensure_ascii=False)
    return f"Falco's rule {rule} ({event.priority.word}) fired in pod {response.pod}{time}."


def _trailers(response: Response) -> list[str]:
    event = response.event
    values = {
        "Falco-Rule": event.rule,
        "Falco-Priority": event.priority.word,
        "CloudEvent-Id": event.id,
        "CloudEvent-Source": event.source,
        "Response": str(response),
    }
    lines = [f"{key}: {one_line(value, limit=_TRAILER_LIMIT)}" for key, value in values.items()]
    lines += [f"Previous: {undo_record.dump(change.record)}" for change in response.changes]
    return lines + ([f"Cluster: {one_line(event.cluster, limit=_TRAILER_LIMIT)}"] if event.cluster else [])
