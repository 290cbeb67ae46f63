"""The pod of an event, for each event of the table that the action is held to as well."""

import json
from pathlib import Path
from typing import Any

import pytest

from relay import falco

ROWS = json.loads((Path(__file__).parents[1] / "data" / "event-pods.json").read_bytes())


@pytest.mark.parametrize("row", [pytest.param(row, id=row["name"]) for row in ROWS])
def test_relay_and_action_agree_on_the_pod_of_an_event(row: dict[str, Any]) -> None:
    pod = falco.pod(falco.validate(row["event"]))
    assert pod == ((row["namespace"], row["pod"]) if row["pod"] else None)
