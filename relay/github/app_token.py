"""Tokens of a GitHub App: minted for the one repository and the one permission that the mode needs.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt

from relay.errors import NoToken
from relay.github.credentials import Minted

# GitHub takes no token of the App's that is valid for longer than ten minutes; its clock may be behind.
_VALID_SECONDS = 540
_BACKDATED_SECONDS = 60
_INSTALL = "install the App on the owner's account, with this repository among its repositories"


class AppToken:
    """Mints tokens of an App's installation on one repository."""

    def __init__(
        self, client: httpx.AsyncClient, *, app_id: str, private_key: str, repository: str,
        permissions: Mapping[str, str], now: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        """`private_key` is the App's, as PEM; `permissions` are all that a token shall have, like `actions: write`."""
        self._client = client
        self._app_id = app_id
        self._key = private_key
        self._repository = repository
        self._permissions = dict(permissions)
        self._now = now
        self._installation: int | None = None

    async def mint(self) -> Minted:
        """A new token, good for an hour. Raises NoToken with what to mend."""
        if self._installation is None:
            found = await self._ask("GET", f"/repos/{self._repository}/installation", hint=_INSTALL)
            self._installation = int(found["id"])
        wanted = {"repositories": [self._repository.partition("/")[2]], "permissions": self._permissions}
        allowed = ", ".join(f"{name}: {level}" for name, level in self._permissions.items())
        hint = f"give the App the permission {allowed} and have the owner accept it; {_INSTALL}"
        try:
            path = f"/app/installations/{self._installation}/access_tokens"
            answer = await self._ask("POST", path, json=wanted, hint=hint)
        except NoToken:
            self._installation = None  # it may have been removed and installed anew
            raise
        ends = datetime.fromisoformat(answer["expires_at"]).astimezone(UTC)
        return Minted(
            token=answer["token"], seconds=ends.timestamp() - self._now(), permissions=answer.get("permissions")
        )

    async def _ask(self, method: str, path: str, *, hint: str, json: Any = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._assertion()}"}
        try:
            response = await self._client.request(method, path, headers=headers, json=json)
        except httpx.HTTPError as error:
            raise NoToken(f"GitHub was not reached for a token: {type(error).__name__}") from error
        if response.status_code == 401:
            hint = "check RELAY_GITHUB_APP_ID, that the private key is one of this App's, and this machine's clock"
        if response.status_code not in (200, 201):
            raise NoToken(f"GitHub answers {response.status_code} to the App", hint=hint)
        found = response.json()
        if not isinstance(found, dict):
            raise NoToken("GitHub's answer to the App is no object")
        return found

    def _assertion(self) -> str:
        """What proves that the relay is the App."""
        now = int(self._now())
        claims = {"iat": now - _BACKDATED_SECONDS, "exp": now + _VALID_SECONDS, "iss": self._app_id}
        return jwt.encode(claims, self._key, algorithm="RS256")


def check_key(private_key: str) -> None:
    """Raises ValueError unless it is a private RSA key as PEM. The message holds nothing of it."""
    try:
        jwt.get_algorithm_by_name("RS256").prepare_key(private_key)
        jwt.encode({}, private_key, algorithm="RS256")
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        raise ValueError("is no private RSA key in PEM form, as GitHub gives it for an App") from None
