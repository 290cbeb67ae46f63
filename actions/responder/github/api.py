"""The two APIs of GitHub that an action speaks, REST and GraphQL, with the workflow's token.

https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import urlencode, urlsplit

from ..errors import ApiRefused
from ..escape import one_line

_VERSION = "2022-11-28"
_TIMEOUT = 20.0  # seconds
_PAUSES = (1.0, 3.0, 9.0)  # seconds before each further try
_LONGEST_WAIT = 60.0  # seconds that an answer may ask to wait
_TROUBLED = (500, 502, 503, 504)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What GitHub answered: `status` is None where it did not, and `content` its JSON."""

    status: int | None
    content: Any
    wait: float | None = None  # seconds, where a rate limit says so

    @property
    def said(self) -> str:
        """GitHub's own message with its details, in one line; GitHub repeats names that it was sent."""
        content = self.content if isinstance(self.content, dict) else {}
        details = [str(each.get("message", each.get("field", ""))) for each in content.get("errors", ()) or ()]
        return one_line("; ".join(filter(None, [str(content.get("message", "")), *details])) or "no message")


@dataclass(frozen=True, kw_only=True)
class Api:
    """GitHub's APIs for one repository, `owner/name`."""

    url: str
    graphql_url: str
    repository: str
    token: str = field(repr=False)
    sleep: Callable[[float], None] = time.sleep

    def get(self, path: str, **query: str) -> Any:
        """The content at a path of the repository. Raises ApiRefused."""
        return self._rest("GET", f"{path}?{urlencode(query)}" if query else path, None)

    def post(self, path: str, content: Mapping[str, object]) -> Any:
        """The answer to new content. Raises ApiRefused."""
        return self._rest("POST", path, content)

    def patch(self, path: str, content: Mapping[str, object]) -> Any:
        """The answer to a change of what is there. Raises ApiRefused."""
        return self._rest("PATCH", path, content)

    def mutate(self, mutation: str, given: Mapping[str, object]) -> Any:
        """The data of a GraphQL mutation with `$input`. Raises ApiRefused, with the type of the first error."""
        body = {"query": mutation, "variables": {"input": given}}
        answer = self._ask("POST", self.graphql_url, body)
        content = answer.content if isinstance(answer.content, dict) else {}
        if answer.status == 200 and not content.get("errors"):
            return content.get("data")
        kinds = [str(each.get("type", "")) for each in content.get("errors") or ()]
        raise ApiRefused("a mutation", answer.status, answer.said, kind="".join(kinds[:1]))

    def _rest(self, method: str, path: str, content: Mapping[str, object] | None) -> Any:
        answer = self._ask(method, f"{self.url}/repos/{self.repository}/{path}", content)
        if answer.status in (200, 201):
            return answer.content
        raise ApiRefused(f"{method} {path.partition('?')[0]}", answer.status, answer.said)

    def _ask(self, method: str, url: str, content: Mapping[str, object] | None) -> Answer:
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

    def _call(self, method: str, url: str, content: Mapping[str, object] | None) -> Answer:
        from http import client  # a tenth of the action's start, which a commit by git does without

        address = urlsplit(url)
        path = address.path + (f"?{address.query}" if address.query else "")
        connect = client.HTTPSConnection if address.scheme == "https" else client.HTTPConnection
        connection = connect(address.hostname or "", address.port, timeout=_TIMEOUT)
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "User-Agent": "falco-dispatch",
            "X-GitHub-Api-Version": _VERSION,
        }
        try:
            connection.request(method, path, json.dumps(content) if content is not None else None, headers)
            response = connection.getresponse()
            data = response.read()
        except (OSError, client.HTTPException) as error:
            return Answer(status=None, content={"message": f"no answer ({type(error).__name__})"})
        finally:
            connection.close()
        return Answer(status=response.status, content=_parsed(data), wait=_wait(response.status, response.headers))


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data or b"null")
    except ValueError:
        return None


def _wait(status: int, headers: Message) -> float | None:
    """https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api"""
    if status not in (403, 429):
        return None
    if (after := headers.get("retry-after", "")).isdecimal():
        return float(after)
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(1.0, float(reset) - time.time())
    return None
