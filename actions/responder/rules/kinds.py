"""The kinds of object whose pods an operator makes, as data: those that ship, and those that a rules file adds."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from ..kubernetes.operator_kinds import OperatorKind
from ..yamledit import json_pointer


def parse_kind(value: Mapping[str, Any]) -> OperatorKind:
    """Return the kind that an entry of `kinds` describes, which schema/rules.json has found to be valid."""
    entry = json.loads(json.dumps(value))  # numbers lose the spelling that they have in the file
    return OperatorKind(
        group=entry["group"],
        kind=entry["kind"],
        pods=tuple(entry["pods"]),
        stop=tuple((json_pointer.split(pointer), final) for pointer, final in entry.get("stop", {}).items()),
        obstacle=entry.get("obstacle", ""),
        labels=entry.get("labels", {}),
    )


@cache
def shipped_kinds() -> tuple[OperatorKind, ...]:
    """Return the kinds that ship."""
    content = json.loads(resources.files("responder").joinpath("schema/kinds.json").read_bytes())
    return tuple(map(parse_kind, content["kinds"]))
