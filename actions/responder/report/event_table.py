"""One event for a person: a Markdown table that nothing in the event can break, and JSON to paste into a manual run."""

import json
from collections.abc import Mapping
from typing import Any

from ..escape import fenced, markdown_code
from ..falco.event import Event

_TYPE = "falco.rule.output.v1"
_FIELDS = 20  # output fields in a table at most
_VALUE_LIMIT = 300  # characters
_OUTPUT_LIMIT = 1000


def event_table(event: Event) -> str:
    """Return the event as a Markdown table."""
    attributes = {
        "rule": event.rule,
        "priority": event.priority.word,
        "cluster": event.cluster,
        "seen": event.time,
        "on node": event.hostname,
        "stands for": f"{event.coalesced} more of the same" if event.coalesced else None,
        "tags": ", ".join(event.tags),
        "event": f"{event.id} from {event.source}",
    }
    fields = [(name, value) for name in event.fields if (value := event.field(name)) is not None]
    lines = ["| | |", "| --- | --- |"]
    lines += [f"| {name} | {_cell(value)} |" for name, value in attributes.items() if value]
    lines += [f"| output | {markdown_code(event.output, limit=_output_limit(event))} |"] if event.output else []
    lines += [f"| {_cell(name)} | {_cell(value)} |" for name, value in fields[:_FIELDS]]
    return "\n".join(lines)


def events_to_paste(events: list[Event]) -> str:
    """Return a fence with what a person pastes into a manual run to have these events again."""
    return fenced(json.dumps([_cloudevent(event) for event in events], indent=1), "json")


def _output_limit(event: Event) -> int:
    """Return how much of Falco's text is shown: it is not cut before the names of the namespace and the pod."""
    names = (event.claimed_pod or "").split("/")
    ends = [event.output.rfind(name) + len(name) for name in names if name and name in event.output]
    return max([_OUTPUT_LIMIT, *(end + len("...") for end in ends)])


def _cell(text: object) -> str:
    return markdown_code(text, limit=_VALUE_LIMIT)


def _cloudevent(event: Event) -> dict[str, Any]:
    data = {
        "rule": event.rule,
        "priority": event.priority.word,
        "output": event.output,
        "source": event.falco_source,
        "time": event.time,
        "hostname": event.hostname,
        "tags": list(event.tags),
        "output_fields": dict(event.fields),
    }
    attributes = {
        "specversion": "1.0",
        "type": _TYPE,
        "id": event.id,
        "source": event.source,
        "time": event.time,
        "cluster": event.cluster,
        "datacontenttype": "application/json",
    }
    return _without_nulls({**attributes, "data": _without_nulls(data)})


def _without_nulls(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if value is not None}
