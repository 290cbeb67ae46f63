"""Exchanges the pod's service-account token for a token of a security token service. Nothing is kept at rest.

It does not decide when a token is renewed: see credentials.py.

https://github.com/octo-sts/app
"""

from pathlib import Path

import httpx

from relay.errors import NoToken
from relay.github.credentials import MintedToken

# A token of the service lives for an hour; the answer does not tell.
_LIFETIME_SECONDS = 3600.0


class TokenExchange:
    """Exchanges the token in a file for one of a repository. The file is read each time: the kubelet renews it."""

    def __init__(
        self, client: httpx.AsyncClient, *, url: str, identity: str, token_file: Path, repository: str
    ) -> None:
        """Take as `identity` the name of the trust policy, .github/chainguard/IDENTITY.sts.yaml of the repository."""
        self._client = client
        self._url = url
        self._identity = identity
        self._token_file = token_file
        self._repository = repository

    async def mint(self) -> MintedToken:
        """Return a new token. Raise NoToken with a hint for the operator."""
        try:
            assertion = self._token_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise NoToken(
                f"the service-account token cannot be read: {type(error).__name__}",
                hint="project a service-account token to the path in RELAY_STS_TOKEN_FILE",
            ) from error
        try:
            response = await self._client.post(
                f"{self._url}/sts/exchange",
                params={"scope": self._repository, "identity": self._identity},
                headers={"Authorization": f"Bearer {assertion}"},
            )
        except (httpx.HTTPError, UnicodeEncodeError) as error:
            raise NoToken(
                f"the token service was not reached: {type(error).__name__}",
                is_passing=isinstance(error, httpx.HTTPError),
            ) from error
        if response.status_code != 200:
            raise NoToken(
                f"the token service answers {response.status_code}",
                is_passing=response.status_code >= 500,
                hint=f"check .github/chainguard/{self._identity}.sts.yaml on the repository's default branch: issuer, "
                "subject and audience of the service-account token, and the permissions",
            )
        try:
            return MintedToken(token=str(response.json()["token"]), seconds=_LIFETIME_SECONDS)
        except (ValueError, KeyError, TypeError) as error:
            raise NoToken("the token service's answer holds no token") from error
