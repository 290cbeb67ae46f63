"""One event for a person: what Falco saw, in Markdown that nothing in it can break, and as JSON to paste."""

import json
from typing import Any

from ..escape import fenced, markdown_code
from ..falco.event import Event

_TYPE = "falco.rule.output.v1"
_FIELDS = 20  # output fields that are shown at most
_SHOWN = 300  # characters of each


def story(event: Event) -> str:
    """The event as a table of what it says."""
    rows = {
        "rule": event.rule,
        "priority": event.priority.word,
        "cluster": event.cluster,
        "seen": event.time,
        "on node": event.hostname,
        "told with": f"{event.coalesced} more of the same" if event.coalesced else None,
        "tags": ", ".join(event.tags),
        "output": event.output,
        "event": f"{event.id} from {event.source}",
    }
    known = {name: event.field(name) for name in event.fields}
    shown = [(name, value) for name, value in known.items() if value is not None][:_FIELDS]
    lines = ["| | |", "| --- | --- |"]
    lines += [f"| {name} | {markdown_code(value, limit=_SHOWN)} |" for name, value in rows.items() if value]
    lines += [
        f"| {markdown_code(name, limit=_SHOWN)} | {markdown_code(value, limit=_SHOWN)} |" for name, value in shown
    ]
    return "\n".join(lines)


def pasted(events: list[Event]) -> str:
    """What a person pastes into a manual run to have these events again, in a fence."""
    return fenced(json.dumps([_cloudevent(event) for event in events], indent=1), "json")


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
    attributes = {"specversion": "1.0", "type": _TYPE, "id": event.id, "source": event.source, "time": event.time}
    content = {**attributes, "cluster": event.cluster, "datacontenttype": "application/json"}
    return {key: value for key, value in {**content, "data": _known(data)}.items() if value is not None}


def _known(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value is not None}
