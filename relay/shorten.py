"""Shortens an event so that it fits into a dispatch: long texts are cut and marked. Does no I/O.

The fields that identify the workload, the rule and the time are never cut.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from relay.errors import TooLarge
from relay.events import Event, encode

# Falcosidekick's own mark, and its own length for a first cut.
MARK = "[...]"
_LENGTHS = (512, 64)
_IDENTIFYING = ("k8s.", "k8smeta.", "ka.", "container.")


def shorten(event: Event, *, excess: Callable[[bytes], int]) -> bytes:
    """Return the event as structured JSON; cut the longest fields first, and no more than necessary.

    `excess` returns by how many bytes a document is too long. Raise TooLarge if cutting is not enough.
    """
    document = encode(event)
    for length in _LENGTHS:
        if (over := excess(document)) <= 0:
            return document
        event = _cut(event, length=length, over=over)
        document = encode(event)
    if excess(document) > 0:
        raise TooLarge("the identifying fields of the event alone do not fit into a GitHub dispatch")
    return document


def _cut(event: Event, *, length: int, over: int) -> Event:
    """Return a copy that is `over` bytes shorter: cut texts to `length`, the longest first."""
    data = {**event.data, "output_fields": dict(event.data["output_fields"])}
    texts: list[tuple[dict[str, Any], str]] = [(data, "output")]
    texts += [(data["output_fields"], name) for name in data["output_fields"] if not name.startswith(_IDENTIFYING)]
    sizes = [(_size(parent.get(name)), index) for index, (parent, name) in enumerate(texts)]
    for size, index in sorted(sizes, reverse=True):
        if over <= 0 or size <= length:
            break
        parent, name = texts[index]
        parent[name] = _shorter(parent[name], length)
        over -= size - _size(parent[name])
    return Event(event.attributes, data)


def _shorter(value: object, length: int) -> str:
    if not isinstance(value, str):  # a list or an object: half of it would be no JSON
        return MARK
    prefix = value.encode()[: length - len(MARK)]
    return prefix.decode(errors="ignore") + MARK


def _size(value: object) -> int:
    return len(msgspec.json.encode(value))
