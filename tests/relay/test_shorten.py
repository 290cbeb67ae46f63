"""Events that are too large for a dispatch."""

import json
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from relay import events, falco, importance
from relay.github.dispatch import LIMIT, Dispatch, RepositoryDispatch, WorkflowDispatch
from relay.server.intake import letter
from relay.shorten import MARK
from tests import sidekick
from tests.soak import examples

E02 = sidekick.falco_events()["E02"]
DISPATCHES: list[Dispatch] = [RepositoryDispatch("acme/state"), WorkflowDispatch("acme/state", "respond.yml", "main")]
PREFIXES = ("proc.", "user.", "container.", "fd.", "ka.")
WHOLE = ("rule", "priority", "time")
IDENTIFYING = ("k8s.ns.name", "k8s.pod.name", "container.id", "container.image.repository")


LARGE_FIELDS: dict[str, dict[str, Any]] = {
    "pod labels": {"k8s.pod.labels": "app:x, " * 10_000},
    "a ConfigMap of the audit log": {"ka.req.configmap.obj": '{"a": "b"}' * 7_000},
    "mounts": {"container.mounts": ["/host:/host::true:private"] * 3_000},
    "1,000 fields of 60 characters": {f"field{number}": "x" * 60 for number in range(1_000)},
    "100,000 small fields": {f"f{number}": 1 for number in range(70_000)},
    "a long name of a field": {"proc." + "x" * 900_000: 1},
    "deep nesting": {"deep": json.loads("[" * 400 + "]" * 400)},
    "deep objects": {"deep": json.loads('{"a":' * 400 + "1" + "}" * 400)},
    "a long integer": {"number": 10**4000},
    "letters of four bytes": {"proc.cmdline": "\U0001f980" * 200_000},
    "characters that JSON escapes": {"proc.cmdline": '\x01"\\' * 60_000},
    "all that rules ask for": {f"{prefix}{number}": "x" * 600 for prefix in PREFIXES for number in range(300)},
}


def shortened(document: dict[str, Any], dispatch: Dispatch, *, cluster: str | None = None) -> dict[str, Any]:
    """Return the CloudEvent that GitHub gets."""
    body = json.dumps(document, ensure_ascii=False).encode()
    [event] = events.read([(b"content-type", b"application/cloudevents+json")], body, cluster=cluster)
    stored = letter(event, dispatch)
    assert stored.size == dispatch.size(stored.document) <= dispatch.room
    request = json.loads(dispatch.body([stored.document]))
    payload = request.get("client_payload") or request["inputs"]
    assert len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()) <= LIMIT
    sent = payload["events"] if "events" in payload else json.loads(payload["event"])
    result: dict[str, Any] = sent[0]
    return result


