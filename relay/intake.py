"""Takes events over HTTP: who speaks, what they say, kept for good, then 202."""

import asyncio
import hashlib
import logging
from typing import TypedDict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from relay import events, falco
from relay.callers import Callers
from relay.dispatch import Dispatch
from relay.errors import BadEvent, TooLarge, TooSlow
from relay.events import Event
from relay.outbox import Letter, Outbox
from relay.settings import Settings

log = logging.getLogger("relay.intake")

MAX_BODY = 1024 * 1024
_BODY_SECONDS = 10.0


class State(TypedDict):
    """What the lifespan opens for the handlers."""

    settings: Settings
    callers: Callers
    dispatch: Dispatch
    outbox: Outbox


async def receive(request: Request[State]) -> Response:
    """POST /: 202 once every event of the request is durable."""
    state = request.state
    cluster = state["callers"].identify(request.headers, request.scope["query_string"])
    body = await _body(request)
    taken, ignored = [], 0
    for event in events.read(request.headers.raw, body, cluster=cluster):
        if falco.reason_to_ignore(event.data, min_priority=state["settings"].min_priority):
            ignored += 1
        else:
            taken.append(_letter(event, state["dispatch"]))
    receipt = await state["outbox"].put(taken)
    counts = {"accepted": receipt.accepted, "coalesced": receipt.coalesced, "ignored": ignored}
    log.info("received", extra={"cluster": cluster, **counts})
    return JSONResponse(counts, status_code=202)


async def _body(request: Request[State]) -> bytes:
    """The body, counted while it comes in; raises TooLarge or TooSlow."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > MAX_BODY:
        raise TooLarge(f"the body is over {MAX_BODY} bytes")
    message = await request.receive()
    body = message.get("body", b"")
    try:
        async with asyncio.timeout(_BODY_SECONDS if message.get("more_body") else None):
            while message.get("more_body"):
                message = await request.receive()
                body += message.get("body", b"")
                if len(body) > MAX_BODY:
                    raise TooLarge(f"the body is over {MAX_BODY} bytes")
    except TimeoutError:
        raise TooSlow(f"the body did not come within {_BODY_SECONDS:.0f} seconds") from None
    if message["type"] == "http.disconnect":
        raise BadEvent("the body ended too early")
    return bytes(body)


def _letter(event: Event, dispatch: Dispatch) -> Letter:
    document = events.encode(event)
    size = dispatch.size(document)
    if size > dispatch.room:
        raise TooLarge("the event does not fit into a dispatch of GitHub")
    attributes = event.attributes
    cluster = attributes.get(events.CLUSTER)
    pod = falco.pod(event.data)
    return Letter(
        identity=_digest(cluster, attributes["source"], attributes["id"]),
        workload=_digest(cluster, event.data["rule"], *pod) if pod else None,
        document=document,
        size=size,
    )


def _digest(*parts: str | None) -> bytes:
    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()
