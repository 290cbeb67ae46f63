"""The credential that git gets for the remote, as the remote receives it."""

import base64
from dataclasses import replace

import pytest

from responder.errors import GitFailed
from responder.publish.git import Git
from tests.actions.conftest import NewRemote, command
from tests.actions.http_server import Answer, HttpServer, Request

BASIC = f"Basic {base64.b64encode(b'x-access-token:t0ken').decode()}"


@pytest.fixture
def git(new_remote: NewRemote) -> Git:
    return replace(new_remote({"a": b"1"}).checkout(), token="t0ken", time_limit=30)


def fetch(git: Git, path: str = "/acme/state.git") -> tuple[Request, str]:
    """Fetch from a server that refuses; return the request that it got, and the error."""
    with HttpServer.start(Answer(status=403)) as server:
        command("git", "remote", "set-url", "origin", f"http://127.0.0.1:{server.port}{path}", cwd=git.root)
        key = f"http.http://127.0.0.1:{server.port}/.extraheader"
        command("git", "config", key, "Authorization: Basic b2xkOm9sZA==", cwd=git.root)  # as actions/checkout does
        with pytest.raises(GitFailed) as error:
            git.reset_to_tip("main")
    return server.requests[0], str(error.value)


def test_the_token_replaces_the_header_that_actions_checkout_leaves(git: Git) -> None:
    request, _ = fetch(git)
    assert request.header_values("authorization") == [BASIC]


def test_without_a_token_the_header_of_actions_checkout_stays(git: Git) -> None:
    request, _ = fetch(replace(git, token=""))
    assert request.header_values("authorization") == ["Basic b2xkOm9sZA=="]


def test_the_token_is_neither_in_an_error_nor_in_the_checkout(git: Git) -> None:
    _, error = fetch(git, "/t0ken.git")
    assert "t0ken" not in error
    assert "***" in error
    assert "t0ken" not in (git.root / ".git" / "config").read_text().replace("/t0ken.git", "")
    assert BASIC not in (git.root / ".git" / "config").read_text()
    assert "t0ken" not in repr(git)


def test_the_address_of_the_remote_is_known_without_its_credentials(git: Git) -> None:
    command("git", "remote", "set-url", "origin", "https://x:s3cret@github.example/acme/state", cwd=git.root)
    assert git.remote_url == "https://github.example/acme/state"
