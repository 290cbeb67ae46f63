"""`falco-dispatch replay`: which samples it reads, what it posts, and what it says of the answers."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from falco_dispatch.__main__ import main
from falco_dispatch.replay.posting import Relay, RelayUnreachable
from falco_dispatch.replay.samples import BadSamples, read_samples

FALCO = {"rule": "Terminal shell in container", "priority": "Notice", "output_fields": {}}
CLOUDEVENT = {"specversion": "1.0", "id": "a", "source": "s", "type": "falco.rule.output.v1", "data": FALCO}
Answer = Callable[[httpx.Request], httpx.Response]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps([FALCO, CLOUDEVENT]), id="an array"),
        pytest.param(json.dumps([FALCO, CLOUDEVENT], indent=2), id="an array over several lines"),
        pytest.param(f"{json.dumps(FALCO)}\n\n{json.dumps(CLOUDEVENT)}\n", id="a line each"),
        pytest.param(f"{json.dumps([FALCO])}\n{json.dumps([CLOUDEVENT])}\n", id="arrays, a line each"),
        pytest.param(
            f"Thu Jun 13 19:35:58 2024: Falco version: 0.41.0\n{json.dumps(FALCO)}\n{json.dumps(CLOUDEVENT)}\n",
            id="a log of Falco",
        ),
    ],
)
def test_the_events_of_a_file_are_read(text: str) -> None:
    samples = read_samples("day.jsonl", text)
    assert [sample.event for sample in samples] == [FALCO, CLOUDEVENT]
    assert [str(sample) for sample in samples] == ["day.jsonl, event 1", "day.jsonl, event 2"]
    assert [sample.content_type for sample in samples] == ["application/json", "application/cloudevents+json"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "day.jsonl holds no event", id="empty"),
        pytest.param("hello", "day.jsonl, event 1 is not a JSON object: hello", id="no JSON"),
        pytest.param("[1]", "day.jsonl, event 1 is not a JSON object: 1", id="no object"),
        pytest.param(f"{json.dumps(FALCO)}\n\x1b[2J", r"event 2 is not a JSON object: \x1b[2J", id="hostile text"),
        pytest.param(" " * 1_048_577, "split -l 500 day.jsonl", id="too long"),
    ],
)
def test_what_is_no_event_is_named(text: str, message: str) -> None:
    with pytest.raises(BadSamples) as error:
        read_samples("day.jsonl", text)
    assert message in str(error.value)


def relay(answer: Answer, url: str = "http://x:secret@relay:8080/") -> Relay:
    return Relay(httpx.Client(transport=httpx.MockTransport(answer)), url)


def acceptance() -> httpx.Response:
    return httpx.Response(202, json={"accepted": 1, "coalesced": 0, "ignored": 0})


def test_an_accepted_event_is_counted() -> None:
    target = relay(lambda _: acceptance())
    refusals = [target.post(sample) for sample in read_samples("f", json.dumps([FALCO, FALCO]))]
    assert refusals == [None, None]
    assert target.counts == {"accepted": 2, "coalesced": 0, "ignored": 0}


def test_a_refusal_is_what_the_relay_says() -> None:
    answer = httpx.Response(400, json={"error": "bad event", "detail": "no rule"})
    (sample,) = read_samples("f", json.dumps(FALCO))
    assert relay(lambda _: answer).post(sample) == "400 bad event: no rule"


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("Connection refused", request=request)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(unreachable, "no relay at http://relay:8080/: Connection refused", id="nobody listens"),
        pytest.param(lambda _: httpx.Response(200, text="<html>"), "with 200 is no relay", id="a page"),
        pytest.param(lambda _: httpx.Response(404, json={}), "with 404 is no relay", id="another service"),
        pytest.param(lambda _: httpx.Response(202, json=[]), "with 202 is no relay", id="another answer"),
    ],
)
def test_what_is_no_relay_is_an_error_without_the_password(answer: Answer, message: str) -> None:
    (sample,) = read_samples("f", json.dumps(FALCO))
    with pytest.raises(RelayUnreachable) as error:
        relay(answer).post(sample)
    assert message in str(error.value)
    assert "secret" not in str(error.value)


def test_a_token_file_becomes_the_bearer() -> None:
    with Relay.open("http://relay/", token="t") as target:
        assert target._client.headers["Authorization"] == "Bearer t"
    with Relay.open("http://relay/", token=None) as target:
        assert "Authorization" not in target._client.headers


@pytest.fixture
def sample_file(tmp_path: Path) -> str:
    path = tmp_path / "falco.json"
    path.write_text(json.dumps(FALCO))
    return str(path)


def test_the_other_events_are_posted_after_a_refusal(
    sample_file: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = iter([httpx.Response(400, json={"error": "bad event", "detail": "no rule"}), acceptance()])
    target = relay(lambda _: next(answers))
    monkeypatch.setattr("falco_dispatch.commands.replay.Relay.open", lambda *_, **__: _Opened(target))
    assert main(["replay", sample_file, sample_file]) == 1
    output, errors = capsys.readouterr()
    assert output == "2 events: 1 accepted, 0 coalesced, 0 ignored, 1 refused\n"
    assert errors == f"falco-dispatch replay: {sample_file}, event 1: 400 bad event: no rule\n"


class _Opened:
    """A context manager that yields a relay."""

    def __init__(self, target: Relay) -> None:
        self._target = target

    def __enter__(self) -> Relay:
        return self._target

    def __exit__(self, *_: object) -> None:
        pass


def test_nothing_is_posted_if_a_file_cannot_be_read(
    sample_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", sample_file, str(tmp_path / "absent.json")]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert "No such file or directory" in errors


def test_a_relay_that_is_not_there_is_a_failure(sample_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", sample_file, "--to", "http://127.0.0.1:9/"]) == 1
    assert "no relay at http://127.0.0.1:9/" in capsys.readouterr().err
