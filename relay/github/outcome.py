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
from typing import Any

# GitHub's rate-limit windows are an hour long; a longer wait can only come from a wrong clock.
_LONGEST_WAIT = 3600.0
_ABOUT_THE_WORKFLOW = re.compile(
    "no ref found|workflow_dispatch|disabled|unexpected inputs|required input", re.IGNORECASE
)


class Cause(StrEnum):
    """Why a dispatch has to wait. The last six need the operator."""

    NETWORK = "network"
    SERVER = "server"
    RATE_LIMIT = "rate limit"
    CREDENTIAL = "credential"
    PERMISSION = "permission"
    NOT_FOUND = "not found"
    WORKFLOW = "workflow"
    UNEXPECTED = "unexpected"
    CONFIGURATION = "configuration"


HINTS = {
    Cause.CREDENTIAL: "GitHub does not know the token: it has expired, was revoked or is mistyped. Set a new one.",
    Cause.PERMISSION: (
        "GitHub knows the token but refuses: give it Contents: write for repository_dispatch, Actions: write for "
        "workflow_dispatch; look for an organisation's approval, SSO or IP allow list."
    ),
    Cause.NOT_FOUND: (
        "GitHub says 404 for what the token may not see, too: check RELAY_REPOSITORY and RELAY_WORKFLOW, that the "
        "token covers this repository, and that it has the permission of the mode. RELAY_GITHUB_API_URL of GitHub "
        "Enterprise Server ends with /api/v3."
    ),
    Cause.WORKFLOW: (
        "Check RELAY_REF and RELAY_WORKFLOW: the workflow must be on that ref, enabled, and take the input event."
    ),
    Cause.UNEXPECTED: (
        "Not an answer of GitHub to a dispatch: check RELAY_GITHUB_API_URL (GitHub Enterprise Server: "
        "https://HOST/api/v3), whether a proxy or a captive portal answers in its place, and whether the repository "
        "was renamed."
    ),
    Cause.CONFIGURATION: (
        "GitHub rejects every event, and has accepted none since the relay started or its credential changed: the "
        "settings are wrong, not the events. Run `python -m relay check`; look at RELAY_GITHUB_API_URL, "
        "RELAY_REPOSITORY, RELAY_DISPATCH, RELAY_WORKFLOW and RELAY_REF."
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


def classify(
    status: int, headers: Mapping[str, str], body: bytes, *, now: float, answers_with_run: bool = False
) -> Answer:
    """Return the meaning of this answer; `now` is in seconds since the epoch.

    Only 204 means that GitHub has the events, or 200 with a run if the dispatch `answers_with_run`. Any other success
    comes from something else: a proxy, a captive portal, a wrong address.
    """
    document = _object(body)
    if status == 204:
        return Delivered()
    if status == 200 and answers_with_run and type(document.get("workflow_run_id")) is int:
        return Delivered(_text(document, "html_url"))
    message = _text(document, "message") or ""
    reason = f"{status} {message or headers.get('content-type', '')[:100]}".rstrip()
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


def _object(body: bytes) -> Mapping[str, Any]:
    """Return the JSON object in the body, which is empty for any other body."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _text(document: Mapping[str, Any], key: str) -> str | None:
    value = document.get(key)
    return value[:300] if isinstance(value, str) else None
