"""Events as the relay dispatches and people paste them, whole and broken."""

import json
from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.errors import BadEvent, BadInput
from responder.falco import event
from responder.falco.event import Event, Priority
from responder.kubernetes.pod_names import Owner
from tests import sidekick

FALCO = sidekick.falco_events()
E02 = FALCO["E02"]
POD = "alpine-deployment-77789455d6-m7flp"


def falco(**fields: object) -> dict[str, Any]:
    return {"rule": "A rule", "priority": "Notice", "output_fields": fields}


@pytest.mark.parametrize("short", FALCO)
def test_every_recorded_event_is_read_alike_bare_and_as_a_cloudevent(short: str) -> None:
    bare = event.parse(FALCO[short])
    sent = event.parse(sidekick.cloudevent(FALCO[short], event_id="1", cluster="prod", coalesced="12"))
    assert (sent.id, sent.source, sent.cluster, sent.coalesced) == ("1", "https://falco.org", "prod", 12)
    assert (bare.source, bare.cluster, bare.coalesced) == ("https://falco.org", None, 0)
    for name in ("rule", "priority", "time", "tags", "falco_source", "hostname", "output", "fields", "pod"):
        assert getattr(bare, name) == getattr(sent, name)


@pytest.mark.parametrize(
    ("short", "pod"),
    [
        pytest.param("E01", ("default", "alpine"), id="bare pod"),
        pytest.param("E02", ("default", POD), id="Deployment's pod"),
        pytest.param("E05", None, id="container without metadata"),
        pytest.param("E09", ("hello-app", "nginx-676b6c5bbc-4xc6t"), id="exec in the audit log"),
        pytest.param("E10", None, id="audit of a cluster-scoped object"),
        pytest.param("E11", None, id="audit of a service account, not a pod"),
        pytest.param(
            "E12",
            ("falco-event-generator", "hostnetwork-deployment-748bd48fcb-hrj2q"),
            id="audit of a created pod, without a resource",
        ),
        pytest.param("E13", None, id="Falco about itself"),
        pytest.param("D17", None, id="host"),
    ],
)
def test_the_pod_of_a_recorded_event(short: str, pod: tuple[str, str] | None) -> None:
    assert event.parse(FALCO[short]).pod == pod


@pytest.mark.parametrize(
    ("fields", "pod"),
    [
        pytest.param({"k8s.ns.name": "a", "k8s.pod.name": "p", "k8smeta.ns.name": "b", "k8smeta.pod.name": "q"},
                     ("a", "p"), id="Falco's own fields come first"),
        pytest.param({"k8s.ns.name": "a", "k8s.pod.name": "<NA>", "k8smeta.ns.name": "b", "k8smeta.pod.name": "q"},
                     ("b", "q"), id="the halves of two pods are never joined"),
        pytest.param({"k8s.ns.name": "a"}, None, id="a namespace alone is no pod"),
        pytest.param({"ka.target.resource": "secrets", "ka.target.namespace": "a", "ka.target.name": "p"}, None,
                     id="a secret is no pod"),
        pytest.param({"ka.target.resource": "pods", "ka.target.namespace": "a", "ka.resp.name": "p"}, ("a", "p"),
                     id="a created pod has its name in the answer"),
        pytest.param({"ka.target.subresource": "exec", "ka.target.namespace": "a", "ka.target.name": "p"}, ("a", "p"),
                     id="only pods can be exec'd into"),
        pytest.param({"ka.target.subresource": "scale", "ka.target.namespace": "a", "ka.target.name": "p"}, None,
                     id="what is scaled is no pod"),
        pytest.param({"ka.target.resource": "pods", "ka.target.namespace": "a"}, None, id="a list of pods is no pod"),
    ],
)  # fmt: skip
def test_where_the_pod_is_looked_for(fields: Mapping[str, str], pod: tuple[str, str] | None) -> None:
    assert event.parse(falco(**fields)).pod == pod


