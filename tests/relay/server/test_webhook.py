"""What the HTTP Webhook specification of CloudEvents demands of a receiver, section by section, over a socket.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md. Section 2.1, HTTPS: see test_tls.py.
"""

import dataclasses
import re
import socket

import httpx
import pytest

from relay.settings import Settings
from tests import sidekick
from tests.relay.serving import TOKEN, RecordingGitHub, ServedRelay, serving

pytestmark = pytest.mark.anyio

EVENT = sidekick.body(sidekick.falco_events()["E02"])
AUTHENTICATED = {"Authorization": f"Bearer {TOKEN}"}
ORIGIN = {"WebHook-Request-Origin": "eventemitter.example.com"}
JSON = {"Content-Type": "application/json"}


async def send(
    relay: ServedRelay,
    method: str,
    headers: dict[str, str] | list[tuple[str, str]],
    *,
    query: str = "",
    content: bytes = b"",
) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.request(method, relay.address + query, headers=headers, content=content)


def consent(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("webhook-")}


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        pytest.param({**AUTHENTICATED, **JSON}, "", 202, id="3.1 a token in the header"),
        pytest.param(JSON, f"?access_token={TOKEN}", 202, id="3.2 a token in the query"),
        pytest.param(JSON, f"?p=q&access_token={TOKEN}&r=s", 202, id="3.2 a token among other parameters"),
        pytest.param({**AUTHENTICATED, **JSON, **ORIGIN}, "", 202, id="2.1 an origin comes along with deliveries"),
        pytest.param(AUTHENTICATED, "", 415, id="2.2 no content type"),
        pytest.param(
            {**AUTHENTICATED, "Content-Type": "text/plain"}, "", 415, id="2.2 a format that is not understood"
        ),
        pytest.param(
            {**AUTHENTICATED, "Content-Type": "application/cloudevents+avro"}, "", 415, id="2.2 an unknown encoding"
        ),
        pytest.param(JSON, "", 401, id="3 no token"),
    ],
)
async def test_a_delivery_is_answered_as_specified(
    relay: ServedRelay, headers: dict[str, str], query: str, status: int
) -> None:
    answer = await send(relay, "POST", headers, query=query, content=EVENT)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert ("private" in answer.headers.get("cache-control", "")) is (status == 202)


@pytest.mark.parametrize("method", ["POST", "OPTIONS", "GET", "PUT"])
@pytest.mark.parametrize("path", ["", "/", "..", "?x", "healthz/", "//example.com/"])
async def test_nothing_is_answered_by_a_redirect(relay: ServedRelay, method: str, path: str) -> None:
    """Section 2.2."""
    answer = await send(relay, method, {**AUTHENTICATED, **JSON, **ORIGIN}, query=path, content=EVENT)
    assert not 300 <= answer.status_code < 400


async def test_who_sends_too_much_is_told_when_to_come_again(settings: Settings, hub: RecordingGitHub) -> None:
    """Section 2.2."""
    hub.answers += [httpx.Response(500)]
    async with serving(dataclasses.replace(settings, max_backlog=1), hub) as relay:
        answers = [
            await send(relay, "POST", {**AUTHENTICATED, **JSON}, content=sidekick.body({**event, "uuid": str(number)}))
            for number, event in enumerate(sidekick.falco_events().values())
            if event["rule"] != "Test rule"
        ]
    assert answers[0].status_code == 202
    refused = next(answer for answer in answers if answer.status_code != 202)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


async def test_no_scheme_with_a_challenge_is_asked_for(relay: ServedRelay) -> None:
    """Section 3."""
    request_headers = (await send(relay, "POST", JSON, content=EVENT)).headers["www-authenticate"]
    assert set(re.findall(r"(?:^|, )(\w+) ", request_headers)) == {"Bearer", "Basic"}
    assert "nonce" not in request_headers


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        pytest.param({**AUTHENTICATED, **ORIGIN}, "", id="4.1.2 an origin"),
        pytest.param(ORIGIN, f"?access_token={TOKEN}", id="4.1 to the very address of the deliveries"),
        pytest.param({**AUTHENTICATED, **ORIGIN, "WebHook-Request-Rate": "120"}, "", id="4.1.4 a rate"),
        pytest.param({**AUTHENTICATED, **ORIGIN, "Content-Type": "text/plain"}, "", id="other headers"),
    ],
)
async def test_a_caller_that_is_known_is_consented_to(relay: ServedRelay, headers: dict[str, str], query: str) -> None:
    """Section 4.2: both headers; the origin is the one that asked; the rate is a number or an asterisk."""
    answer = await send(relay, "OPTIONS", headers, query=query)
    assert answer.status_code == 200
    assert consent(answer) == {
        "webhook-allowed-origin": "eventemitter.example.com",
        "webhook-allowed-rate": "*",
    }
    assert "POST" in answer.headers["allow"].split(", ")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param([*ORIGIN.items()], 401, id="no token"),
        pytest.param([("Authorization", "Bearer wrong"), *ORIGIN.items()], 401, id="a wrong token"),
        pytest.param([*AUTHENTICATED.items()], 200, id="no origin"),
        pytest.param([*AUTHENTICATED.items(), ("WebHook-Request-Origin", "")], 400, id="an empty origin"),
        pytest.param([*AUTHENTICATED.items(), ("WebHook-Request-Origin", "*")], 400, id="an asterisk"),
        pytest.param([*AUTHENTICATED.items(), ("WebHook-Request-Origin", "a b")], 400, id="no name"),
        pytest.param([*AUTHENTICATED.items(), ("WebHook-Request-Origin", "$(id).example")], 400, id="a command"),
        pytest.param([*AUTHENTICATED.items(), ("WebHook-Request-Origin", "a." * 130 + "b")], 400, id="a name too long"),
        pytest.param([*AUTHENTICATED.items(), *ORIGIN.items(), *ORIGIN.items()], 400, id="two origins"),
        pytest.param(
            [*AUTHENTICATED.items(), *ORIGIN.items(), ("WebHook-Request-Rate", "0")], 400, id="a rate of nothing"
        ),
        pytest.param([*AUTHENTICATED.items(), *ORIGIN.items(), ("WebHook-Request-Rate", "much")], 400, id="no rate"),
    ],
)
async def test_nobody_else_is_consented_to(relay: ServedRelay, headers: list[tuple[str, str]], status: int) -> None:
    """Section 4.2: without these headers there is no consent, whatever the status is."""
    answer = await send(relay, "OPTIONS", headers)
    assert answer.status_code == status
    assert consent(answer) == {}


async def test_a_callback_is_never_called(relay: ServedRelay) -> None:
    """Section 4.1.3 leaves it to the receiver; the consent comes with the answer."""
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        callback = {"WebHook-Request-Callback": f"http://127.0.0.1:{elsewhere.getsockname()[1]}/?key=1"}
        answer = await send(relay, "OPTIONS", {**AUTHENTICATED, **ORIGIN, **callback})
        assert consent(answer)
        elsewhere.settimeout(0.3)
        with pytest.raises(TimeoutError):
            elsewhere.accept()


async def test_whoever_may_post_without_a_token_is_consented_to_without_one(
    settings: Settings, hub: RecordingGitHub
) -> None:
    async with serving(dataclasses.replace(settings, tokens_file=None, allow_anonymous=True), hub) as relay:
        assert consent(await send(relay, "OPTIONS", ORIGIN))
