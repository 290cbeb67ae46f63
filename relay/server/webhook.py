"""Consents to be sent events: the validation handshake of CloudEvents' HTTP Webhook.

Whoever has a caller's token is consented to, as whoever has one may post. A callback is never called: its address is
the sender's choice, and the relay stands where not every sender does.
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection
"""

import re

from starlette.requests import Request
from starlette.responses import Response

from relay.errors import BadHandshake
from relay.server.intake import State

_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_ORIGIN = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*")
_RATE = re.compile(r"[1-9][0-9]{0,9}")


async def consent(request: Request[State]) -> Response:
    """OPTIONS /: the consent is in the headers alone, as a status means nothing here."""
    request.state["callers"].identify(dict(request.scope["headers"]), request.scope["query_string"])
    headers = {"Allow": "OPTIONS, POST", "Cache-Control": "private"}
    if origin := _only(request, "WebHook-Request-Origin", _ORIGIN, "a DNS name, like events.example.com"):
        _only(request, "WebHook-Request-Rate", _RATE, "a number of requests a minute")
        # A full backlog is the only limit, and a rate does not tell when it is reached.
        headers |= {"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"}
    return Response(headers=headers)


def _only(request: Request[State], name: str, pattern: re.Pattern[str], meaning: str) -> str | None:
    """The header's one value, None where there is none; raises BadHandshake."""
    values = request.headers.getlist(name)
    if not values:
        return None
    if len(values) > 1 or len(values[0]) > 253 or not pattern.fullmatch(values[0]):
        raise BadHandshake(f"{name} must be given once, and be {meaning}")
    return values[0]
