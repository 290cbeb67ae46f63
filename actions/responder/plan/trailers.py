"""The responses that a repository's history records, in the trailers of the commits that made them.

Decides how a value is written into a trailer and which trailers are believed. What an undo record says is for
undo_record.py. Who made a commit is not decided here.
https://git-scm.com/docs/git-interpret-trailers
"""

import base64
import hashlib
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..errors import BadHistory
from ..escape import json_text, plain
from ..rules.model import Limits, LimitScope
from . import undo_record
from .undo_record import UndoRecord

_TRAILER = re.compile(r"([A-Za-z][A-Za-z-]*):(?: (.*))?")
# Text that git neither strips nor folds, and that means nothing to GitHub.
_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._:/()+,=-]{0,298}[A-Za-z0-9._/)])?")
_FALCO = "https://falco.org"  # the source that Falcosidekick sets, which leads nowhere that an attacker chose
_UNQUOTED = re.compile(r'[^A-Za-z0-9 ._()+,=/"\\]')
_OURS = ("Previous", "Restored-Commit")  # trailers without text of an event
FIRST = "Response"  # the trailer that each response begins with
_FIRST_ONCE = "Falco-Rule"  # in older commits
_DIGEST = 32  # characters of the digest of an id

Trailer = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class RecordedResponse:
    """One response of a commit."""

    rule: str
    event_id: str
    event_source: str
    response: str
    cluster: str = ""
    priority: str = ""
    records: tuple[UndoRecord, ...] = ()

    @property
    def action(self) -> str:
        """Return what was done, such as `isolate and label`."""
        return self.response.rsplit(" ", 2)[0]

    @property
    def workload(self) -> str:
        """Return what it was done to, such as `Deployment shop/web`."""
        return " ".join(self.response.rsplit(" ", 2)[1:])


@dataclass(frozen=True, kw_only=True)
class RecordedUndo:
    """One response that a commit took back: which commit made it, for which event, and what it was."""

    commit: str
    event_id: str
    response: str


def encode(value: str) -> str:
    """Return a value as a trailer holds it: plain text as it is, everything else as a JSON string in ASCII.

    So git cannot strip, fold or drop it, and GitHub sees neither a mention nor a reference.
    """
    if value == _FALCO or (_PLAIN.fullmatch(value) and plain(value) == value):
        return value
    return _UNQUOTED.sub(lambda match: f"\\u{ord(match[0]):04x}", json_text(value))


def decode(text: str) -> str:
    """Return the value that a trailer holds. Older commits have every value as plain text."""
    if not text.startswith('"'):
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, str) else text


def short_id(event_id: str) -> str:
    """Return an id as a record has it that has no room for the whole: its digest, if that is shorter."""
    digest = hashlib.sha256(event_id.encode(errors="surrogatepass")).digest()
    short = f"digest-{base64.b32encode(digest)[:_DIGEST].decode().lower()}"  # not in hexadecimal: no commit's name
    return short if len(encode(event_id)) > len(short) else event_id


def write(trailers: Iterable[Trailer]) -> str:
    """Return the paragraph of a commit message that holds the trailers."""
    return "\n".join(f"{key}: {value if key in _OURS else encode(value)}" for key, value in trailers)


def read(message: str) -> list[Trailer]:
    """Return the trailers of a commit: its last paragraph, if that has nothing else."""
    lines = message.strip().split("\n\n")[-1].split("\n")
    matches = [_TRAILER.fullmatch(line) for line in lines]
    return [(match[1], decode(match[2] or "")) for match in matches if match] if all(matches) else []


def responses(message: str) -> list[RecordedResponse]:
    """Return the responses that a commit records, none if it has no trailers of one. Raise BadHistory."""
    return [_response(group) for group in _groups(read(message))]


def undos(message: str) -> list[RecordedUndo]:
    """Return the responses that a commit took back, none if it has no trailers of an undo."""
    commit = event_id = ""
    recorded = []
    for key, value in read(message):
        match key:
            case "Restored-Commit":
                commit = value
            case "Restored-Event":
                event_id = value
            case "Restored-Response":
                recorded.append(RecordedUndo(commit=commit, event_id=event_id, response=value))
    return recorded


def count(messages: Iterable[str], limits: Limits) -> Counter[LimitScope]:
    """Return how many responses these commits record for whatever the limits are counted by."""
    counter: Counter[LimitScope] = Counter()
    for message in messages:
        for group in _groups(read(message)):
            values = dict(group)
            namespace = values.get("Response", "").rpartition(" ")[2].partition("/")[0]
            counter[limits.scope(cluster=values.get("Cluster", ""), namespace=namespace)] += 1
    return counter


def _groups(pairs: list[Trailer]) -> Iterator[list[Trailer]]:
    first = next((key for key, _ in pairs if key in (FIRST, _FIRST_ONCE)), FIRST)
    starts = [index for index, (key, _) in enumerate(pairs) if key == first]
    for start, end in itertools.pairwise([*starts, len(pairs)]):
        yield pairs[start:end]


def _response(group: list[Trailer]) -> RecordedResponse:
    values = dict(group)
    try:
        return RecordedResponse(
            rule=values["Falco-Rule"],
            event_id=values["CloudEvent-Id"],
            event_source=values["CloudEvent-Source"],
            response=values["Response"],
            cluster=values.get("Cluster", ""),
            priority=values.get("Falco-Priority", ""),
            records=tuple(undo_record.load(text) for key, text in group if key == "Previous"),
        )
    except KeyError as error:
        raise BadHistory(f"a response in the history lacks the trailer {error}") from error
