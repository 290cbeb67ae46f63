"""The call of a Flux receiver, over a socket, against a stand-in that checks what Flux checks."""

import base64
import socket
from collections.abc import Callable

import pytest

from responder.errors import BadInput
from responder.http_client import HttpClient
from responder.notify.receiver import CallResult, Receiver, ReceiverCaller
from tests.actions.http_server import Answer, HttpServer
from tests.receiver import FluxReceiver

TOKEN = "the-receiver-token"

Call = Callable[[Receiver], CallResult]


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def call(pauses: list[float]) -> Call:
    caller = ReceiverCaller(http=HttpClient(), time_limit=5, sleep=pauses.append)
    return lambda receiver: caller.call(receiver, {"commit": "2cad872"})


@pytest.mark.parametrize("kind", ["generic", "generic-hmac", "github"])
def test_flux_accepts_the_call(call: Call, pauses: list[float], kind: str) -> None:
    with FluxReceiver.start(type=kind, token=TOKEN) as receiver:
        result = call(Receiver(url=receiver.url, type=kind, token=TOKEN))
        assert (result.status, result.is_delivered, pauses) == (200, True, [])
        assert receiver.calls[0].body == b'{"commit": "2cad872"}'


def test_a_wrong_token_is_named_and_not_tried_again(call: Call, pauses: list[float]) -> None:
    with FluxReceiver.start(type="generic-hmac", token=TOKEN) as receiver:
        result = call(Receiver(url=receiver.url, type="generic-hmac", token="another"))
    assert (result.status, result.is_delivered, pauses) == (400, False, [])
    assert "receiver-token" in result.detail


@pytest.mark.parametrize("suffix", ["/", "?x=1", "0"])
def test_an_address_that_is_not_the_receivers_to_the_letter_is_named(
    call: Call, pauses: list[float], suffix: str
) -> None:
    with FluxReceiver.start(type="generic", token=TOKEN) as receiver:
        result = call(Receiver(url=receiver.url + suffix, type="generic"))
    assert (result.status, pauses) == (404, [])
    assert ".status.webhookPath" in result.detail


def test_flux_that_is_not_ready_is_called_again(call: Call, pauses: list[float]) -> None:
    with FluxReceiver.start(type="generic", token=TOKEN, scripted=[503, 500]) as receiver:
        assert call(Receiver(url=receiver.url, type="generic")).is_delivered
        assert (pauses, len(receiver.calls)) == ([1.0, 3.0], 3)


def test_flux_that_never_gets_ready_is_given_up_on(call: Call, pauses: list[float]) -> None:
    with FluxReceiver.start(type="generic", token=TOKEN, scripted=[503] * 9) as receiver:
        result = call(Receiver(url=receiver.url, type="generic"))
        assert (result.status, pauses, len(receiver.calls)) == (503, [1.0, 3.0, 9.0], 4)
    assert "suspended" in result.detail


def test_no_answer_is_a_result_too(call: Call, pauses: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    result = call(Receiver(url=f"http://127.0.0.1:{port}/hook/1", type="generic"))
    assert (result.status, result.detail) == (None, "no answer (ConnectionRefusedError)")
    assert pauses == [1.0, 3.0, 9.0]


@pytest.mark.parametrize(
    ("status", "detail"),
    [
        pytest.param(202, "event server", id="the event server"),
        pytest.param(302, "an unexpected answer", id="a redirect"),
        pytest.param(401, "a user and a password", id="an ingress"),
        pytest.param(413, "too large", id="too large"),
        pytest.param(418, "an unexpected answer", id="another"),
    ],
)
def test_an_answer_that_is_final_says_what_it_means(call: Call, pauses: list[float], status: int, detail: str) -> None:
    elsewhere = (("Location", "http://127.0.0.1:9/elsewhere"),)
    with HttpServer.start(Answer(status=status, headers=elsewhere)) as server:
        result = call(Receiver(url=server.url, type="generic"))
    assert (result.status, result.is_delivered, pauses, len(server.requests)) == (status, False, [], 1)
    assert detail in result.detail


def test_a_receiver_that_drips_does_not_hold_the_run() -> None:
    caller = ReceiverCaller(http=HttpClient(), time_limit=0.2, sleep=lambda _: None)
    with HttpServer.start(Answer(drip=True)) as server:
        result = caller.call(Receiver(url=server.url, type="generic"), {})
    assert (result.status, result.detail) == (None, "no whole answer within 0.2 seconds")


def test_a_user_and_a_password_in_the_address_are_for_what_stands_before_flux(call: Call) -> None:
    with HttpServer.start(Answer()) as server:
        url = server.url.replace("http://", "http://us%40er:p%3Ass@")
        assert call(Receiver(url=url, type="generic-hmac", token=TOKEN)).is_delivered
    (request,) = server.requests
    assert request.headers["authorization"] == f"Basic {base64.b64encode(b'us@er:p:ss').decode()}"
    assert request.target == "/a/path?b=c"
    assert "us" not in request.headers["host"]


def test_an_identity_needs_the_header_that_a_user_and_a_password_need() -> None:
    with pytest.raises(BadInput, match="generic-oidc"):
        Receiver(url="https://user:s3cret@flux.example/hook/1", type="generic-oidc")


@pytest.mark.parametrize("kind", ["generic-hmac", "github"])
def test_a_receiver_that_signs_needs_its_token(kind: str) -> None:
    with pytest.raises(BadInput, match="receiver-token"):
        Receiver(url="https://flux.example/hook/1", type=kind)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("flux.example/hook/s3cret", id="no scheme"),
        pytest.param("ftp://flux.example/hook/s3cret", id="another scheme"),
        pytest.param("https:///hook/s3cret", id="no host"),
        pytest.param("https://flux.example:s3cret/hook", id="no port"),
        pytest.param("https://[s3cret/hook", id="half an IPv6 address"),
    ],
)
def test_an_address_that_is_none_is_bad_input_and_not_shown(url: str) -> None:
    with pytest.raises(BadInput) as error:
        Receiver(url=url, type="generic")
    assert "s3cret" not in str(error.value)
    assert error.value.__context__ is None


def test_secrets_are_not_in_the_repr() -> None:
    receiver = Receiver(url="https://flux.example/hook/s3cret", type="generic-hmac", token="t0ken")
    assert "s3cret" not in repr(receiver)
    assert "t0ken" not in repr(receiver)
