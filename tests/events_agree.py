"""Reads the table of events on which the relay and the action must agree: tests/data/events-agree.json."""

import json
from pathlib import Path
from typing import Any

from tests import sidekick

_ROWS = json.loads((Path(__file__).parent / "data" / "events-agree.json").read_bytes())


def rows() -> list[dict[str, Any]]:
    """Return the rows. `repeat` has a text, how often it comes in place of REPEAT, and what follows it."""
    return [_expand(row) for row in _ROWS]


def cloudevent(row: dict[str, Any]) -> dict[str, Any]:
    """Return the structured CloudEvent of a row."""
    event = {"specversion": "1.0", "id": "1", "source": "https://falco.org", "type": sidekick.TYPE}
    return {**event, **row.get("attributes", {}), "data": row["falco"]}


def _expand(row: dict[str, Any]) -> dict[str, Any]:
    if "repeat" not in row:
        return row
    text, times, end = row["repeat"]
    expanded: dict[str, Any] = json.loads(json.dumps(row).replace("REPEAT", text * times + end))
    return expanded
