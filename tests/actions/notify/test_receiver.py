"""The call of a Flux receiver, over a socket, against a stand-in that checks what Flux checks."""

import socket

import pytest

from responder.errors import BadInput
from responder.notify import receiver as flux
from tests.receiver import Receiver

TOKEN = "the-receiver-token"


def notify(receiver: flux.Receiver) -> tuple[flux.Notice, list[float]]:
    pauses: list[float] = []
    return flux.notify(receiver, {"commit": "2cad872"}, sleep=pauses.append), pauses


@pytest.mark.parametrize("kind", ["generic", "generic-hmac", "github"])
def test_flux_accepts_the_call(kind: str) -> None:
    with Receiver.start(type=kind, token=TOKEN) as receiver:
        notice, pauses = notify(flux.Receiver(url=receiver.url, type=kind, token=TOKEN))
        assert (notice.status, notice.delivered, pauses) == (200, True, [])
        assert receiver.calls[0].body == b'{"commit": "2cad872"}'


def test_a_wrong_token_is_said_and_not_tried_again() -> None:
    with Receiver.start(type="generic-hmac", token=TOKEN) as receiver:
        notice, pauses = notify(flux.Receiver(url=receiver.url, type="generic-hmac", token="another"))
        assert (notice.status, pauses) == (400, [])
        assert "receiver-token" in notice.detail


@pytest.mark.parametrize("suffix", ["/", "?x=1", "0"])
def test_an_address_that_is_not_the_receivers_to_the_letter_is_said(suffix: str) -> None:
    with Receiver.start(type="generic", token=TOKEN) as receiver:
        notice, pauses = notify(flux.Receiver(url=receiver.url + suffix, type="generic"))
        assert (notice.status, pauses) == (404, [])
        assert ".status.webhookPath" in notice.detail


def test_flux_that_is_not_ready_is_called_again() -> None:
    with Receiver.start(type="generic", token=TOKEN, scripted=[503, 500]) as receiver:
        notice, pauses = notify(flux.Receiver(url=receiver.url, type="generic"))
        assert (notice.delivered, len(pauses), len(receiver.calls)) == (True, 2, 3)


def test_flux_that_never_gets_ready_is_given_up_on() -> None:
    with Receiver.start(type="generic", token=TOKEN, scripted=[503] * 9) as receiver:
        notice, pauses = notify(flux.Receiver(url=receiver.url, type="generic"))
        assert (notice.status, len(receiver.calls)) == (503, len(pauses) + 1)
        assert "suspended" in notice.detail


def test_no_answer_is_a_notice_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    notice, pauses = notify(flux.Receiver(url=f"http://127.0.0.1:{port}/hook/1", type="generic"))
    assert notice.status is None
    assert pauses


def test_a_receiver_that_signs_needs_its_token() -> None:
    with pytest.raises(BadInput, match="receiver-token"):
        flux.Receiver(url="https://flux.example/hook/1", type="generic-hmac")


def test_an_address_that_is_none_is_bad_input_and_not_shown() -> None:
    with pytest.raises(BadInput) as error:
        flux.Receiver(url="flux.example/hook/s3cret", type="generic")
    assert "s3cret" not in str(error.value)


def test_secrets_are_not_in_the_repr() -> None:
    receiver = flux.Receiver(url="https://flux.example/hook/s3cret", type="generic-hmac", token="t0ken")
    assert "s3cret" not in repr(receiver)
    assert "t0ken" not in repr(receiver)