@pytest.mark.parametrize(
    ("namespace", "name"),
    [
        pytest.param("default", "../../etc/passwd", id="path"),
        pytest.param("../default", "web-0", id="path as namespace"),
        pytest.param("default", "web 0", id="space"),
        pytest.param("default", "web-0\n", id="line end"),
        pytest.param("default", "Web-0", id="upper case"),
        pytest.param("default", "web..0", id="empty label"),
        pytest.param("default", "a" * 254, id="pod too long"),
        pytest.param("a" * 64, "web-0", id="namespace too long"),
        pytest.param("a.b", "web-0", id="dot in a namespace"),
        pytest.param("default", "$(id)", id="shell"),
        pytest.param("default", ["web-0"], id="a list"),
    ],
)
def test_a_pod_that_no_cluster_can_have_is_refused(namespace: str, name: object) -> None:
    read = event.parse(falco(**{"k8s.ns.name": namespace, "k8s.pod.name": name}))
    with pytest.raises(BadEvent, match="no name that Kubernetes takes") as caught:
        _ = read.pod
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


def test_the_longest_names_that_kubernetes_takes_are_taken() -> None:
    longest = ".".join(["a" * 62, "b" * 63, "c" * 63, "d" * 62])
    assert event.parse(falco(**{"k8s.ns.name": "n" * 63, "k8s.pod.name": longest})).pod == ("n" * 63, longest)


@pytest.mark.parametrize("missing", [None, "", "<NA>", "N/A", "<no value>", []])
def test_a_field_that_falco_has_no_value_for_is_none(missing: object) -> None:
    read = event.parse(falco(**{"proc.name": missing, "proc.tty": 0, "thread.ismain": False}))
    assert read.field("proc.name") is None
    assert read.field("absent") is None
    assert read.field("proc.tty") == 0
    assert read.field("thread.ismain") is False


def test_owners_that_the_event_names_are_told_the_most_certain_first() -> None:
    replica_set = Owner(kind="ReplicaSet", name="alpine-deployment-77789455d6")
    assert event.parse(FALCO["D18"]).owner_hints == (Owner(kind="Deployment", name="alpine-deployment"), replica_set)
    legacy = {"k8s.rs.name": replica_set.name, "k8s.deployment.name": "<NA>", "k8smeta.rc.name": "rc-1"}
    assert event.parse(falco(**legacy)).owner_hints == (
        replica_set,
        Owner(kind="ReplicationController", name="rc-1"),
    )
    assert event.parse(E02).owner_hints == ()


def test_events_of_the_host_and_of_falco_itself_are_known() -> None:
    told = {short: (event.parse(FALCO[short]).is_host, event.parse(FALCO[short]).is_internal) for short in FALCO}
    assert {short for short, (host, _) in told.items() if host} == {"D17"}
    assert {short for short, (_, internal) in told.items() if internal} == {"E13", "D19"}


def test_integers_beyond_a_double_stay_exact() -> None:
    text = json.dumps([E02])
    [read] = event.parse_all(event.read({}, text))
    assert isinstance(read, Event)
    assert read.field("evt.time") == 1623612958532086161


@pytest.mark.parametrize(
    ("word", "priority"),
    [
        *[pytest.param(priority.word, priority, id=priority.word) for priority in Priority],
        pytest.param("INFO", Priority.INFORMATIONAL, id="as Falco's rules write it"),
        pytest.param("cRITICAL", Priority.CRITICAL, id="any case"),
    ],
)
def test_priorities_are_read_as_falco_writes_them(word: str, priority: Priority) -> None:
    assert Priority.parse(word) is priority


def test_priorities_have_falcos_order() -> None:
    words = "Debug Informational Notice Warning Error Critical Alert Emergency"
    assert [priority.word for priority in sorted(Priority)] == words.split()


def test_a_bare_event_has_its_uuid_as_id_or_one_that_follows_from_its_content() -> None:
    turned = dict(reversed(list(E02.items())))
    assert event.parse({**E02, "uuid": "u-1"}).id == "u-1"
    assert event.parse(E02).id == event.parse(turned).id == "72fd66b4-94e6-52f0-83af-0b2c7901a4bd"
    assert event.parse({**E02, "time": "2021-06-13T19:35:58.532086162Z"}).id != event.parse(E02).id


def test_a_pasted_event_cannot_claim_a_cluster_without_being_a_cloudevent() -> None:
    assert event.parse({**E02, "cluster": "prod", "coalesced": {}}).cluster is None


