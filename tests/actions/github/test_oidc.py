"""The run's own identity, from a stand-in for GitHub's issuer."""

import pytest

from responder.errors import NoIdentity
from responder.github.oidc import IdentityProvider
from responder.http_client import HttpClient
from tests.actions.http_server import Answer, HttpServer
from tests.issuer import Issuer


def provider(url: str, bearer: str = "b") -> IdentityProvider:
    return IdentityProvider(url=url, bearer=bearer, http=HttpClient(), time_limit=2)


def test_a_token_is_for_the_audience_that_was_asked_for() -> None:
    with Issuer().serve() as issuer:
        token = provider(issuer.url, issuer.bearer).mint("a b&c=d")
    assert token == issuer.minted[0]
    assert issuer.verify(f"Bearer {token}", "a b&c=d")


@pytest.mark.parametrize(
    "missing", [pytest.param(("", "b"), id="no address"), pytest.param(("http://127.0.0.1:9/x", ""), id="no bearer")]
)
def test_a_job_without_the_permission_learns_what_to_give_it(missing: tuple[str, str]) -> None:
    with pytest.raises(NoIdentity, match="id-token: write"):
        provider(*missing).mint("x")


@pytest.mark.parametrize("status", [500, 403])
def test_an_issuer_that_refuses_is_named_by_its_answer(status: int) -> None:
    with Issuer(status=status).serve() as issuer, pytest.raises(NoIdentity, match=f"answer {status}"):
        provider(issuer.url, issuer.bearer).mint("x")


def test_an_issuer_that_is_away_is_no_identity() -> None:
    with pytest.raises(NoIdentity, match="ConnectionRefusedError"):
        provider("http://127.0.0.1:9/x").mint("x")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>", id="not JSON"),
        pytest.param(b"[]", id="not an object"),
        pytest.param(b"{}", id="no value"),
        pytest.param(b'{"value": 1}', id="a number"),
        pytest.param(b"[" * 60_000, id="too deep"),
        pytest.param(b'{"value": "' + b"x" * 70_000 + b'"}', id="too long"),
    ],
)
def test_an_answer_that_holds_no_token_is_no_identity(body: bytes) -> None:
    with HttpServer.start(Answer(body=body)) as server, pytest.raises(NoIdentity, match="no identity token"):
        provider(server.url).mint("x")


def test_an_issuer_that_drips_does_not_hold_the_run() -> None:
    with HttpServer.start(Answer(drip=True)) as server:
        slow = IdentityProvider(url=server.url, bearer="b", http=HttpClient(), time_limit=0.3)
        with pytest.raises(NoIdentity, match=r"within 0\.3 seconds"):
            slow.mint("x")


def test_secrets_are_not_in_the_repr() -> None:
    assert "s3cret" not in repr(provider("https://s3cret.example", "s3cret"))
