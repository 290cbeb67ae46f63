"""Decides what an answer of GitHub to a dispatch means for the events in it. Does no I/O.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum

# GitHub's rate-limit windows are an hour long; a longer wait can only come from a wrong clock.
_LONGEST_WAIT = 3600.0
_ABOUT_THE_WORKFLOW = re.compile(
    "no ref found|workflow_dispatch|disabled|unexpected inputs|required input", re.IGNORECASE
)


class Cause(StrEnum):
    """Why a dispatch has to wait. The last five need the operator."""

    NETWORK = "network"
    SERVER = "server"
    RATE_LIMIT = "rate limit"
    CREDENTIAL = "credential"
    PERMISSION = "permission"
    NOT_FOUND = "not found"
    WORKFLOW = "workflow"
    UNEXPECTED = "unexpected"


HINTS = {
    Cause.CREDENTIAL: "GitHub does not know the token: it has expired, was revoked or is mistyped. Set a new one.",
    Cause.PERMISSION: (
        "GitHub knows the token but refuses: give it Contents: write for repository_dispatch, Actions: write for "
        "workflow_dispatch; look for an organisation's approval, SSO or IP allow list."
    ),
    Cause.NOT_FOUND: (
        "GitHub says 404 for what the token may not see, too: check RELAY_REPOSITORY and RELAY_WORKFLOW, that the "
        "token covers this repository, and that it has the permission of the mode."
    ),
    Cause.WORKFLOW: (
        "Check RELAY_REF and RELAY_WORKFLOW: the workflow must be on that ref, enabled, and take the input event."
    ),
    Cause.UNEXPECTED: (
        "Not an answer of GitHub to a dispatch: check RELAY_GITHUB_API_URL, any proxy, and whether the repository was "
        "renamed."
    ),
}


@dataclass(frozen=True, slots=True)
class Delivered:
    """GitHub has the events. `run_url` is the address of the run, if GitHub gave one."""

    run_url: str | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Keep all events and try again; `delay` is in seconds, if GitHub demands one."""

    cause: Cause
    reason: str
    delay: float | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """GitHub does not accept this body, now or later."""

    reason: str


Answer = Delivered | Retry | Rejected


def classify(status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> Answer:
    """Return the meaning of this answer; `now` is in seconds since the epoch."""
    if 200 <= status < 300:
        return Delivered(_text(body, "html_url"))
    message = _text(body, "message") or ""
    reason = f"{status} {message}".rstrip()
    cause = _cause(status, headers, message)
    if cause is None:
        return Rejected(reason)
    return Retry(cause, reason, _delay(headers, now))


def _cause(status: int, headers: Mapping[str, str], message: str) -> Cause | None:
    """Return the cause of the trouble, or None if the body itself is at fault."""
    if status == 429 or (status == 403 and _is_rate_limit(headers, message)):
        return Cause.RATE_LIMIT
    if status >= 500 or status == 408:
        return Cause.SERVER
    if status == 422 and _ABOUT_THE_WORKFLOW.search(message):  # it would happen to every event
        return Cause.WORKFLOW
    if status in (400, 413, 422):
        return None
    return {401: Cause.CREDENTIAL, 403: Cause.PERMISSION, 404: Cause.NOT_FOUND}.get(status, Cause.UNEXPECTED)


def _is_rate_limit(headers: Mapping[str, str], message: str) -> bool:
    exhausted = headers.get("x-ratelimit-remaining") == "0"
    return exhausted or "retry-after" in headers or re.search("rate limit|abuse", message, re.IGNORECASE) is not None


def _delay(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that GitHub demands, from `retry-after` or `x-ratelimit-reset`, or None."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _LONGEST_WAIT)
    if text:
        try:
            return min(max(parsedate_to_datetime(text).timestamp() - now, 0.0), _LONGEST_WAIT)
        except (ValueError, OverflowError):
            return None
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isascii() and reset.isdigit():
        return min(max(float(reset) - now, 1.0), _LONGEST_WAIT)
    return None


def _text(body: bytes, key: str) -> str | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    value = document.get(key) if isinstance(document, dict) else None
    return value[:300] if isinstance(value, str) else None
