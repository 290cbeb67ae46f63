"""The commit message of a batch of responses, or of their undo: what is done and why, and trailers that the undo reads.

Also decides whether a message still records that, after git or GitHub have had it.
https://git-scm.com/docs/git-interpret-trailers
"""

import json
from collections.abc import Sequence

from ..errors import RecordLost
from ..escape import plain
from ..falco.event_time import parse_time
from ..kubernetes.pod_names import Pod
from . import trailers, undo_record
from .outcome import Response
from .trailers import RecordedResponse, Trailer

_SUBJECT_LIMIT = 72  # characters, beyond which tools cut the first line


def compose(responses: Sequence[Response]) -> str:
    """Return the message for the responses that change something, of which there is at least one."""
    return _join([_subject(responses), *map(_paragraph, responses)], _trailers(responses))


def compose_undo(sha: str, responses: Sequence[RecordedResponse]) -> str:
    """Return the message for the undo of some responses of a commit."""
    workloads = [response.workload for response in responses]
    subject = f"Restore {workloads[0]}" if len(workloads) == 1 else f"Restore {len(workloads)} workloads"
    body = f"Takes back what commit {sha[:12]} did."
    return _join([plain(subject, limit=_SUBJECT_LIMIT), body], _undo_trailers(sha, responses))


def confirm(message: str, responses: Sequence[Response]) -> None:
    """Raise RecordLost unless a message, as it was read back, records exactly these responses."""
    _confirm(message, _trailers(responses))


def confirm_undo(message: str, sha: str, responses: Sequence[RecordedResponse]) -> None:
    """Raise RecordLost unless a message, as it was read back, records the undo of exactly these responses."""
    _confirm(message, _undo_trailers(sha, responses))


def _join(paragraphs: Sequence[str], pairs: Sequence[Trailer]) -> str:
    return "\n\n".join([*paragraphs, trailers.write(pairs)]) + "\n"


def _confirm(message: str, pairs: Sequence[Trailer]) -> None:
    if trailers.read(message) != list(pairs):
        raise RecordLost("the commit message would not record what the commit does, so that nothing was pushed")


def _subject(responses: Sequence[Response]) -> str:
    action = responses[0].action.capitalize()
    if len(responses) > 1:
        return f"{action} {len(responses)} workloads"
    return plain(f"{action} {responses[0].workload}", limit=_SUBJECT_LIMIT)


def _paragraph(response: Response) -> str:
    event = response.event
    time = f" at {event.time}" if event.time and parse_time(event.time) else ""
    position = f"{'in' if isinstance(response.subject, Pod) else 'for'} {plain(response.subject.label)}"
    rule = json.dumps(plain(event.rule), ensure_ascii=False)
    return f"Falco's rule {rule} ({event.priority.word}) fired {position}{time}."


def _trailers(responses: Sequence[Response]) -> list[Trailer]:
    pairs: list[Trailer] = []
    for response in responses:
        event = response.event
        pairs += [
            (trailers.FIRST, event.rule),
            ("Falco-Priority", event.priority.word),
            ("CloudEvent-Id", event.id),
            ("CloudEvent-Source", event.source),
            ("Response", str(response)),
        ]
        pairs += [("Previous", undo_record.dump(change.record)) for change in response.changes]
        pairs += [("Cluster", event.cluster)] if event.cluster else []
    return pairs


def _undo_trailers(sha: str, responses: Sequence[RecordedResponse]) -> list[Trailer]:
    pairs = [("Restored-Commit", sha)]
    for response in responses:
        pairs += [("Restored-Event", response.event_id), ("Restored-Response", response.response)]
    return pairs
