"""Events that are too large for a dispatch."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay import events
from relay.errors import TooLarge
from relay.github.dispatch import Dispatch, RepositoryDispatch, WorkflowDispatch
from relay.shorten import MARK, shorten
from tests import sidekick
from tests.soak import examples

E02 = sidekick.falco_events()["E02"]
DISPATCHES: list[Dispatch] = [RepositoryDispatch("acme/state"), WorkflowDispatch("acme/state", "respond.yml", "main")]
KEPT = ("rule", "priority", "time")
IDENTIFYING = ("k8s.ns.name", "k8s.pod.name", "container.id", "container.image.repository")


def cut(falco: dict[str, Any], dispatch: Dispatch = DISPATCHES[0]) -> dict[str, Any]:
    """The event's data after it went through."""
    body = json.dumps(sidekick.cloudevent(falco, event_id="1")).encode()
    [event] = events.read([(b"content-type", b"application/cloudevents+json")], body, cluster=None)
    document = shorten(event, excess=lambda shorter: dispatch.size(shorter) - dispatch.room)
    assert dispatch.size(document) <= dispatch.room
    data: dict[str, Any] = json.loads(document)["data"]
    return data


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
def test_what_identifies_is_refused_rather_than_cut(name: str) -> None:
    with pytest.raises(TooLarge):
        cut(with_fields(**{name: "x" * 70_000}))


@pytest.mark.parametrize("name", ["rule", "priority", "hostname"])
def test_so_is_what_says_which_rule_it_was(name: str) -> None:
    with pytest.raises(TooLarge):
        cut({**E02, name: "x" * 70_000})


def test_a_hundred_thousand_small_fields_are_refused() -> None:
    with pytest.raises(TooLarge):
        cut(with_fields(**{f"f{number}": 1 for number in range(100_000)}))


@pytest.mark.parametrize("dispatch", DISPATCHES, ids=["repository_dispatch", "workflow_dispatch"])
@settings(max_examples=examples(30))
@given(values=st.lists(st.text(min_size=1, max_size=50), min_size=1, max_size=20), times=st.integers(100, 3000))
def test_what_comes_out_fits_and_says_the_same(dispatch: Dispatch, values: list[str], times: int) -> None:
    falco = with_fields(**{f"field{number}": value * times for number, value in enumerate(values)})
    data = cut(falco, dispatch)
    assert [data[name] for name in KEPT] == [E02[name] for name in KEPT]
    assert [data["output_fields"][name] for name in IDENTIFYING] == [E02["output_fields"][name] for name in IDENTIFYING]
    for name, value in falco["output_fields"].items():
        prefix = data["output_fields"][name]
        assert prefix == value or (prefix.endswith(MARK) and value.startswith(prefix.removesuffix(MARK)))
