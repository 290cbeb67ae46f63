"""Pasted texts, whole and broken, as single documents."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.errors import BadEvent, BadInput
from responder.falco import cloudevent, pasted, run_event
from responder.falco.event import Event
from tests import sidekick

FALCO = sidekick.falco_events()
E02 = FALCO["E02"]
SENT = sidekick.cloudevent(E02, event_id="1")


def test_a_text_of_the_limit_is_read() -> None:
    assert pasted.documents("7".ljust(pasted.LIMIT)) == [7]


def test_a_text_beyond_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadInput, match=r"1,048,577 characters; the limit is 1,048,576"):
        run_event.documents({}, "[" * (pasted.LIMIT + 1))


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
    parsed = cloudevent.parse_all(run_event.documents({}, pasted))
    assert [type(event) for event in parsed] == [Event, BadEvent, Event]


def test_a_broken_text_is_one_bad_event_and_not_one_a_line() -> None:
    parsed = cloudevent.parse_all(run_event.documents({}, json.dumps(E02, indent=2)[:-3]))
    assert [type(event) for event in parsed] == [BadEvent]
    assert "at line 17, column" in str(parsed[0])


LINE = json.dumps(E02)
PRETTY = json.dumps(E02, indent=2)
DOCKER = json.dumps({"log": f"{LINE}\n", "stream": "stdout", "time": "2025-11-26T12:33:25.1Z"})
CRI = "2025-11-26T12:33:25.123456789+00:00 stdout"
STARTUP = [
    "Wed Nov 26 12:33:25 2025: Falco version: 0.42.0 (x86_64)",
    "Wed Nov  5 12:33:25 2025: Loading rules from:",
    "   /etc/falco/falco_rules.yaml | schema validation: ok",
    "2025-11-26T12:33:25+0000: Opening 'syscall' source with modern BPF probe.",
    "2025/11/26 12:33:25 [INFO]  : Falcosidekick version: 2.32.0",
]


@pytest.mark.parametrize(
    ("text", "events"),
    [
        pytest.param(f"{CRI} F {LINE}", 1, id="a line of a container runtime"),
        pytest.param(f"{CRI} F {LINE}\n{CRI} F {LINE}\r\n", 2, id="lines of a container runtime"),
        pytest.param(f"{CRI} P {LINE[:80]}\n{CRI} P {LINE[80:90]}\n{CRI} F {LINE[90:]}", 1, id="a line in parts"),
        pytest.param(f"{CRI} P {LINE}", 1, id="a part without its end"),
        pytest.param(f"[pod/falco-x7x9z/falco] {LINE}\n[pod/falco-b2b4c/falco] {LINE}", 2, id="kubectl logs --prefix"),
        pytest.param(f"2025-11-26T12:33:25.1Z {LINE}", 1, id="kubectl logs --timestamps"),
        pytest.param(f"[pod/falco-x/falco] 2025-11-26T12:33:25.1Z {LINE}", 1, id="kubectl logs with both"),
        pytest.param(DOCKER, 1, id="one line of Docker"),
        pytest.param(f"{DOCKER}\n{DOCKER}\n", 2, id="lines of Docker"),
        pytest.param(
            f"{json.dumps({'log': LINE[:80], 'stream': 'stdout'})}\n{json.dumps({'log': LINE[80:] + chr(10)})}",
            1,
            id="a line of Docker in parts",
        ),
        pytest.param(f"{LINE}{LINE}", 2, id="objects on one line"),
        pytest.param(f"{LINE},\n{LINE},\n", 2, id="objects with commas"),
        pytest.param(PRETTY, 1, id="one over several lines"),
        pytest.param(f"{PRETTY}\n{PRETTY}", 2, id="several over several lines"),
        pytest.param(f"{PRETTY}\n{LINE}\n\n{PRETTY}", 3, id="both ways"),
        pytest.param("\n".join(f"{CRI} F {line}" for line in PRETTY.split("\n")), 1, id="a runtime, several lines"),
        pytest.param("\n".join([*STARTUP, LINE, *STARTUP, LINE]), 2, id="beside lines of a start"),
        pytest.param("\n".join(f"{CRI} F {line}" for line in [*STARTUP, LINE]), 1, id="a start in a runtime's log"),
        pytest.param(
            "\n".join(f"[pod/falco-x7x9z/falco] {line}" for line in [*STARTUP, LINE]), 1, id="a start with --prefix"
        ),
        pytest.param(f"[{LINE}]\n{LINE}", 2, id="an array and an object"),
    ],
)
def test_events_are_read_as_people_copy_them(text: str, events: int) -> None:
    parsed = cloudevent.parse_all(run_event.documents({}, text))
    assert parsed == [cloudevent.parse(E02)] * events


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        pytest.param(f"{LINE[:-9]}\n{LINE}", [BadEvent, Event], id="one that was cut"),
        pytest.param(f"{LINE}\n{PRETTY[:-9]}", [Event, BadEvent], id="one over several lines that was cut"),
        pytest.param(f"{PRETTY[:-9]}\n{LINE}", [BadEvent, Event], id="the first was cut"),
        pytest.param(f"{LINE}\n12:33:25.1: Notice A shell", [Event, BadEvent], id="Falco's text without JSON"),
        pytest.param("\n".join(STARTUP), [BadEvent], id="nothing but a start"),
        pytest.param(f"Wed Nov 26 12:33:25 2025: {LINE[:-9]}\n{LINE}", [BadEvent, Event], id="a cut one with a time"),
    ],
)
def test_what_is_left_of_an_event_is_a_bad_event(text: str, kinds: list[type]) -> None:
    assert [type(event) for event in cloudevent.parse_all(run_event.documents({}, text))] == kinds


@pytest.mark.parametrize("line", ['{"a":\n', '{"a":[1,\n', "[\n", "{\n", '{"a\n', '{"log":"\n'])
def test_a_text_that_is_made_to_take_long_is_soon_read(line: str) -> None:
    """Each line could begin an object to the end of the text; without a limit this takes minutes."""
    assert pasted.documents((line * pasted.LIMIT)[: pasted.LIMIT - len(LINE) - 1] + "\n" + LINE)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parsed = cloudevent.parse_all(run_event.documents({}, text))
    except BadInput:
        stripped = text.strip("\ufeff \t\r\n")
        assert not stripped or json.loads(stripped) == []
    else:
        assert parsed
