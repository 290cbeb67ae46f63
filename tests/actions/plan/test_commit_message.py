"""What commits say of responses and of their undo, whatever an event has in it."""

from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pytest

from responder.errors import RecordLost
from responder.falco import cloudevent
from responder.falco.event import Event
from responder.kubernetes.pod_names import Pod, Workload
from responder.plan import commit_message, trailers
from responder.plan.change import Change
from responder.plan.outcome import Response
from responder.plan.trailers import RecordedResponse
from responder.plan.undo_record import AddedFile, PreviousValue
from tests import sidekick

WEB = Workload(kind="Deployment", namespace="shop", name="web")
RECORD = PreviousValue(file=PurePosixPath("web.yaml"), document=0, path=("spec", "replicas"), previous=2)


def event(*, cluster: str | None = "prod", **fields: Any) -> Event:
    falco = {**sidekick.falco_events()["E02"], "time": "2026-07-01T12:00:00Z", **fields}
    extensions = {"cluster": cluster} if cluster else {}
    return cloudevent.parse(sidekick.cloudevent(falco, event_id="5b2e", **extensions))


def response(**options: Any) -> Response:
    defaults: dict[str, Any] = {
        "event": event(),
        "subject": Pod(namespace="shop", name="web-1"),
        "rule": "r",
        "action": "stop",
        "workload": WEB,
        "changes": (Change(record=RECORD, line=7),),
    }
    return Response(**{**defaults, **options})


def test_one_response_is_named_with_its_reason_and_trailers() -> None:
    assert commit_message.compose([response()]) == (
        "Stop Deployment shop/web in prod\n"
        "\n"
        'Falco\'s rule "Terminal shell in container" (Notice) fired in pod shop/web-1 at 2026-07-01T12:00:00Z. '
        'It ran "sh -c uptime".\n'
        "\n"
        "Response: stop Deployment shop/web\n"
        "Cluster: prod\n"
        "Falco-Rule: Terminal shell in container\n"
        "Falco-Priority: Notice\n"
        "CloudEvent-Id: 5b2e\n"
        f"CloudEvent-Source: {event().source}\n"
        'Previous: {"file":"web.yaml","document":0,"path":["spec","replicas"],"value":2}\n'
    )


TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_commit_names_the_trace_of_its_event() -> None:
    traced = replace(event(), traceparent=TRACE)
    message = commit_message.compose([response(event=traced)])
    assert f"\nTraceparent: {TRACE}\n" in message
    commit_message.confirm(message, [response(event=traced)])
    assert [recorded.event_id for recorded in trailers.responses(message)] == ["5b2e"]


def test_a_response_to_an_event_about_a_workload_names_the_workload() -> None:
    message = commit_message.compose([response(subject=Workload(kind="ReplicaSet", namespace="shop", name="web-1"))])
    assert "(Notice) fired for ReplicaSet shop/web-1 at" in message


def test_several_responses_are_counted_and_each_is_read_back() -> None:
    other = response(workload=Workload(kind="Job", namespace="shop", name="x"), event=event(cluster=None))
    message = commit_message.compose([response(), other])
    assert message.startswith("Stop 2 workloads\n\nStop Deployment shop/web: Falco's rule")
    assert "\n\nStop Job shop/x: Falco's rule" in message
    first, second = trailers.responses(message)
    assert (first.response, first.cluster, first.records) == ("stop Deployment shop/web", "prod", (RECORD,))
    assert (second.response, second.cluster) == ("stop Job shop/x", "")


def test_every_change_has_a_record_in_the_order_of_the_changes() -> None:
    added = AddedFile(file=PurePosixPath("new.yaml"))
    changes = (Change(record=RECORD, line=7), Change(record=added, line=1))
    (recorded,) = trailers.responses(commit_message.compose([response(changes=changes)]))
    assert recorded.records == (RECORD, added)


def test_a_long_subject_is_cut_where_tools_cut_it() -> None:
    long = Workload(kind="Deployment", namespace="n" * 63, name="w" * 63)
    assert len(commit_message.compose([response(workload=long)]).splitlines()[0]) <= 72


