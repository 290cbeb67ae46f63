"""CloudEvents as they come over HTTP, and what is none."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay import events
from relay.errors import BadEvent, Refusal, UnsupportedContent
from tests import sidekick

E02 = sidekick.falco_events()["E02"]
STRUCTURED = [(b"content-type", b"application/cloudevents+json")]
BATCHED = [(b"content-type", b"application/cloudevents-batch+json")]


def binary(**changes: bytes | None) -> list[tuple[bytes, bytes]]:
    """Headers of an event, with some set to other values or, with None, left out."""
    headers = {
        b"ce-id": b"1",
        b"ce-source": b"https://falco.org",
        b"ce-type": sidekick.TYPE.encode(),
        b"ce-specversion": b"1.0",
        b"content-type": b"application/json",
    }
    headers |= {name.replace("_", "-").encode(): value for name, value in changes.items() if value is not None}
    return [
        (name, value)
        for name, value in headers.items()
        if changes.get(name.decode().replace("-", "_"), b"") is not None
    ]


def read(headers: list[tuple[bytes, bytes]], body: bytes | None = None) -> dict[str, Any]:
    [event] = events.read(headers, sidekick.body(E02) if body is None else body, cluster=None)
    document: dict[str, Any] = json.loads(events.encode(event))
    return document


def structured(**changes: Any) -> bytes:
    return json.dumps({**sidekick.cloudevent(E02, event_id="1"), **changes}).encode()


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        pytest.param("Règle ünïcode".encode(), "Règle ünïcode", id="raw UTF-8, as Go sends it"),
        pytest.param(b"R%C3%A8gle", "Règle", id="percent-encoded, as the specification has it"),
        pytest.param(b"100%", "100%", id="a percent sign alone"),
        pytest.param(b"100%25", "100%", id="an encoded percent sign"),
        pytest.param(b"%ZZ", "%ZZ", id="no hexadecimal digits"),
        pytest.param('Règle 100% "q"'.encode(), 'Règle 100% "q"', id="all of it, raw"),
        pytest.param(b"50%ff off", "50%ff off", id="decodes to no text, so it was not encoded"),
        pytest.param(b"%25C3", "%C3", id="decoded once, not twice"),
        pytest.param(rb'"a \"b\" \\"', 'a "b" \\', id="quoted, by older senders"),
        pytest.param(b'"', '"', id="one quote"),
        pytest.param(b"", "", id="empty"),
    ],
)
def test_header_values_are_read_as_their_senders_meant_them(raw: bytes, value: str) -> None:
    assert read(binary(ce_rule=raw))["rule"] == value


@pytest.mark.parametrize(
    "time",
    [
        "2025-11-26T13:33:25.123456789+01:00",
        "2025-11-26T12:33:25Z",
        "2025-11-26t12:33:25.5z",
        "2024-02-29T00:00:00.000000001-12:00",
    ],
)
def test_a_time_goes_on_as_it_came(time: str) -> None:
    assert read(binary(ce_time=time.encode()))["time"] == time
    assert read(STRUCTURED, structured(time=time))["time"] == time


@pytest.mark.parametrize(
    "time",
    ["", "now", "2025-11-26", "2025-11-26T12:33:25", "2025-02-30T12:33:25Z", "2025-11-26T25:33:25Z", "1764160405"],
)
def test_a_time_that_is_none_is_refused(time: str) -> None:
    with pytest.raises(BadEvent, match="time"):
        read(binary(ce_time=time.encode()))


def test_nothing_is_added_to_an_event() -> None:
    document = sidekick.cloudevent(E02, event_id="1")
    del document["time"], document["datacontenttype"]
    assert read(STRUCTURED, json.dumps(document).encode()) == document


@pytest.mark.parametrize("number", [2**53 + 1, 10**40, -(2**63) - 1, 0.1, 1e300])
def test_numbers_stay_exact(number: float) -> None:
    body = sidekick.body({**E02, "output_fields": {"n": number}})
    assert read(binary(), body)["data"]["output_fields"]["n"] == number


@pytest.mark.parametrize("name", ["id", "source", "type", "specversion"])
def test_what_an_event_must_have_is_never_invented(name: str) -> None:
    with pytest.raises(BadEvent, match=name):
        read(binary(**{f"ce_{name}": None}))
    with pytest.raises(BadEvent, match=name):
        read(binary(**{f"ce_{name}": b""}))
    for value in (None, "", 1, True, ["x"]):
        with pytest.raises(BadEvent, match=name):
            read(STRUCTURED, structured(**{name: value}))


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(binary(ce_specversion=b"0.3"), id="version 0.3"),
        pytest.param(binary(ce_specversion=b"1.1"), id="a version to come"),
        pytest.param(binary(ce_type=b"com.example.other"), id="another type"),
        pytest.param(binary(ce_cluster_name=b"x"), id="a dash in a name"),
        pytest.param([*binary(), (b"ce-cluster_name", b"x")], id="an underscore in a name"),
        pytest.param([*binary(), (b"ce-", b"x")], id="no name"),
        pytest.param([*binary(), (b"ce-r\xe8gle", b"x")], id="a name beyond ASCII"),
        pytest.param([*binary(), (b"ce-data", b"x")], id="data as a header"),
        pytest.param([*binary(), (b"ce-id", b"2")], id="two ids"),
        pytest.param(binary(ce_rule=b"\xff"), id="no UTF-8"),
        pytest.param(binary(ce_rule=b"a%0Ab"), id="an encoded line break"),
        pytest.param(binary(ce_rule=b"a\x7fb"), id="a control character"),
        pytest.param(binary(ce_subject=b""), id="an empty subject"),
    ],
)
def test_headers_that_make_no_event_are_refused(headers: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(BadEvent):
        read(headers)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'"x"', id="a text"),
        pytest.param(structured(**{"Upper": "x"}), id="an upper-case name"),
        pytest.param(structured(**{"a\n": "x"}), id="a name with a line break"),
        pytest.param(structured(**{"a b": "x"}), id="a name with a space"),
        pytest.param(structured(extension={"a": 1}), id="an object for an extension"),
        pytest.param(structured(extension=[1]), id="a list for an extension"),
        pytest.param(structured(extension="a\u0085b"), id="a control character"),
        pytest.param(structured(time=5), id="a number for a time"),
        pytest.param(structured(data=None), id="no data"),
        pytest.param(structured(data="text"), id="text for data"),
        pytest.param(structured(data=None, data_base64="%"), id="no base64"),
        pytest.param(structured(data=None, data_base64=5), id="a number for base64"),
        pytest.param(structured(data_base64=base64.b64encode(b"{}").decode()), id="data twice"),
        pytest.param(structured(data=None, data_base64=base64.b64encode(b"{").decode()), id="no JSON in base64"),
    ],
)
def test_documents_that_make_no_event_are_refused(body: bytes) -> None:
    with pytest.raises(BadEvent):
        read(STRUCTURED, body)


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/cloudevents+json"])
def test_data_of_another_kind_is_refused(content_type: str) -> None:
    with pytest.raises(UnsupportedContent):
        read(STRUCTURED, structured(datacontenttype=content_type))


def test_data_may_come_as_base64_of_json() -> None:
    encoded = base64.b64encode(sidekick.body(E02)).decode()
    document = read(STRUCTURED, structured(data=None, data_base64=encoded))
    assert document["data"] == E02
    assert "data_base64" not in document


def test_null_is_the_same_as_absent() -> None:
    assert "subject" not in read(STRUCTURED, structured(subject=None))


def test_extensions_keep_their_types() -> None:
    document = read(STRUCTURED, structured(number=5, flag=True, text="x"))
    assert (document["number"], document["flag"], document["text"]) == (5, True, "x")


@pytest.mark.parametrize(
    "content_type", [b"application/json", b"APPLICATION/JSON ; charset=UTF-8", b"application/foo+json"]
)
def test_json_has_several_names(content_type: bytes) -> None:
    assert read(binary(content_type=content_type))["data"] == E02


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"rule": ""}, id="an empty rule"),
        pytest.param({"rule": None}, id="no rule"),
        pytest.param({"priority": 3}, id="a number for a priority"),
        pytest.param({"output_fields": []}, id="a list of fields"),
        pytest.param({"time": "yesterday"}, id="no time"),
    ],
)
def test_json_that_is_not_falcos_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadEvent):
        read([(b"content-type", b"application/json")], json.dumps({**E02, **change}).encode())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
attribute_names = st.sampled_from(["id", "source", "type", "specversion", "time", "data", "data_base64", "subject"])


@given(
    documents=st.lists(
        st.dictionaries(attribute_names | st.text(max_size=5), json_values | st.just(sidekick.TYPE) | st.just("1.0")),
        max_size=3,
    )
)
def test_no_document_leads_to_anything_but_events_or_a_refusal(documents: list[dict[str, Any]]) -> None:
    try:
        result = events.read(BATCHED, json.dumps(documents).encode(), cluster="prod")
    except Refusal:
        return
    assert [event.attributes["cluster"] for event in result] == ["prod"] * len(documents)


@given(
    headers=st.lists(
        st.tuples(st.sampled_from([b"ce-id", b"ce-time", b"ce-x", b"content-type", b"content-encoding"]), st.binary()),
        max_size=4,
    ),
    body=st.binary() | st.just(sidekick.body(E02)),
)
def test_no_request_leads_to_anything_but_events_or_a_refusal(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    try:
        events.read([*binary(), *headers], body, cluster="prod")
    except Refusal:
        return
