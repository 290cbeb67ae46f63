"""Tokens of a GitHub App and of a token service, minted over real sockets."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from relay.errors import NoToken
from relay.github.app_token import AppToken, check_key
from relay.github.sts import TokenExchange
from relay.settings import Settings
from tests import sidekick
from tests.localhub import Hub
from tests.localhub.apps import App
from tests.relay.serving import serving, until

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
REPOSITORY = "acme/desired-state"
E02 = sidekick.falco_events()["E02"]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with Hub.start(tmp_path_factory.mktemp("hub"), action_source=ROOT) as started:
        started.create_repository(REPOSITORY, files={"README.md": b"desired\n"})
        yield started


@pytest.fixture
def app(hub: Hub) -> App:
    return hub.create_app(REPOSITORY, permissions={"contents": "write", "actions": "write", "metadata": "read"})


def minting(client: httpx.AsyncClient, app: App, **changed: Any) -> AppToken:
    arguments: dict[str, Any] = {
        "app_id": app.id,
        "private_key": app.private_key,
        "repository": REPOSITORY,
        "permissions": {"actions": "write"},
    }
    return AppToken(client, **{**arguments, **changed})


async def test_a_token_is_for_the_one_repository_and_the_one_permission(hub: Hub, app: App) -> None:
    async with httpx.AsyncClient(base_url=hub.api_url) as client:
        minted = await minting(client, app).mint()
    assert minted.permissions == {"actions": "write"}
    assert 3590 < minted.seconds <= 3601
    assert [(token.repository, token.permissions) for token in app.minted] == [(REPOSITORY, {"actions": "write"})]


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        pytest.param({"app_id": "Iv23other"}, "check RELAY_GITHUB_APP_ID", id="another App's id"),
        pytest.param({"now": lambda: time.time() + 7200}, "this machine's clock", id="a clock that is ahead"),
        pytest.param({"now": lambda: time.time() - 7200}, "this machine's clock", id="a clock that is behind"),
        pytest.param({"repository": "acme/other"}, "install the App", id="not installed there"),
        pytest.param({"permissions": {"workflows": "write"}}, "workflows: write", id="a permission it has not"),
    ],
)
async def test_what_keeps_an_app_from_a_token_is_said(hub: Hub, app: App, change: dict[str, Any], hint: str) -> None:
    async with httpx.AsyncClient(base_url=hub.api_url) as client:
        with pytest.raises(NoToken) as caught:
            await minting(client, app, **change).mint()
    assert hint in (caught.value.hint or "")
    assert app.private_key not in f"{caught.value} {caught.value.hint}"


async def test_a_github_that_is_away_is_no_token() -> None:
    async with httpx.AsyncClient(base_url="http://127.0.0.1:9") as client:
        with pytest.raises(NoToken, match="not reached"):
            await minting(client, App(repository=REPOSITORY)).mint()


@pytest.mark.parametrize("key", ["", "hush", "-----BEGIN RSA PRIVATE KEY-----\nhush\n-----END RSA PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused_without_quoting_it(key: str) -> None:
    with pytest.raises(ValueError, match="not a private RSA key") as caught:
        check_key(key)
    assert "hush" not in str(caught.value)


async def test_an_app_that_was_installed_again_is_found_again(app: App) -> None:
    installations = iter([1, 2])
    removed = "/app/installations/1/access_tokens"
    expiry = {"token": "t", "expires_at": "2100-01-01T00:00:00Z"}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"id": next(installations)})
        return httpx.Response(404) if request.url.path == removed else httpx.Response(201, json=expiry)

    async with httpx.AsyncClient(base_url="https://github.example", transport=httpx.MockTransport(answer)) as client:
        minter = minting(client, app)
        with pytest.raises(NoToken):
            await minter.mint()
        assert (await minter.mint()).token == "t"


@dataclass
class TokenService:
    """A service that exchanges one identity's token for one that the local GitHub knows."""

    token: str
    url: str = ""
    scopes: list[tuple[str, str, str]] = field(default_factory=list)

    def answer(self, path: str, authorization: str) -> tuple[int, bytes]:
        query = parse_qs(urlsplit(path).query)
        self.scopes.append((query["scope"][0], query["identity"][0], authorization))
        if urlsplit(path).path != "/sts/exchange" or query["identity"] != ["relay"]:
            return 404, b'{"message": "unable to find trust policy"}'
        return 200, b'{"token": "%b"}' % self.token.encode()


@pytest.fixture
def service(hub: Hub) -> Iterator[TokenService]:
    token = TokenService(hub.create_token(REPOSITORY, permissions={"contents": "write"}))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, body = token.answer(self.path, self.headers.get("Authorization", ""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        token.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield token
        server.shutdown()
        thread.join()


async def test_the_pods_token_is_read_anew_for_each_exchange(service: TokenService, tmp_path: Path) -> None:
    file = tmp_path / "token"
    async with httpx.AsyncClient() as client:
        exchange = TokenExchange(client, url=service.url, identity="relay", token_file=file, repository=REPOSITORY)
        for assertion in ("first", "second"):
            file.write_text(assertion + "\n")
            assert (await exchange.mint()).token == service.token
    assert service.scopes == [(REPOSITORY, "relay", "Bearer first"), (REPOSITORY, "relay", "Bearer second")]


async def test_a_trust_policy_that_does_not_fit_is_said(service: TokenService, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("own")
    async with httpx.AsyncClient() as client:
        exchange = TokenExchange(
            client, url=service.url, identity="other", token_file=tmp_path / "token", repository=REPOSITORY
        )
        with pytest.raises(NoToken) as caught:
            await exchange.mint()
    assert ".github/chainguard/other.sts.yaml" in (caught.value.hint or "")


async def test_a_missing_pod_token_is_said(tmp_path: Path) -> None:
    async with httpx.AsyncClient() as client:
        exchange = TokenExchange(
            client, url="http://127.0.0.1:9", identity="relay", token_file=tmp_path / "no", repository=REPOSITORY
        )
        with pytest.raises(NoToken) as caught:
            await exchange.mint()
    assert "RELAY_STS_TOKEN_FILE" in (caught.value.hint or "")


@pytest.mark.parametrize("kind", ["app", "service"])
async def test_events_are_dispatched_with_minted_tokens_and_a_revoked_one_is_replaced(
    hub: Hub, app: App, service: TokenService, settings: Settings, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "own").write_text("own")
    arguments: dict[str, Any] = {"github_app_id": app.id, "github_app_private_key": app.private_key}
    if kind == "service":
        arguments = {"sts_url": service.url, "sts_identity": "relay", "sts_token_file": tmp_path / "own"}
    changed = replace(settings, github_token=None, github_api_url=hub.api_url, **arguments)
    former = len(hub.requests)

    async with serving(changed, None) as relay:
        await relay.falcosidekick(E02, event_id=f"{kind}-1")
        await until(lambda: [token.status for token in hub.requests[former:]] == [204])
        if kind == "app":
            hub.revoke(app.minted[0].value)
            await relay.falcosidekick(E02, event_id=f"{kind}-2")
            await until(lambda: [token.status for token in hub.requests[former:]] == [204, 401, 204])
            assert [token.permissions for token in app.minted] == [{"contents": "write"}] * 2
