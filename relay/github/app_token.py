"""Mints tokens of a GitHub App, for one repository and the one permission that the dispatch mode needs.

It does not decide when a token is renewed: see credentials.py.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt

from relay.errors import NoToken
from relay.github.credentials import MintedToken

# GitHub accepts assertions that are valid for at most ten minutes, and its clock may be behind.
_VALID_SECONDS = 540
_BACKDATED_SECONDS = 60
_INSTALL = "install the App on the owner's account, with this repository among its repositories"


class AppToken:
    """Mints tokens of an App's installation on one repository."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        app_id: str,
        private_key: str,
        repository: str,
        permissions: Mapping[str, str],
        now: Callable[[], float] = time.time,
    ) -> None:
        """Take `private_key` as PEM; `permissions` are those of its tokens, like `actions: write`."""
        self._client = client
        self._app_id = app_id
        self._key = private_key
        self._repository = repository
        self._permissions = dict(permissions)
        self._now = now
        self._installation: int | None = None

    async def mint(self) -> MintedToken:
        """Return a new token, valid for an hour. Raise NoToken with a hint for the operator."""
        if self._installation is None:
            installation = await self._request("GET", f"/repos/{self._repository}/installation", hint=_INSTALL)
            self._installation = int(installation["id"])
        scope = {"repositories": [self._repository.partition("/")[2]], "permissions": self._permissions}
        allowed = ", ".join(f"{name}: {level}" for name, level in self._permissions.items())
        hint = f"give the App the permission {allowed} and have the owner accept it; {_INSTALL}"
        try:
            path = f"/app/installations/{self._installation}/access_tokens"
            answer = await self._request("POST", path, json=scope, hint=hint)
        except NoToken:
            self._installation = None  # the App may have been removed and installed again
            raise
        ends = datetime.fromisoformat(answer["expires_at"]).astimezone(UTC)
        return MintedToken(
            token=answer["token"], seconds=ends.timestamp() - self._now(), permissions=answer.get("permissions")
        )

    async def _request(self, method: str, path: str, *, hint: str, json: Any = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._assertion()}"}
        try:
            response = await self._client.request(method, path, headers=headers, json=json)
        except httpx.HTTPError as error:
            raise NoToken(f"GitHub was not reached for a token: {type(error).__name__}", is_passing=True) from error
        if response.status_code == 401:
            hint = "check RELAY_GITHUB_APP_ID, that the private key is one of this App's, and this machine's clock"
        if response.status_code not in (200, 201):
            is_passing = response.status_code >= 500
            raise NoToken(f"GitHub answers {response.status_code} to the App", hint=hint, is_passing=is_passing)
        document = response.json()
        if not isinstance(document, dict):
            raise NoToken("GitHub's answer to the App is not a JSON object")
        return document

    def _assertion(self) -> str:
        """Return the signed assertion that proves to GitHub that the relay is the App."""
        now = int(self._now())
        claims = {"iat": now - _BACKDATED_SECONDS, "exp": now + _VALID_SECONDS, "iss": self._app_id}
        return jwt.encode(claims, self._key, algorithm="RS256")


def check_key(private_key: str) -> None:
    """Raise ValueError unless the text is a private RSA key as PEM. The message contains nothing of it."""
    try:
        jwt.get_algorithm_by_name("RS256").prepare_key(private_key)
        jwt.encode({}, private_key, algorithm="RS256")
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        raise ValueError("is not a private RSA key in PEM form, as GitHub issues it for an App") from None
