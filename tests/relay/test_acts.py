"""Which events are one act: none that a response rule could tell apart."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay import events
from relay.acts import VOLATILE, act
from relay.events import TYPE, Event
from relay.settings import Settings
from responder.falco import cloudevent
from responder.rules import parser
from responder.rules.matching import match
from tests import sidekick
from tests.relay.serving import RecordingGitHub, serving
from tests.relay.test_readme import table

D16 = sidekick.falco_events()["D16"]
SCHEMA = Path(parser.__file__).parents[1] / "schema" / "rules.json"
VOLATILE_NAMES = [name for names in VOLATILE.values() for name in names]


def outbound(priority: str, process: str) -> dict[str, Any]:
    fields = {"k8s.ns.name": "shop", "k8s.pod.name": "web-7d59548d75-wh44s", "proc.name": process}
    return {"rule": "Outbound connection", "priority": priority, "output": "x", "output_fields": fields}


# Two events of the same Falco rule and pod: what an attacker may show first, and what it must not hide.
HARMLESS, GRAVE = outbound("Notice", "curl"), outbound("Critical", "xmrig")


def event(data: Any, *, cluster: str = "prod", event_id: str = "1", time: str = "2026-11-25T12:00:00Z") -> Event:
    context = {"specversion": "1.0", "id": event_id, "source": events.FALCO, "type": TYPE, "cluster": cluster}
    return Event({**context, "time": time}, data)


def with_field(name: str, value: object) -> dict[str, Any]:
    return {**D16, "output_fields": {**D16["output_fields"], name: value}}


@pytest.mark.anyio
async def test_a_grave_event_after_a_harmless_one_of_the_same_rule_and_pod_reaches_github(
    settings: Settings, hub: RecordingGitHub
) -> None:
    async with serving(dataclasses.replace(settings, coalesce_seconds=60.0), hub) as relay:
        for number, data in enumerate([HARMLESS, GRAVE, HARMLESS, GRAVE]):
            content = json.dumps({**data, "uuid": str(number)}).encode()
            await relay.post(content, content_type="application/json")
        heard = await hub.heard(2)
    assert [sent["data"]["priority"] for sent in heard] == ["Notice", "Critical"]
    assert heard[1]["data"]["output_fields"]["proc.name"] == "xmrig"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({**D16, "rule": "Another"}, id="rule"),
        pytest.param({**D16, "priority": "Critical"}, id="priority"),
        pytest.param({**D16, "source": "k8s_audit"}, id="source"),
        pytest.param({**D16, "tags": [*D16["tags"], "mine"]}, id="tags"),
        pytest.param({**D16, "hostname": "node-2"}, id="hostname"),
        pytest.param({**D16, "more": 1}, id="an attribute that Falco may add"),
        pytest.param(with_field("k8s.ns.name", "kube-system"), id="namespace"),
        pytest.param(with_field("k8s.pod.name", "other"), id="pod"),
        pytest.param(with_field("proc.name", "xmrig"), id="process"),
        pytest.param(with_field("proc.cmdline", "sh -c 'kill 1'"), id="command"),
        pytest.param(with_field("proc.tty", 0), id="terminal"),
        pytest.param(with_field("fd.sport", 3333), id="port"),
        pytest.param(with_field("evt.args", "pid=17"), id="arguments"),
        pytest.param(with_field("evt.arg.pid", 17), id="an argument"),
        pytest.param(with_field("proc.pid", 17), id="a process number that was absent"),
        pytest.param(with_field("evt.time", None), id="a time that is missing"),
        pytest.param(with_field("evt.time", "<NA>"), id="a time that Falco does not have"),
        pytest.param(with_field("evt.time", ["xmrig"]), id="a list in place of a time"),
        pytest.param(with_field("user.uid", "0"), id="a text in place of a number"),
    ],
)
def test_any_difference_that_a_rule_can_ask_for_makes_another_act(other: dict[str, Any]) -> None:
    assert act(event(D16)) != act(event(other))


def test_the_same_event_of_another_cluster_is_another_act() -> None:
    assert act(event(D16)) != act(event(D16, cluster="staging"))


@pytest.mark.parametrize("name", [*VOLATILE_NAMES, "proc.apid[2]"])
@pytest.mark.parametrize(("value", "other"), [(1764160405478445995, 17), ("12:33:25.478445995", "12:33:26")])
def test_what_differs_in_each_event_of_an_act_does_not_count(name: str, value: object, other: object) -> None:
    assert act(event(with_field(name, value))) == act(event(with_field(name, other)))
    assert act(event(with_field(name, value))) != act(event(with_field(name, None)))


def test_the_text_the_times_and_the_ids_do_not_count() -> None:
    again = {**D16, "output": "later", "time": "2026-01-01T00:00:00Z", "uuid": "2"}
    assert act(event(D16)) == act(event(again, event_id="2", time="2026-11-25T12:00:01Z"))


@pytest.mark.parametrize("first", [1, "1"])
@pytest.mark.parametrize("name", VOLATILE["the number of a process or thread"])
def test_the_first_process_is_told_from_all_others(name: str, first: object) -> None:
    assert act(event(with_field(name, first))) != act(event(with_field(name, 17)))


def test_readme_has_the_table_of_what_does_not_count() -> None:
    described = {
        what: tuple(name.strip("` ") for name in names.split(",")) for what, names, _ in table("What is folded")
    }
    assert described == dict(VOLATILE)


# One criterion each that HARMLESS and a changed event answer differently.
CRITERIA: dict[str, tuple[object, dict[str, Any]]] = {
    "rules": (["Outbound*"], {"rule": "Another"}),
    "priority": (">=Critical", {"priority": "Alert"}),
    "source": ("syscall", {"source": "syscall"}),
    "tags": (["network"], {"tags": ["network"]}),
    "namespaces": (["shop"], {"output_fields": {**HARMLESS["output_fields"], "k8s.ns.name": "other"}}),
    "clusters": (["prod"], {}),
    "output_fields": ({"proc.name": "xmrig"}, {"output_fields": GRAVE["output_fields"]}),
}


def rule_matches(criteria: dict[str, Any], relayed: Event) -> bool:
    rule = {"name": "r", "match": criteria, "respond": ["stop"]}
    text = json.dumps({"version": 1, "rules": [rule]}).encode()
    document = json.loads(events.encode(relayed))
    return bool(match(cloudevent.parse(document), parser.parse(text, name="rules").rules[0]))


def test_every_criterion_of_the_rules_language_makes_a_difference() -> None:
    assert CRITERIA.keys() == json.loads(SCHEMA.read_text())["$defs"]["match"]["properties"].keys()
    for name, (criterion, change) in CRITERIA.items():
        first, second = event(HARMLESS), event({**HARMLESS, **change}, cluster="prod" if change else "staging")
        assert rule_matches({name: criterion}, first) != rule_matches({name: criterion}, second), name
        assert act(first) != act(second), name


VALUES = st.sampled_from([None, "", "<NA>", 0, 1, 17, "17", "curl", "xmrig", True, ["curl"], [None]])
CONDITIONS = st.sampled_from(
    [
        "xmrig",
        17,
        1,
        0,
        True,
        {"glob": "*r*"},
        {"regex": "[a-z]+"},
        {"exists": True},
        {"exists": False},
        {"not": "curl"},
    ]
)
FIELDS = ("proc.name", "fd.sport", "proc.pid", "evt.args")


@st.composite
def falco_events(draw: st.DrawFn) -> Event:
    fields = draw(st.dictionaries(st.sampled_from([*FIELDS, "evt.time", "evt.num"]), VALUES))
    pod = {"k8s.ns.name": draw(st.sampled_from(["shop", "other"])), "k8s.pod.name": "web-1"}
    data = {
        "rule": draw(st.sampled_from(["a", "b"])),
        "priority": draw(st.sampled_from(["Notice", "Critical"])),
        "output": draw(st.text(max_size=3)),
        "tags": draw(st.lists(st.sampled_from(["x", "y"]), unique=True)),
        "output_fields": {**fields, **pod},
    }
    return event(data, cluster=draw(st.sampled_from(["prod", "staging"])))


@st.composite
def criteria(draw: st.DrawFn) -> dict[str, Any]:
    """What a rule may ask for; of the volatile fields only what the README promises."""
    choices = {
        "rules": st.sampled_from([["a"], ["!a"]]),
        "priority": st.sampled_from([">=Warning", "Notice"]),
        "tags": st.sampled_from([["x"], {"none": ["y"]}]),
        "namespaces": st.sampled_from([["shop"], ["!shop"]]),
        "clusters": st.sampled_from([["prod"], ["*ing"]]),
        "output_fields": st.dictionaries(st.sampled_from([*FIELDS[:2], FIELDS[3]]), CONDITIONS, min_size=1)
        | st.sampled_from([{"proc.pid": 1}, {"proc.pid": {"exists": True}}, {"proc.pid": {"exists": False}}]),
    }
    name = draw(st.sampled_from(sorted(choices)))
    return {name: draw(choices[name])}


@given(first=falco_events(), second=falco_events(), volatile=VALUES, criterion=criteria())
def test_events_of_one_act_are_the_same_to_every_rule(
    first: Event, second: Event, volatile: Any, criterion: Any
) -> None:
    fields = {**first.data["output_fields"], "proc.pid": volatile, "evt.num": volatile}
    again = Event(first.attributes, {**first.data, "output": "again", "output_fields": fields})
    for candidate in (second, again):
        if act(candidate) == act(first):
            assert rule_matches(criterion, candidate) == rule_matches(criterion, first)
