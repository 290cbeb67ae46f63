"""The pod of an event, for each event of the table that the relay is held to as well."""

import json
from pathlib import Path
from typing import Any

import pytest

from responder.falco.cloudevent import parse

ROWS = json.loads((Path(__file__).parents[2] / "data" / "event-pods.json").read_bytes())


@pytest.mark.parametrize("row", [pytest.param(row, id=row["name"]) for row in ROWS])
def test_action_and_relay_agree_on_the_pod_of_an_event(row: dict[str, Any]) -> None:
    pod = parse(row["event"]).pod
    assert pod == ((row["namespace"], row["pod"]) if row["pod"] else None)
