"""A receiver that answers with hostile text, or with more of it than fits: nothing of that is shown or followed."""

from pathlib import Path

import pytest

from responder.http_client import HttpClient
from responder.notify.notifications import Notification
from responder.notify.receiver import Receiver, ReceiverCaller
from tests.actions.active_text import HOSTILE, acts, acts_in_markdown
from tests.actions.conftest import NewRemote
from tests.actions.http_server import Answer, HttpServer
from tests.actions.runs import ALPINE, Responder, shell

CANARY = "canary-of-the-receiver"
TEXT = f"\x1b[31m{CANARY}\x1b[0m ::error::{CANARY} ::add-mask::{CANARY} | {CANARY} {HOSTILE}".encode()
LINE = TEXT.replace(b"\n", b" ")
TEN_MEGABYTES = 10_000_000
ANSWERS = {
    "a success": Answer(body=TEXT),
    "a body": Answer(status=400, body=TEXT),
    "a body, again and again": Answer(status=500, body=TEXT),
    "a reason": Answer(raw=b"HTTP/1.1 400 " + LINE + b"\r\nContent-Length: 0\r\n\r\n"),
    "a status": Answer(raw=b"HTTP/1.1 " + LINE + b" 400\r\nContent-Length: 0\r\n\r\n"),
    "a version": Answer(raw=LINE + b" 400 x\r\nContent-Length: 0\r\n\r\n"),
    "headers": Answer(status=403, headers=(("X-Error", LINE.decode()), (f"X-{CANARY}", "1"))),
    "a redirect": Answer(status=302, headers=(("Location", f"http://127.0.0.1:9/{CANARY}/::error::{CANARY}"),)),
    "a challenge": Answer(status=401, headers=(("WWW-Authenticate", f'Basic realm="{CANARY}"'),)),
    "a length": Answer(raw=b"HTTP/1.1 200 X\r\nContent-Length: " + LINE + b"\r\n\r\n" + TEXT),
    "a chunk": Answer(raw=b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n" + LINE + b"\r\n"),
    "no HTTP": Answer(raw=b"\x00\xff::error::" + TEXT),
    "10 MB of body": Answer(status=400, body=TEXT.ljust(TEN_MEGABYTES, b"x")),
    "10 MB of headers": Answer(raw=b"HTTP/1.1 400 X\r\n" + b"X-Error: x\r\n" * (TEN_MEGABYTES // 12)),
    "10 MB of one header": Answer(raw=b"HTTP/1.1 400 X\r\nX: " + b"x" * TEN_MEGABYTES),
    "10 MB of a reason": Answer(raw=b"HTTP/1.1 400 ".ljust(TEN_MEGABYTES, b"x")),
    "10 MB in chunks": Answer(
        raw=b"HTTP/1.1 400 X\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"3e8\r\n" + b"x" * 1000 + b"\r\n") * 10_000
    ),
}
answers = pytest.mark.parametrize("answer", [pytest.param(answer, id=name) for name, answer in ANSWERS.items()])


@answers
def test_text_of_a_receiver_does_nothing(answer: Answer) -> None:
    caller = ReceiverCaller(http=HttpClient(), time_limit=20, sleep=lambda _: None)
    with HttpServer.start(answer) as server:
        result = caller.call(Receiver(url=server.url, type="generic"), {})
    assert result.is_delivered is (answer is ANSWERS["a success"])
    message = str(Notification(cluster="prod", result=result))
    assert len(message) < 400
    assert message.isprintable()
    assert CANARY not in message
    assert acts(message) == []


@pytest.mark.parametrize("name", ["a success", "a body", "headers", "a redirect", "a challenge"])
def test_a_run_shows_nothing_that_a_receiver_says(new_remote: NewRemote, tmp_path: Path, name: str) -> None:
    responder = Responder(new_remote({"alpine.yaml": ALPINE}), tmp_path)
    with HttpServer.start(ANSWERS[name]) as server:
        result = responder.dispatch(shell(), verify="off", receiver_url=server.url, receiver_type="generic")
        assert len(server.requests) == 1
    assert result.code == 0
    texts = (result.log, result.summary, *result.outputs.values())
    assert [text for text in texts if CANARY in text or "\x1b" in text or server.url in text] == []
    summary = result.summary.replace(result.outputs["commit"][:12], "ours")
    assert acts_in_markdown(summary, links="https://github.example/") == []
    assert len(result.log) + len(result.summary) < 20_000