SENT = sidekick.cloudevent(E02, event_id="1")


@pytest.mark.parametrize(
    ("run_event", "pasted", "rules"),
    [
        pytest.param({"client_payload": {"events": [SENT, SENT]}}, "", 2, id="repository_dispatch"),
        pytest.param({"inputs": {"event": json.dumps([SENT])}}, "", 1, id="workflow_dispatch"),
        pytest.param({"client_payload": {"events": [SENT, SENT]}}, json.dumps(E02), 2, id="the run's own comes first"),
        pytest.param({"inputs": {"event": json.dumps([SENT] * 3)}}, json.dumps(E02), 3, id="so does the run's input"),
        pytest.param({"client_payload": {}, "inputs": {"event": ""}}, json.dumps(E02), 1, id="empty is absent"),
        pytest.param(
            {"client_payload": None, "inputs": "x"}, json.dumps(E02), 1, id="other events have other payloads"
        ),
        pytest.param({}, f"\ufeff\r\n {json.dumps(E02, indent=2)} \n", 1, id="pretty, with a mark and white space"),
        pytest.param({}, json.dumps([E02, SENT]), 2, id="array of both forms"),
        pytest.param({}, f"{json.dumps(E02)}\r\n\n{json.dumps(SENT)}\n", 2, id="one a line"),
        pytest.param({}, json.dumps([json.dumps(E02)]), 1, id="text in an array"),
    ],
)
def test_where_events_are_read_from(run_event: Mapping[str, Any], pasted: str, rules: int) -> None:
    found = event.parse_all(event.read(run_event, pasted))
    assert [one.rule for one in found if isinstance(one, Event)] == ["Terminal shell in container"] * rules


@pytest.mark.parametrize("pasted", [None, "", " \n", "[]", "\ufeff"])
def test_a_run_without_any_event_is_told_so(pasted: str | None) -> None:
    with pytest.raises(BadInput, match="no Falco event"):
        event.read({"client_payload": {"events": []}}, pasted)


def test_a_text_beyond_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadInput, match=r"1,048,577 characters; the limit is 1,048,576"):
        event.read({}, "[" * (event.LIMIT + 1))


@pytest.mark.parametrize(
    "pasted",
    [
        pytest.param(json.dumps([SENT, {**SENT, "type": "other"}, SENT]), id="wrong type in an array"),
        pytest.param(f"{json.dumps(SENT)}\ngarbage\n{json.dumps(SENT)}", id="garbage between lines"),
        pytest.param(json.dumps([SENT, None, SENT]), id="null in an array"),
        pytest.param(json.dumps([SENT, "{", SENT]), id="broken text in an array"),
    ],
)
def test_a_bad_event_loses_none_of_the_others(pasted: str) -> None:
    found = event.parse_all(event.read({}, pasted))
    assert [type(one) for one in found] == [Event, BadEvent, Event]


def test_a_broken_text_is_one_bad_event_and_not_one_a_line() -> None:
    found = event.parse_all(event.read({}, json.dumps(E02, indent=2)[:-3]))
    assert [type(one) for one in found] == [BadEvent]
    assert "at line 17, column" in str(found[0])


def test_the_schema_is_one_and_takes_what_the_relay_dispatches() -> None:
    schema = json.loads((sidekick.EVENTS.parents[2] / "actions/responder/schema/payload.json").read_bytes())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid({"events": [sidekick.cloudevent(one, event_id="1") for one in FALCO.values()]})
    assert not validator.is_valid({"events": [E02]})
    assert not validator.is_valid({"events": []})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(sorted([*E02, *SENT])), inner),
    max_leaves=8,
)


@given(
    json_values
    | st.builds(lambda change: {**E02, **change}, st.dictionaries(st.sampled_from(sorted(E02)), json_values))
)
def test_any_json_is_an_event_or_a_bad_event(document: object) -> None:
    [read] = event.parse_all([document])
    assert isinstance(read, (Event, BadEvent))


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = event.parse_all(event.read({}, text))
    except BadInput:
        stripped = text.strip("\ufeff \t\r\n")
        assert not stripped or json.loads(stripped) == []
    else:
        assert found
