"""Accepts events over HTTP: identifies the caller, reads the events, stores them, and only then answers 202.

It does not decide what an event is (events.py) or whether it is a repeat (the outbox).
"""

import asyncio
import hashlib
from functools import lru_cache
from typing import TypedDict

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message

from relay import events, falco
from relay.acts import act
from relay.delivery import Delivery
from relay.errors import BadEvent, TooLarge, TooSlow
from relay.events import Event
from relay.github.dispatch import Dispatch
from relay.metrics import Metrics
from relay.outbox.protocol import Letter, Outbox
from relay.server.callers import Callers
from relay.settings import Settings
from relay.shorten import is_plain, shorten

MAX_BODY = 1024 * 1024
_BODY_SECONDS = 10.0
# Callers with tokens have no longer names.
_CLUSTER_NAME = 63
_encode = msgspec.json.Encoder().encode


class State(TypedDict):
    """The resources that the lifespan opens for the handlers."""

    settings: Settings
    callers: Callers
    dispatch: Dispatch
    outbox: Outbox
    delivery: Delivery
    metrics: Metrics


async def receive(request: Request[State]) -> Response:
    """Answer POST /: 202 when every event of the request is durable."""
    scope = request.scope
    state: State = scope["state"]  # request.state would wrap it again for each request
    cluster = state["callers"].identify(dict(scope["headers"]), scope["query_string"])
    body = await _body(request)
    letters: list[Letter] = []
    is_grave = False
    ignored: list[str] = []
    for event in events.read(scope["headers"], body, cluster=cluster):
        if reason := falco.reason_to_ignore(event.data, min_priority=state["settings"].min_priority):
            ignored.append(reason)
        else:
            letters.append(letter(event, state["dispatch"]))
            is_grave = is_grave or falco.is_grave(event.data)
    receipt = await state["outbox"].put(letters)
    if is_grave and receipt.accepted:
        state["delivery"].probe()
    state["metrics"].count_events(receipt, ignored)
    return _accepted(receipt.accepted, receipt.coalesced, len(ignored))


def letter(event: Event, dispatch: Dispatch) -> Letter:
    """Return the event as it will be sent, shortened if necessary."""
    document = events.encode(event)
    size = dispatch.size(document)
    if size > dispatch.room or not is_plain(event, document):
        document = shorten(event, excess=lambda shorter: dispatch.size(shorter) - dispatch.room)
        size = dispatch.size(document)
    attributes, cluster = event.attributes, event.attributes.get(events.CLUSTER)
    pod = _digest(cluster, *(falco.pod(event.data) or [str(event.data.get("hostname"))]))
    return Letter(
        identity=_digest(cluster, attributes["source"], attributes["id"]),
        act=act(event),
        document=document,
        size=size,
        cluster=str(cluster or "")[:_CLUSTER_NAME],
        pod=pod,
        kind=pod + _rule(event.data["priority"], event.data["rule"]),
        gravity=falco.gravity(event.data),
    )


@lru_cache(maxsize=256)  # few rules are violated at a time
def _rule(priority: str, rule: str) -> bytes:
    return _digest(priority, rule)[:8]


def _digest(*parts: str | None) -> bytes:
    return hashlib.blake2b(_encode(parts), digest_size=16).digest()


@lru_cache(maxsize=256)
def _accepted(accepted: int, coalesced: int, ignored: int) -> Response:
    counts = {"accepted": accepted, "coalesced": coalesced, "ignored": ignored}
    return JSONResponse(counts, status_code=202, headers={"Cache-Control": "private"})


async def _body(request: Request[State]) -> bytes:
    """Return the body, limited in size and time. Raise BadEvent, TooLarge or TooSlow."""
    message = await request.receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):  # otherwise the body is complete, as it nearly always is
        body, message = await _remainder(request, body)
    if message["type"] == "http.disconnect":
        raise BadEvent("the body ended too early")
    return body


async def _remainder(request: Request[State], start: bytes) -> tuple[bytes, Message]:
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > MAX_BODY:
        raise TooLarge(f"the body is over {MAX_BODY} bytes")
    body = bytearray(start)
    message: Message = {"more_body": True}
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while message.get("more_body"):
                message = await request.receive()
                body += message.get("body", b"")
                if len(body) > MAX_BODY:
                    raise TooLarge(f"the body is over {MAX_BODY} bytes")
    except TimeoutError:
        raise TooSlow(f"the body did not arrive within {_BODY_SECONDS:.0f} seconds") from None
    return bytes(body), message
