"""The call of webhooks of people, and that nothing in a text does anything in what they show."""

import json
from typing import Any

import pytest

from responder.errors import BadInput
from responder.http_client import HttpClient
from responder.notify.webhook import Notice, Webhook, WebhookCaller
from responder.rules.model import WebhookType
from tests.actions.active_text import HOSTILE as ACTIVE
from tests.actions.active_text import acts
from tests.actions.http_server import Answer, HttpServer
from tests.actions.report.pages import HOSTILE

RUN = "https://github.example/acme/state/actions/runs/7"
TEXTS = [*HOSTILE, ACTIVE, "<!channel> <@U123> <https://evil.example|x> *b* &amp;", "a" * 10_000]


def notice(text: str, *, lines: int = 2) -> Notice:
    return Notice(headline=text, lines=[text] * lines, url=RUN, content={"outcomes": [{"reason": text}]})


def webhook(kind: WebhookType = WebhookType.SLACK, *, url: str = "https://hooks.example/secret") -> Webhook:
    return Webhook(name="security", type=kind, url=url)


def strings(value: Any) -> list[str]:
    """Return every text in a JSON value, but for our link and the schema of cards."""
    if isinstance(value, dict):
        return [text for key, member in value.items() if key not in ("url", "$schema") for text in strings(member)]
    if isinstance(value, list):
        return [text for member in value for text in strings(member)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("kind", [WebhookType.SLACK, WebhookType.TEAMS])
def test_no_text_is_a_mention_a_link_or_markup(kind: WebhookType, text: str) -> None:
    body = webhook(kind).body(notice(text))
    assert [act for part in strings(body) for act in acts(part)] == []
    assert all(part.isprintable() for part in strings(body))


@pytest.mark.parametrize("text", TEXTS)
def test_slack_sees_texts_without_markup_within_its_limits(text: str) -> None:
    body = webhook().body(notice(text, lines=100))
    kinds = {block["text"]["type"] for block in body["blocks"] if "text" in block}
    assert (kinds, body["mrkdwn"], body["link_names"], body["unfurl_links"]) == ({"plain_text"}, False, False, False)
    assert "<" not in body["text"]
    assert len(body["blocks"]) <= 50
    assert all(len(block["text"]["text"]) <= 3000 for block in body["blocks"] if "text" in block)
    assert len(body["blocks"][0]["text"]["text"]) <= 150
    assert body["blocks"][-2]["text"]["text"] == "and 80 more"
    assert body["blocks"][-1]["elements"][0]["url"] == RUN


def test_teams_gets_a_card_of_text_runs() -> None:
    (attachment,) = webhook(WebhookType.TEAMS).body(notice("**x**"))["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert {run["type"] for block in card["body"] for run in block["inlines"]} == {"TextRun"}
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Open the run", "url": RUN}]


@pytest.mark.parametrize("text", TEXTS)
def test_a_program_gets_the_text_as_it_was(text: str) -> None:
    assert webhook(WebhookType.GENERIC).body(notice(text)) == {"outcomes": [{"reason": text}]}


@pytest.mark.parametrize("kind", list(WebhookType))
def test_without_the_address_of_the_run_there_is_no_link(kind: WebhookType) -> None:
    body = webhook(kind).body(Notice(headline="x", lines=["y"]))
    assert "Open the run" not in json.dumps(body)


@pytest.mark.parametrize("url", ["", "ftp://x", "hooks.example", "https://", "https://[", "https://x:0/", "file:///x"])
def test_what_is_no_address_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(BadInput, match="no http or https address for security"):
        webhook(url=url)


def test_the_address_is_not_in_what_is_printed() -> None:
    assert "secret" not in repr(webhook())


@pytest.mark.parametrize(
    ("statuses", "problem", "pauses"),
    [
        pytest.param([200], "", [], id="accepted"),
        pytest.param([202], "", [], id="accepted by Teams"),
        pytest.param([429, 200], "", [1.0], id="too many"),
        pytest.param([503, 204], "", [1.0], id="in trouble"),
        pytest.param([500, 500], "answer 500", [1.0], id="in trouble for longer"),
        pytest.param([404], "answer 404", [], id="no such webhook"),
        pytest.param([302], "answer 302", [], id="elsewhere"),
    ],
)
def test_a_webhook_is_called_again_where_that_can_help(statuses: list[int], problem: str, pauses: list[float]) -> None:
    slept: list[float] = []
    answers = [Answer(status=status, headers=(("Location", "http://127.0.0.1:1/"),)) for status in statuses]
    with HttpServer.start(*answers) as server:
        caller = WebhookCaller(http=HttpClient(), time_limit=5, sleep=slept.append)
        assert caller.call(webhook(url=f"{server.url}/secret"), notice("x")) == problem
    assert (slept, len(server.requests)) == (pauses, len(statuses))
    assert json.loads(server.requests[0].body)["text"] == "x"


def test_no_answer_is_a_problem_that_does_not_name_the_address() -> None:
    slept: list[float] = []
    caller = WebhookCaller(http=HttpClient(), time_limit=5, sleep=slept.append)
    problem = caller.call(webhook(url="http://127.0.0.1:1/secret"), notice("x"))
    assert (problem.startswith("no answer"), "secret" in problem, slept) == (True, False, [1.0])
