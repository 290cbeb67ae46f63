"""The commit message of a batch of responses, or of their undo: what is done and why, and trailers that the undo reads.

Also decides whether a message still records that, after git or GitHub have had it.
https://git-scm.com/docs/git-interpret-trailers
"""

import json
from collections.abc import Iterator, Sequence
from functools import partial

from ..errors import RecordLost
from ..escape import plain
from ..falco.event_time import parse_time
from ..kubernetes.pod_names import Pod
from . import trailers, undo_record
from .outcome import Response
from .trailers import RecordedResponse, Trailer

_SUBJECT_LIMIT = 72  # characters, beyond which tools cut the first line
_LIMIT = 65_536  # bytes; more is no message that GitHub shows
_TEXT_LIMITS = (None, 200, 60, 4)  # characters of a text of an event in a trailer, the first that fits
_VALUE_LIMIT = 200  # characters of a value in a paragraph


def compose(responses: Sequence[Response]) -> str:
    """Return the message for the responses that change something, of which there is at least one.

    It says what was done to which workload, and why, as far as there is room beside the record of all responses.
    """
    pairs = _trailers(responses)
    subject = _subject(responses)
    room = _LIMIT - len(_join([subject], pairs).encode()) - len(_omission(len(responses)))
    paragraphs: list[str] = []
    for paragraph in map(partial(_paragraph, is_alone=len(responses) == 1), responses):
        room -= len(paragraph.encode()) + len("\n\n")
        if room < 0:
            paragraphs.append(_omission(len(responses) - len(paragraphs)))
            break
        paragraphs.append(paragraph)
    return _join([subject, *paragraphs], pairs)


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
    clusters = {response.cluster_name for response in responses}
    cluster = f" in {clusters.pop()}" if len(clusters) == 1 and "" not in clusters else ""
    actions = {response.action for response in responses}
    action = actions.pop().capitalize() if len(actions) == 1 else "Contain"
    what = str(responses[0].workload) if len(responses) == 1 else f"{len(responses)} workloads"
    return plain(f"{action} {what}{cluster}", limit=_SUBJECT_LIMIT)


def _paragraph(response: Response, *, is_alone: bool) -> str:
    """Return why a workload is responded to; in a batch, it begins with what is done to which workload."""
    event = response.event
    time = f" at {event.time}" if event.time and parse_time(event.time) else ""
    command = event.field("proc.cmdline")
    act = f" It ran {_quote(command)}." if command is not None else ""
    position = f"{'in' if isinstance(response.subject, Pod) else 'for'} {plain(response.subject.label)}"
    reason = f"Falco's rule {_quote(event.rule)} ({event.priority.word}) fired {position}{time}.{act}"
    return reason if is_alone else f"{plain(f'{response.action.capitalize()} {response.workload}')}: {reason}"


def _quote(text: object) -> str:
    return json.dumps(plain(text, limit=_VALUE_LIMIT), ensure_ascii=False)


def _omission(number: int) -> str:
    return f"{number} more responses are in the trailers alone."


def _trailers(responses: Sequence[Response]) -> list[Trailer]:
    """Return the record of the responses; texts of events are cut if GitHub would take no message with all of them."""
    for limit in _TEXT_LIMITS:
        pairs = [pair for response in responses for pair in _record(response, limit)]
        if len(trailers.write(pairs).encode()) < _LIMIT - _SUBJECT_LIMIT:
            break
    return pairs


def _record(response: Response, limit: int | None) -> Iterator[Trailer]:
    """Yield the trailers of one response, which begin with what was done to which workload."""
    event = response.event
    yield trailers.FIRST, str(response)
    if event.cluster:
        yield "Cluster", event.cluster
    yield "Falco-Rule", _cut(event.rule, limit)
    yield "Falco-Priority", event.priority.word
    yield "CloudEvent-Id", trailers.short_id(event.id) if limit else event.id
    yield "CloudEvent-Source", _cut(event.source, limit)
    if event.traceparent and limit is None:  # nothing reads it back, so that it is the first to go
        yield "Traceparent", event.traceparent
    for change in response.changes:
        yield "Previous", undo_record.dump(change.record)


def _cut(text: str, limit: int | None) -> str:
    return text if limit is None or len(text) <= limit else f"{text[: limit - 3]}..."


def _undo_trailers(sha: str, responses: Sequence[RecordedResponse]) -> list[Trailer]:
    for shorten in (str, trailers.short_id):
        pairs = [("Restored-Commit", sha)]
        for response in responses:
            pairs += [("Restored-Event", shorten(response.event_id)), ("Restored-Response", response.response)]
        if len(trailers.write(pairs).encode()) < _LIMIT - _SUBJECT_LIMIT:
            break
    return pairs
