"""Makes an event fit into a dispatch by cutting its long texts, each with a mark. Does no I/O.

What says which workload it is about, which rule fired and when is never cut.
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
    """The event as structured JSON, cut as little as need be, the longest fields first.

    `excess` says how many bytes a document is too long. Raises TooLarge if cutting is not enough.
    """
    document = encode(event)
    for length in _LENGTHS:
        if (over := excess(document)) <= 0:
            return document
        event = _cut(event, length=length, over=over)
        document = encode(event)
    if excess(document) > 0:
        raise TooLarge("what must be kept of the event does not fit into a dispatch of GitHub")
    return document


def _cut(event: Event, *, length: int, over: int) -> Event:
    """A copy with texts of that length, from the longest on until it is `over` bytes shorter."""
    data = {**event.data, "output_fields": dict(event.data["output_fields"])}
    places: list[tuple[dict[str, Any], str]] = [(data, "output")]
    places += [(data["output_fields"], name) for name in data["output_fields"] if not name.startswith(_IDENTIFYING)]
    sizes = [(_size(holder.get(name)), place) for place, (holder, name) in enumerate(places)]
    for size, place in sorted(sizes, reverse=True):
        if over <= 0 or size <= length:
            break
        holder, name = places[place]
        holder[name] = _shorter(holder[name], length)
        over -= size - _size(holder[name])
    return Event(event.attributes, data)


def _shorter(value: object, length: int) -> str:
    if not isinstance(value, str):  # a list or an object: half of it would be no JSON
        return MARK
    kept = value.encode()[: length - len(MARK)]
    return kept.decode(errors="ignore") + MARK


def _size(value: object) -> int:
    return len(msgspec.json.encode(value))
