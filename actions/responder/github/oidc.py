"""The run's own identity: a token that GitHub signs for one audience, so that no secret has to be shared.

https://docs.github.com/en/actions/reference/security/oidc
"""

import json
from dataclasses import dataclass, field
from urllib.parse import quote

from ..errors import NoAnswer, NoIdentity
from ..http_client import HttpClient

_TIME_LIMIT = 10.0  # seconds
_BODY_LIMIT = 64 * 1024  # bytes


@dataclass(frozen=True, kw_only=True)
class IdentityProvider:
    """Where a job with `permissions: id-token: write` gets its tokens; without the permission there is no address."""

    url: str = field(repr=False)
    bearer: str = field(repr=False)
    http: HttpClient
    time_limit: float = _TIME_LIMIT

    def mint(self, audience: str) -> str:
        """Return a token for that audience. Raises NoIdentity with what to mend."""
        if not self.url or not self.bearer:
            raise NoIdentity("the job may not have an identity token: give it `permissions: id-token: write`")
        url = f"{self.url}{'&' if '?' in self.url else '?'}audience={quote(audience, safe='')}"
        headers = {"Authorization": f"bearer {self.bearer}", "User-Agent": "falco-dispatch"}
        try:
            answer = self.http.request("GET", url, headers=headers, time_limit=self.time_limit, body_limit=_BODY_LIMIT)
            content = json.loads(answer.body) if answer.status == 200 else {}
        except (NoAnswer, ValueError, RecursionError) as error:
            reason = error if isinstance(error, NoAnswer) else "the answer is not JSON"
            raise NoIdentity(f"GitHub gave no identity token: {reason}") from error
        if not isinstance(content, dict) or not isinstance(content.get("value"), str):
            raise NoIdentity(f"GitHub gave no identity token (answer {answer.status})")
        return str(content["value"])
