"""Tells a Flux receiver that the desired state has changed, so that Flux need not wait for its interval.

https://fluxcd.io/flux/components/notification/receivers/
"""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .errors import BadInput

TYPES = ("generic-hmac", "generic")
_TIMEOUT = 10.0  # seconds
_PAUSES = (1.0, 3.0, 9.0)  # seconds before each further try
_RETRIED = (500, 503)  # Flux could not annotate everything, or is not ready; every other answer is final

_MEANING = {
    202: "the address is that of Flux's event server, not of the receiver (Service webhook-receiver)",
    400: "Flux did not accept the signature: receiver-token is not the `token` of the Receiver's secret",
    404: "no Receiver has this path: receiver-url has to end with the Receiver's .status.webhookPath",
    413: "the request was too large for Flux",
    500: "Flux could not annotate every resource that the Receiver lists",
    503: "the Receiver is suspended or not ready",
}


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """Where and how to call. `url` is a secret for both types: it says which path is served."""

    url: str = field(repr=False)
    type: str = "generic-hmac"
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise BadInput("input receiver-url is not an http or https address")
        if self.type == "generic-hmac" and not self.token:
            raise BadInput("input receiver-type is generic-hmac, which needs receiver-token: the receiver's token")

    def headers(self, body: bytes) -> dict[str, str]:
        """What proves to Flux that the call is ours, for the bytes of `body`."""
        headers = {"Content-Type": "application/json", "User-Agent": "falco-dispatch"}
        if self.type == "generic-hmac":
            digest = hmac.new(self.token.encode(), body, hashlib.sha256).hexdigest()
            headers["X-Signature"] = f"sha256={digest}"
        return headers


@dataclass(frozen=True, kw_only=True)
class Notice:
    """How a call ended: `status` is None where there was no answer."""

    status: int | None
    detail: str

    @property
    def delivered(self) -> bool:
        return self.status == 200


def notify(receiver: Receiver, payload: Mapping[str, object], *, sleep: Callable[[float], None] = time.sleep) -> Notice:
    """Call the receiver, again on 500, 503 and no answer. Never raises for what the other side does."""
    body = json.dumps(payload).encode()
    headers = receiver.headers(body)
    notice = _call(receiver.url, body, headers)
    for pause in _PAUSES:
        if notice.status is not None and notice.status not in _RETRIED:
            break
        sleep(pause)
        notice = _call(receiver.url, body, headers)
    return notice


def _call(url: str, body: bytes, headers: Mapping[str, str]) -> Notice:
    from http import client  # a tenth of the action's start, and the push need not wait for it

    address = urlsplit(url)
    path = address.path + (f"?{address.query}" if address.query else "")
    connect = client.HTTPSConnection if address.scheme == "https" else client.HTTPConnection
    connection = connect(address.hostname or "", address.port, timeout=_TIMEOUT)
    try:
        connection.request("POST", path or "/", body, dict(headers))
        status = connection.getresponse().status
    except (OSError, client.HTTPException) as error:
        return Notice(status=None, detail=f"no answer ({type(error).__name__})")
    finally:
        connection.close()
    return Notice(
        status=status, detail="reconciling" if status == 200 else _MEANING.get(status, "an unexpected answer")
    )