def dispatched(event: dict[str, Any], dispatch: Dispatch = DISPATCHES[0]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the attributes and the data that GitHub gets."""
    document = shortened(sidekick.cloudevent(event, event_id="1"), dispatch)
    return document, document["data"]


def cut(event: dict[str, Any], dispatch: Dispatch = DISPATCHES[0]) -> dict[str, Any]:
    """Return the data that GitHub gets."""
    return dispatched(event, dispatch)[1]


def with_fields(**fields: Any) -> dict[str, Any]:
    return {**E02, "output_fields": {**E02["output_fields"], **fields}}


def test_an_event_that_fits_is_not_touched() -> None:
    assert cut(E02) == E02


def test_only_the_longest_field_is_cut_if_that_is_enough() -> None:
    data = cut(with_fields(cmdline="x" * 70_000, env="y" * 2_000))
    assert data == with_fields(cmdline="x" * 507 + MARK, env="y" * 2_000)


def test_the_output_text_is_cut_like_any_field() -> None:
    assert cut({**E02, "output": "x" * 70_000})["output"] == "x" * 507 + MARK


def test_many_long_fields_are_cut_to_less() -> None:
    data = cut(with_fields(**{f"field{number}": "x" * 700 for number in range(300)}))
    assert sorted({len(value) for key, value in data["output_fields"].items() if key.startswith("field")}) == [64, 512]


@pytest.mark.parametrize("value", [["x" * 70_000], {"a": "x" * 70_000}, 10**4000])
def test_a_value_that_cannot_be_cut_becomes_the_mark(value: Any) -> None:
    huge = [value] * 20 if isinstance(value, int) else value
    assert cut(with_fields(odd=huge))["output_fields"]["odd"] == MARK


def test_a_letter_is_not_cut_in_two() -> None:
    data = cut(with_fields(cmdline="€" * 30_000))
    assert data["output_fields"]["cmdline"] == "€" * 169 + MARK


@pytest.mark.parametrize("name", ["k8s.pod.name", "k8smeta.deployment.name", "ka.target.name", "container.name"])
def test_a_name_that_no_object_can_have_is_cut_and_its_mark_makes_no_other_name(name: str) -> None:
    cut_name = cut(with_fields(**{name: "x" * 70_000}))["output_fields"][name]
    assert cut_name == "x" * (16384 - len(MARK)) + MARK


@pytest.mark.parametrize("name", sorted(importance.NAMES))
def test_a_name_is_kept_whole_whatever_else_is_cut(name: str) -> None:
    longest = dict.fromkeys(importance.NAMES, "n" * 253)
    data = cut(with_fields(**{f"proc.{number}": "x" * 700 for number in range(1000)}, **longest))
    assert data["output_fields"][name] == "n" * 253


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"output": "x" * 900_000}, id="output"),
        pytest.param({"hostname": "x" * 70_000}, id="hostname"),
        pytest.param({"tags": ["x" * 70_000]}, id="a tag"),
        pytest.param({"tags": [f"tag{number}" for number in range(50_000)]}, id="many tags"),
        pytest.param({"tags": "x, " * 50_000}, id="tags as a text"),
        pytest.param({"unknown": {"a": ["x" * 70_000]}}, id="a key that Falco does not have"),
        *[
            pytest.param({"output_fields": {**E02["output_fields"], **fields}}, id=name)
            for name, fields in LARGE_FIELDS.items()
        ],
    ],
)
@pytest.mark.parametrize("dispatch", DISPATCHES, ids=["repository_dispatch", "workflow_dispatch"])
def test_nothing_that_falco_can_say_is_too_large(dispatch: Dispatch, change: dict[str, Any]) -> None:
    event = {**E02, **change}
    assert len(json.dumps(event, ensure_ascii=False).encode()) <= 1024 * 1024
    attributes, data = dispatched(event, dispatch)
    assert attributes["shortened"] >= 1
    assert [data[name] for name in WHOLE] == [E02[name] for name in WHOLE]
    assert falco.pod(data) == falco.pod(E02)


@pytest.mark.parametrize("value", ["[" * 400 + "]" * 400, "9" * 101, '{"a":' * 21 + "1" + "}" * 21])
def test_what_another_reader_of_json_refuses_becomes_the_mark_even_in_a_small_event(value: str) -> None:
    event = with_fields(odd=json.loads(value), plain=json.loads("[" * 20 + "]" * 20), large=10**100 - 1)
    attributes, data = dispatched(event)
    assert data["output_fields"] == {**event["output_fields"], "odd": MARK}
    assert attributes["shortened"] == 1


def test_what_rules_ask_for_outlasts_everything_else() -> None:
    others = {f"other{number}": "x" * 60 for number in range(2_000)}
    important = {"evt.type": "execve", "proc.cmdline": "x" * 3_000, "user.name": "root", "fd.name": "/etc/shadow"}
    data = cut(with_fields(**others, **important))
    assert {name: data["output_fields"][name] for name in important} == important


def test_of_what_rules_ask_for_the_end_of_the_table_is_left_out_first() -> None:
    important = {
        f"{name}x{number}" if name.endswith(".") else name: "x"
        for name in importance.RULE_FIELDS
        for number in range(1000)
    }
    fields = cut(with_fields(**{name: value for name, value in important.items() if name != "tags"}))["output_fields"]
    assert {"evt.type", "proc.name", "user.name", "ka.req.pod.x999", "proc.x999", "user.x999"} <= set(fields)
    assert not any(name.startswith(("ka.x", "fd.x")) for name in fields)


def test_every_value_that_was_cut_or_left_out_is_counted_once() -> None:
    event = with_fields(**{"a": "x" * 70_000, "b": "x" * 66_000})
    attributes, data = dispatched(event)
    changed = [name for name, value in event["output_fields"].items() if data["output_fields"].get(name) != value]
    assert attributes["shortened"] == len(changed) == 2
    assert "shortened" not in dispatched(E02)[0]


def test_extensions_are_cut_before_an_event_is_lost() -> None:
    document = sidekick.cloudevent(E02, event_id="1", **{f"x{number}": "x" * 1024 for number in range(900)})
    attributes = shortened(document, DISPATCHES[1])
    assert attributes["shortened"] >= 800
    assert attributes["id"] == "1"


@pytest.mark.parametrize("dispatch", DISPATCHES, ids=["repository_dispatch", "workflow_dispatch"])
def test_the_most_that_is_kept_whole_fits(dispatch: Dispatch) -> None:
    """Escaped twice, a control character takes seven bytes, and a quotation mark four."""
    texts = {"rule": "\x01" * 1023 + "x", "source": "\x01" * 1023 + "x", "priority": "\x1f" * 1018 + "Notice"}
    event = with_fields(**dict.fromkeys(importance.NAMES, "n" * 253), more="x" * 70_000)
    document = sidekick.cloudevent({**event, "time": E02["time"], "uuid": "\x01" * 299 + "x", **texts}, event_id="1")
    document |= {"id": '"' * 300} | dict.fromkeys(("source", "subject", "dataschema", "cluster"), '"' * 1024)
    result = shortened(document, dispatch)
    assert result["data"].items() >= texts.items()
    assert result.items() >= {name: document[name] for name in ("id", "source", "subject", "cluster")}.items()


FIELD_NAMES = st.sampled_from([*sorted(importance.NAMES), "ka.req.pod.containers.image", "proc.name", "evt.type", "x"])
FIELD_VALUES = st.none() | st.integers() | st.text(max_size=30) | st.sampled_from(["<NA>", "pods", "exec", "n" * 253])


@pytest.mark.parametrize("dispatch", DISPATCHES, ids=["repository_dispatch", "workflow_dispatch"])
@settings(max_examples=examples(60), deadline=None)
@given(
    fields=st.dictionaries(FIELD_NAMES | st.text(max_size=20), FIELD_VALUES, max_size=12),
    texts=st.dictionaries(st.sampled_from(["output", "hostname", "rule", "source", "other"]), st.text(max_size=20)),
    tags=st.none() | st.text(max_size=20) | st.lists(st.text(max_size=10), max_size=5),
    longer=st.sampled_from([1, 1, 100, 3_000, 30_000]),
    more=st.sampled_from([0, 0, 1_000, 20_000]),
)
def test_any_event_of_falco_fits_is_marked_and_keeps_its_names(
    dispatch: Dispatch, fields: dict[str, Any], texts: dict[str, str], tags: Any, longer: int, more: int
) -> None:
    fields = {
        name: value * longer if isinstance(value, str) and name == "x" else value for name, value in fields.items()
    }
    fields |= {f"proc.{number}" if number % 2 else str(number): number for number in range(more)}
    texts = {name: text * (1 if name in ("rule", "source") else longer) for name, text in texts.items()}
    texts = {name: text for name, text in texts.items() if name not in ("rule", "source") or text.isalnum()}
    event = {"rule": "A rule", "priority": "Notice", "time": "2021-06-13T19:35:58Z", **texts, "tags": tags}
    event["output_fields"] = fields
    assume(len(json.dumps(event, ensure_ascii=False).encode()) <= 1024 * 1024)
    attributes, data = dispatched(event, dispatch)
    assert [data[name] for name in ("rule", "priority")] == [event[name] for name in ("rule", "priority")]
    assert data.get("source") == event.get("source")
    assert falco.pod(data) == falco.pod(falco.validate(event))
    whole = {name: value for name, value in fields.items() if importance.is_kept(name, value)}
    assert whole.items() <= data["output_fields"].items()
    changed = [name for name in event if name != "output_fields" and data.get(name) != event[name]]
    changed += [name for name, value in fields.items() if data["output_fields"].get(name, MARK) != value]
    assert attributes.get("shortened", 0) == len(changed)
    for name in changed:
        value = data.get(name, data["output_fields"].get(name, MARK))
        assert MARK in str(value)


@pytest.mark.parametrize("dispatch", DISPATCHES, ids=["repository_dispatch", "workflow_dispatch"])
@settings(max_examples=examples(30))
@given(values=st.lists(st.text(min_size=1, max_size=50), min_size=1, max_size=20), times=st.integers(100, 3000))
def test_what_comes_out_fits_and_says_the_same(dispatch: Dispatch, values: list[str], times: int) -> None:
    event = with_fields(**{f"field{number}": value * times for number, value in enumerate(values)})
    data = cut(event, dispatch)
    assert [data[name] for name in WHOLE] == [E02[name] for name in WHOLE]
    assert [data["output_fields"][name] for name in IDENTIFYING] == [E02["output_fields"][name] for name in IDENTIFYING]
    for name, value in event["output_fields"].items():
        prefix = data["output_fields"][name]
        assert prefix == value or (prefix.endswith(MARK) and value.startswith(prefix.removesuffix(MARK)))