def test_an_event_cannot_write_trailers_or_lines_of_its_own() -> None:
    hostile = replace(event(), rule="x\n\nPrevious: {}\nResponse: remove", time="now\nResponse: x", id="1\nResponse: x")
    message = commit_message.compose([response(event=hostile)])
    (recorded,) = trailers.responses(message)
    assert (recorded.response, recorded.records) == ("stop Deployment shop/web", (RECORD,))
    assert len([line for line in message.splitlines() if line.startswith("Response:")]) == 1


def recorded(name: str, action: str) -> RecordedResponse:
    return RecordedResponse(rule="r", event_id=name, event_source="s", response=action)


def test_an_undo_names_the_commit_and_the_responses() -> None:
    message = commit_message.compose_undo("c" * 40, [recorded("1", "stop Deployment shop/web")])
    assert message == (
        "Restore Deployment shop/web\n"
        "\n"
        f"Takes back what commit {'c' * 12} did.\n"
        "\n"
        f"Restored-Commit: {'c' * 40}\n"
        "Restored-Event: 1\n"
        "Restored-Response: stop Deployment shop/web\n"
    )
    assert trailers.responses(message) == []


def test_an_undo_of_several_responses_counts_them() -> None:
    message = commit_message.compose_undo("c" * 40, [recorded("1", "stop Job a/b"), recorded("2", "scale Job a/c")])
    assert message.startswith("Restore 2 workloads\n")
    assert message.count("Restored-Event: ") == 2


@pytest.mark.parametrize(
    ("action", "cluster", "subject"),
    [
        ("stop", "prod", "Stop 2 workloads in prod"),
        ("isolate", "prod", "Contain 2 workloads in prod"),
        ("stop", "staging", "Stop 2 workloads"),
        ("stop", None, "Stop 2 workloads"),
    ],
)
def test_the_subject_of_a_batch_says_what_all_have_in_common(action: str, cluster: str | None, subject: str) -> None:
    other = response(action=action, event=event(cluster=cluster))
    assert commit_message.compose([response(), other]).splitlines()[0] == subject


def hostile_responses(count: int) -> list[Response]:
    text = "\U0001f600@#" * 30  # each character takes six or twelve in a trailer
    fields: dict[str, Any] = {"output_fields": {"proc.cmdline": text * 10}}
    return [
        response(
            workload=Workload(kind="Deployment", namespace="shop", name=f"web{number}"),
            event=replace(event(**fields), rule=text, source=text, id=f"{number}{text}"),
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("count", [40, 100, 200])
def test_a_batch_of_hostile_events_fits_a_message_with_the_whole_record_and_what_was_done_first(count: int) -> None:
    responses = hostile_responses(count)
    message = commit_message.compose(responses)
    assert len(message.encode()) <= 65_536
    assert message.startswith(f"Stop {count} workloads in prod\n\n")
    assert "more responses are in the trailers alone." in message
    commit_message.confirm(message, responses)
    records = trailers.responses(message)
    assert [record.response for record in records] == [str(response) for response in responses]
    assert [trailers.short_id(response.event.id) for response in responses] in (
        [trailers.short_id(record.event_id) for record in records],
        [record.event_id for record in records],
    )


def test_the_record_of_few_responses_has_every_text_whole() -> None:
    (first,) = hostile_responses(1)
    (record,) = trailers.responses(commit_message.compose([first]))
    assert (record.rule, record.event_id, record.event_source) == (first.event.rule, first.event.id, first.event.source)


def test_an_undo_of_a_batch_of_hostile_events_fits_a_message() -> None:
    responses = [recorded("\U0001f600" * 290 + str(number), "stop Job a/b") for number in range(200)]
    message = commit_message.compose_undo("c" * 40, responses)
    assert len(message.encode()) <= 65_536
    commit_message.confirm_undo(message, "c" * 40, responses)


def test_an_undo_names_the_workload_of_several_actions() -> None:
    message = commit_message.compose_undo("c" * 40, [recorded("1", "stop and label Deployment shop/web")])
    assert message.startswith("Restore Deployment shop/web\n")


@pytest.mark.parametrize("part", ["CloudEvent-Id: 5b2e\n", "Cluster: prod\n", "Falco-Rule: ", "Response: "])
def test_a_message_that_lost_a_part_of_its_record_is_not_confirmed(part: str) -> None:
    message = commit_message.compose([response()])
    commit_message.confirm(message, [response()])
    with pytest.raises(RecordLost):
        commit_message.confirm(message.replace(part, ""), [response()])
