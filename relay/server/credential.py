"""Makes the credential that the settings name, and names the files that it comes from.

It does not decide when a token is renewed (github/credentials.py) or when files are read again (reload.py).
"""

from collections.abc import Callable, Mapping

import httpx

from relay.github.app_token import AppToken
from relay.github.credentials import Credential, ReloadedCredential, RenewedToken, StaticToken
from relay.github.sts import TokenExchange
from relay.server.reload import WatchedFiles
from relay.settings import Settings, read_private_key, read_token


def credential_of(
    settings: Settings, client: httpx.AsyncClient, *, permissions: Mapping[str, str], now: Callable[[], float]
) -> ReloadedCredential:
    """Return the credential that the settings name. Raise BadSettings if its file is broken."""

    def make() -> Credential:
        if settings.github_token_file:
            return StaticToken(read_token(settings.github_token_file))
        if settings.github_token:
            return StaticToken(settings.github_token)
        if settings.github_app_id:
            return RenewedToken(_app(settings, client, permissions=permissions, now=now).mint)
        return RenewedToken(_exchange(settings, client).mint)

    return ReloadedCredential(make)


def credential_files(settings: Settings, load: Callable[[], object]) -> list[WatchedFiles]:
    """Return the file of the credential, if it has one, to be watched; `load` applies a change."""
    paths = (settings.github_token_file, settings.github_app_private_key_file, settings.sts_token_file)
    return [WatchedFiles("credential", [path], load) for path in paths if path]


def _app(
    settings: Settings, client: httpx.AsyncClient, *, permissions: Mapping[str, str], now: Callable[[], float]
) -> AppToken:
    key_file = settings.github_app_private_key_file
    return AppToken(
        client,
        app_id=settings.github_app_id or "",
        private_key=read_private_key(key_file) if key_file else settings.github_app_private_key or "",
        repository=settings.repository,
        permissions=permissions,
        now=now,
    )


def _exchange(settings: Settings, client: httpx.AsyncClient) -> TokenExchange:
    assert settings.sts_url and settings.sts_identity and settings.sts_token_file  # noqa: S101, PT018  # Settings guarantees it
    return TokenExchange(
        client,
        url=settings.sts_url,
        identity=settings.sts_identity,
        token_file=settings.sts_token_file,
        repository=settings.repository,
    )
