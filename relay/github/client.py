"""Posts dispatches to GitHub, and turns every answer or failure into an Answer.

It does not decide what an answer means (outcome.py) or when to try again (delivery.py).
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

import anyio
import httpx

from relay.errors import NoToken
from relay.github.credentials import Credential
from relay.github.dispatch import Dispatch
from relay.github.outcome import Answer, Cause, Rejected, Retry, classify

# For one attempt as a whole: a server that sends a byte now and then must not delay all events.
_ATTEMPT_SECONDS = 30.0
# For each wait for the network, so that a silent server leaves time for a second request.
_REQUEST_SECONDS = 20.0
_HEADERS = {
    "Accept": "application/vnd.github+json",
    "Content-Type": "application/json",
    "User-Agent": "falco-dispatch-relay",
    "X-GitHub-Api-Version": "2022-11-28",
}


class GitHub:
    """One repository's dispatch endpoint."""

    def __init__(
        self, client: httpx.AsyncClient, *, credential: Credential, dispatch: Dispatch, now: Callable[[], float]
    ) -> None:
        self._client = client
        self._credential = credential
        self._dispatch = dispatch
        self._now = now

    async def send(self, documents: Sequence[bytes]) -> Answer:
        """Post one dispatch with these events. A failure to reach GitHub is a Retry, not an exception."""
        try:
            with anyio.fail_after(_ATTEMPT_SECONDS):
                token = await self._credential.token()
                answer = await self._post(documents, token)
                if (
                    isinstance(answer, Retry)
                    and answer.cause is Cause.CREDENTIAL
                    and self._credential.invalidate(token)
                ):
                    answer = await self._post(documents, await self._credential.token())
                return answer
        except NoToken as error:
            cause = Cause.NETWORK if error.is_passing else Cause.CREDENTIAL
            return Retry(cause, "; ".join(filter(None, (error.reason, error.hint))), error.delay)
        except (httpx.HTTPError, TimeoutError) as error:
            return Retry(Cause.NETWORK, f"GitHub was not reached: {type(error).__name__}")

    async def _post(self, documents: Sequence[bytes], token: str) -> Answer:
        body, headers = self._dispatch.body(documents), {"Authorization": f"Bearer {token}"}
        response = await self._client.post(self._dispatch.path, content=body, headers=headers)
        answer = classify(
            response.status_code,
            response.headers,
            response.content,
            now=self._now(),
            answers_with_run=self._dispatch.answers_with_run,
        )
        if isinstance(answer, Rejected) and (older := self._dispatch.without(answer.reason)):
            self._dispatch = older
            return await self._post(documents, token)
        return answer


def http_client(
    api_url: str, *, transport: httpx.AsyncBaseTransport | None = None
) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    """Return a client for GitHub's API. It follows no redirect: a moved repository must be reported, not guessed."""
    return httpx.AsyncClient(base_url=api_url, headers=_HEADERS, timeout=_REQUEST_SECONDS, transport=transport)
