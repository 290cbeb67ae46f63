"""Consents to receive events: the validation handshake of CloudEvents' HTTP Webhook.

Every caller with a valid token gets consent. A callback is never called: the sender chooses its address, and the relay
may reach hosts that the sender must not.
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
    """Answer OPTIONS /. The consent is in the headers alone; the status has no meaning here."""
    request.state["callers"].identify(dict(request.scope["headers"]), request.scope["query_string"])
    headers = {"Allow": "OPTIONS, POST", "Cache-Control": "private"}
    if origin := _single_value(request, "WebHook-Request-Origin", _ORIGIN, "a DNS name, like events.example.com"):
        _single_value(request, "WebHook-Request-Rate", _RATE, "a number of requests a minute")
        # A full backlog is the only limit, and no rate describes it.
        headers |= {"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"}
    return Response(headers=headers)


def _single_value(request: Request[State], name: str, pattern: re.Pattern[str], meaning: str) -> str | None:
    """Return the only value of a header, or None without one. Raise BadHandshake."""
    values = request.headers.getlist(name)
    if not values:
        return None
    if len(values) > 1 or len(values[0]) > 253 or not pattern.fullmatch(values[0]):
        raise BadHandshake(f"{name} must come once, and be {meaning}")
    return values[0]
