"""Kinds whose pods an operator makes, as data: those that ship obey the schema of the rules, whose own come first."""

import json
from importlib import resources
from typing import Any

import pytest

from responder.kubernetes.operator_kinds import find_kind
from responder.rules.kinds import shipped_kinds
from tests.actions.rules.rulesfile import load, matching

SHIPPED: list[dict[str, Any]] = json.loads(resources.files("responder").joinpath("schema/kinds.json").read_bytes())[
    "kinds"
]


@pytest.mark.parametrize("entry", [pytest.param(entry, id=entry["kind"]) for entry in SHIPPED])
def test_each_kind_that_ships_could_be_in_a_rules_file(entry: dict[str, Any]) -> None:
    rules = load(f"kinds: [{json.dumps(entry)}]\n{matching('{rules: [a]}')}")
    assert rules.kinds[0] == find_kind(shipped_kinds(), entry["group"], entry["kind"])
    assert bool(entry.get("stop")) is not bool(entry.get("obstacle"))
    assert entry["source"].startswith("https://")


def test_no_kind_ships_twice() -> None:
    assert len({(kind.group, kind.kind) for kind in shipped_kinds()}) == len(shipped_kinds())


def test_a_kind_of_the_rules_comes_before_the_one_that_ships_and_its_values_are_plain() -> None:
    entry = "{group: rabbitmq.com, kind: RabbitmqCluster, pods: ['{name}-server-{number}'], stop: {/spec/a~1b: 0}}"
    rules = load(f"kinds: [{entry}]\n{matching('{rules: [a]}')}")
    kind = find_kind(rules.kinds, "rabbitmq.com", "RabbitmqCluster")
    assert kind is not None
    assert kind.stop == ((("spec", "a/b"), 0),)
    assert type(kind.stop[0][1]) is int


def test_the_built_in_rules_have_the_kinds_that_ship() -> None:
    assert load(matching("{rules: [a]}")).kinds == shipped_kinds()
