"""Tokens from a security token service, in exchange for the pod's own service-account token: nothing is kept at rest.

https://github.com/octo-sts/app
"""

from pathlib import Path

import httpx

from relay.errors import NoToken
from relay.github.credentials import Minted

# A token of the service lives for an hour; the answer does not say.
_SECONDS = 3600.0


class TokenExchange:
    """Exchanges what is in a file, read anew each time for the kubelet renews it, for a token for one repository."""

    def __init__(
        self, client: httpx.AsyncClient, *, url: str, identity: str, token_file: Path, repository: str
    ) -> None:
        """`identity` names the trust policy, .github/chainguard/IDENTITY.sts.yaml of the repository."""
        self._client = client
        self._url = url
        self._identity = identity
        self._token_file = token_file
        self._repository = repository

    async def mint(self) -> Minted:
        """A new token. Raises NoToken with what to mend."""
        try:
            own = self._token_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise NoToken(
                f"the service-account token cannot be read: {type(error).__name__}",
                hint="project a service-account token to the path in RELAY_STS_TOKEN_FILE",
            ) from error
        try:
            response = await self._client.post(
                f"{self._url}/sts/exchange",
                params={"scope": self._repository, "identity": self._identity},
                headers={"Authorization": f"Bearer {own}"},
            )
        except (httpx.HTTPError, UnicodeEncodeError) as error:
            raise NoToken(f"the token service was not reached: {type(error).__name__}") from error
        if response.status_code != 200:
            raise NoToken(
                f"the token service answers {response.status_code}",
                hint=f"check .github/chainguard/{self._identity}.sts.yaml on the repository's default branch: issuer, "
                "subject and audience of the service-account token, and the permissions",
            )
        try:
            return Minted(token=str(response.json()["token"]), seconds=_SECONDS)
        except (ValueError, KeyError, TypeError) as error:
            raise NoToken("the token service's answer holds no token") from error
