"""The two APIs of GitHub that an action speaks, REST and GraphQL, with the workflow's token.

https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import urlencode

from ..errors import ApiRefused, NoAnswer
from ..escape import one_line
from ..http_client import HttpClient

_VERSION = "2022-11-28"
_TIME_LIMIT = 20.0  # seconds for one call
_BODY_LIMIT = 32 * 1024 * 1024  # bytes; a page of 100 pull requests with the longest bodies fits
_PAUSES = (1.0, 3.0, 9.0)  # seconds before each further try
_LONGEST_WAIT = 60.0  # seconds that an answer may ask to wait
_TROUBLED = (500, 502, 503, 504)


@dataclass(frozen=True, kw_only=True)
class ApiAnswer:
    """GitHub's answer: `status` is None where there was none, `content` is its JSON."""

    status: int | None
    content: Any
    wait: float | None = None  # seconds, where a rate limit says so

    @property
    def message(self) -> str:
        """Return GitHub's own message with its details, in one line; GitHub repeats names that it was sent."""
        content = self.content if isinstance(self.content, dict) else {}
        details = [str(error.get("message", error.get("field", ""))) for error in _errors(content)]
        return one_line("; ".join(filter(None, [str(content.get("message", "")), *details])) or "no message")


@dataclass(frozen=True, kw_only=True)
class Api:
    """GitHub's APIs for one repository, `owner/name`."""

    url: str
    graphql_url: str
    repository: str
    token: str = field(repr=False)
    http: HttpClient = field(default_factory=HttpClient)
    time_limit: float = _TIME_LIMIT
    sleep: Callable[[float], None] = time.sleep

    def get(self, path: str, **query: str) -> Any:
        """Return the content at a path of the repository. Raises ApiRefused."""
        return self._call_rest("GET", f"{path}?{urlencode(query)}" if query else path, None)

    def post(self, path: str, content: Mapping[str, object]) -> Any:
        """Return the answer to new content. Raises ApiRefused."""
        return self._call_rest("POST", path, content)

    def patch(self, path: str, content: Mapping[str, object]) -> Any:
        """Return the answer to a change of what exists. Raises ApiRefused."""
        return self._call_rest("PATCH", path, content)

    def mutate(self, mutation: str, variables: Mapping[str, object]) -> Any:
        """Return the data of a GraphQL mutation with `$input`. Raises ApiRefused, with the type of the first error."""
        body = {"query": mutation, "variables": {"input": variables}}
        answer = self._ask("POST", self.graphql_url, body)
        content = answer.content if isinstance(answer.content, dict) else {}
        if answer.status == 200 and not content.get("errors"):
            return content.get("data")
        kinds = [str(error.get("type", "")) for error in _errors(content)]
        raise ApiRefused("a mutation", answer.status, answer.message, kind="".join(kinds[:1]))

    def _call_rest(self, method: str, path: str, content: Mapping[str, object] | None) -> Any:
        answer = self._ask(method, f"{self.url}/repos/{self.repository}/{path}", content)
        if answer.status in (200, 201):
            return answer.content
        raise ApiRefused(f"{method} {path.partition('?')[0]}", answer.status, answer.message)

    def _ask(self, method: str, url: str, content: Mapping[str, object] | None) -> ApiAnswer:
        """Ask, again where GitHub is in trouble or asks to wait for a moment.

        What is asked for here can be asked twice: the second time GitHub says that it is there, or stale.
        """
        answer = self._call(method, url, content)
        for pause in _PAUSES:
            wait = answer.wait if answer.wait is not None else pause if answer.status in (None, *_TROUBLED) else None
            if wait is None or wait > _LONGEST_WAIT:
                break
            self.sleep(wait)
            answer = self._call(method, url, content)
        return answer

    def _call(self, method: str, url: str, content: Mapping[str, object] | None) -> ApiAnswer:
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "User-Agent": "falco-dispatch",
            "X-GitHub-Api-Version": _VERSION,
        }
        body = json.dumps(content).encode() if content is not None else None
        try:
            answer = self.http.request(
                method, url, headers=headers, body=body, time_limit=self.time_limit, body_limit=_BODY_LIMIT
            )
        except NoAnswer as error:
            return ApiAnswer(status=None, content={"message": str(error)})
        return ApiAnswer(status=answer.status, content=_parsed(answer.body), wait=_wait(answer.status, answer.headers))


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data or b"null")
    except (ValueError, RecursionError):
        return None


def _errors(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    errors = content.get("errors")
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def _wait(status: int, headers: Message) -> float | None:
    """https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api"""
    if status not in (403, 429):
        return None
    if (retry_after := headers.get("retry-after", "")).isdecimal():
        return float(retry_after)
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(1.0, float(reset) - time.time())
    return None
