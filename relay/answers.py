"""Decides what an answer of GitHub to a dispatch means for the events in it. Does no I/O.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

# GitHub's windows are an hour long; a longer wait can only come from a clock that is wrong.
_LONGEST_WAIT = 3600.0
_SHORTEST_RATE_WAIT = 60.0
_ABOUT_THE_WORKFLOW = re.compile(
    "no ref found|workflow_dispatch|disabled|unexpected inputs|required input", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Delivered:
    """GitHub has the events. `run_url` is where to look, if GitHub told."""

    run_url: str | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Keep everything and try again, not before `after` seconds if that is known. `hint` is for the operator."""

    reason: str
    after: float | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """GitHub will not take this body, now or later."""

    reason: str


Answer = Delivered | Retry | Rejected


def classify(status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> Answer:
    """What to do after this answer; `now` is in seconds since the epoch."""
    if 200 <= status < 300:
        return Delivered(_text(body, "html_url"))
    message = _text(body, "message") or "no message"
    reason = f"{status} {message}"
    if status in (403, 429) and (after := _rate_limit(status, headers, message, now)) is not None:
        return Retry(reason, after)
    if status >= 500 or status == 408:
        return Retry(reason, _retry_after(headers, now))
    if status in (400, 413) or (status == 422 and not _misconfigured(message)):
        return Rejected(reason)
    return Retry(reason, hint=_hint(status, message))


def _rate_limit(status: int, headers: Mapping[str, str], message: str, now: float) -> float | None:
    """Seconds to wait for a primary or secondary limit, or None if the answer is not about limits."""
    after = _retry_after(headers, now)
    if after is not None:
        return after
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isascii() and reset.isdigit():
        return min(max(float(reset) - now, 1.0), _LONGEST_WAIT)
    if status == 429 or re.search("rate limit|abuse", message, re.IGNORECASE):
        return _SHORTEST_RATE_WAIT
    return None


def _retry_after(headers: Mapping[str, str], now: float) -> float | None:
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _LONGEST_WAIT)
    try:
        return min(max(parsedate_to_datetime(text).timestamp() - now, 0.0), _LONGEST_WAIT)
    except (ValueError, OverflowError):
        return None


def _misconfigured(message: str) -> bool:
    """Whether a 422 is about the workflow or the ref, and so would meet every event alike."""
    return _ABOUT_THE_WORKFLOW.search(message) is not None


def _hint(status: int, message: str) -> str:
    if status == 401:
        return "GitHub does not know the token: it has expired, was revoked or is mistyped. Set a new one."
    if status == 403:
        return (
            "GitHub knows the token but refuses: give it Contents: write for repository_dispatch, Actions: write for "
            "workflow_dispatch, and look for an organisation's approval, SSO or IP allow list."
        )
    if status == 404:
        return (
            "GitHub says 404 for a repository or workflow that the token may not see, too: check RELAY_REPOSITORY and "
            "RELAY_WORKFLOW, that the token covers this repository, and that it has the permission of the mode."
        )
    if status == 422:
        return (
            "Check RELAY_REF and RELAY_WORKFLOW: the workflow must be on that ref, enabled, and take the input event."
        )
    if 300 <= status < 400:
        return "The repository was renamed or moved: set RELAY_REPOSITORY (or RELAY_GITHUB_API_URL) to the new name."
    return f"An answer that GitHub does not give to dispatches ({message}): check RELAY_GITHUB_API_URL and any proxy."


def _text(body: bytes, key: str) -> str | None:
    try:
        document = json.loads(body)
    except ValueError:
        return None
    value = document.get(key) if isinstance(document, dict) else None
    return value[:300] if isinstance(value, str) else None
