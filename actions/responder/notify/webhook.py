"""Tells people of a run through a webhook of Slack, of Teams, or of anything else. What is told is for the caller.

Texts of events are in it. Each service gets them in a form that it shows as they are: no mentions, links or markup.
https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
https://learn.microsoft.com/en-us/connectors/teams/#microsoft-teams-webhook
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import BadInput, NoAnswer
from ..escape import plain
from ..http_client import HttpClient, is_address
from ..rules.model import WebhookType

_TIME_LIMIT = 10.0  # seconds for one call
_BODY_LIMIT = 64 * 1024  # bytes of the answer
_PAUSE = 1.0  # second before the one further try
_LINE_LIMIT = 500  # characters
_MOST_LINES = 20


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What people are told: a headline, a line for each event, the page of the run, and all of it for programs."""

    headline: str
    lines: Sequence[str]
    url: str = ""
    content: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """A webhook by the name that the rules give it. `url` is a secret: who has it can write."""

    name: str
    type: WebhookType
    url: str = field(repr=False)

    def __post_init__(self) -> None:
        if not is_address(self.url):
            raise BadInput(f"input notify-urls has no http or https address for {self.name}")

    def body(self, notice: Notice) -> dict[str, Any]:
        """Return what the service gets."""
        match self.type:
            case WebhookType.SLACK:
                return _slack(notice)
            case WebhookType.TEAMS:
                return _teams(notice)
            case WebhookType.GENERIC:
                return dict(notice.content)


@dataclass(frozen=True, kw_only=True)
class WebhookCaller:
    """Calls webhooks, once more on 429, 5xx and no answer."""

    http: HttpClient
    time_limit: float = _TIME_LIMIT
    sleep: Callable[[float], None] = time.sleep

    def call(self, webhook: Webhook, notice: Notice) -> str:
        """Call a webhook. Return what went wrong, an empty text if nothing did; it never has the address."""
        body = json.dumps(webhook.body(notice)).encode()
        problem, may_repeat = self._try(webhook.url, body)
        if may_repeat:
            self.sleep(_PAUSE)
            problem, _ = self._try(webhook.url, body)
        return problem

    def _try(self, url: str, body: bytes) -> tuple[str, bool]:
        headers = {"Content-Type": "application/json", "User-Agent": "falco-dispatch"}
        try:
            answer = self.http.request(
                "POST", url, headers=headers, body=body, time_limit=self.time_limit, body_limit=_BODY_LIMIT
            )
        except NoAnswer as error:
            return str(error), True
        if 200 <= answer.status < 300:
            return "", False
        return f"answer {answer.status}", answer.status == 429 or answer.status >= 500


def _lines(notice: Notice) -> list[str]:
    lines = [plain(line, limit=_LINE_LIMIT) for line in notice.lines[:_MOST_LINES]]
    omitted = len(notice.lines) - _MOST_LINES
    return [*lines, f"and {omitted} more"] if omitted > 0 else lines


def _slack(notice: Notice) -> dict[str, Any]:
    """Return a message of plain text, in which Slack sees no markup; `text` is what a phone shows at first."""
    headline = plain(notice.headline, limit=_LINE_LIMIT)
    sections = [_slack_text("section", line) for line in _lines(notice)]
    link = {"type": "button", "text": {"type": "plain_text", "text": "Open the run"}, "url": notice.url}
    return {
        "text": headline.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
        "mrkdwn": False,
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": [
            _slack_text("header", headline[:150]),
            *sections,
            *([{"type": "actions", "elements": [link]}] if notice.url else []),
        ],
    }


def _slack_text(kind: str, text: str) -> dict[str, Any]:
    return {"type": kind, "text": {"type": "plain_text", "text": text, "emoji": False}}


def _teams(notice: Notice) -> dict[str, Any]:
    """Return an Adaptive Card of text runs, in which Teams sees no markup.

    https://adaptivecards.io/explorer/TextRun.html
    """
    headline = plain(notice.headline, limit=_LINE_LIMIT)
    blocks = [_teams_text(headline, weight="Bolder"), *map(_teams_text, _lines(notice))]
    link = {"type": "Action.OpenUrl", "title": "Open the run", "url": notice.url}
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": headline,
        "body": blocks,
        **({"actions": [link]} if notice.url else {}),
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [content]}


def _teams_text(text: str, weight: str = "Default") -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, "weight": weight}]}
