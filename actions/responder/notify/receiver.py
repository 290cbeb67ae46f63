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

from ..errors import BadInput

TYPES = ("generic-hmac", "generic", "generic-oidc", "github")
_SIGNED = {"generic-hmac": "X-Signature", "github": "X-Hub-Signature-256"}  # the header that has the HMAC
_TIMEOUT = 10.0  # seconds
_PAUSES = (1.0, 3.0, 9.0)  # seconds before each further try
_RETRIED = (500, 503)  # Flux could not annotate everything, or is not ready; every other answer is final

_MEANING = {
    202: "the address is that of Flux's event server, not of the receiver (Service webhook-receiver)",
    400: "Flux did not accept the signature, or the identity: receiver-token is not the `token` of the Receiver's "
    "secret, or its oidcProviders do not fit this repository, branch or audience",
    404: "no Receiver has this path: receiver-url has to end with the Receiver's .status.webhookPath",
    413: "the request was too large for Flux",
    500: "Flux could not annotate every resource that the Receiver lists",
    503: "the Receiver is suspended or not ready",
}


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """Where and how to call. `url` is a secret where nothing else proves who calls: it says which path is served.

    `token` is what the types share that sign the call, `audience` whom the identity is for in `generic-oidc`.
    """

    url: str = field(repr=False)
    type: str = "generic-hmac"
    token: str = field(default="", repr=False)
    audience: str = ""

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise BadInput("input receiver-url is not an http or https address")
        if self.type in _SIGNED and not self.token:
            raise BadInput(f"input receiver-type is {self.type}, which needs receiver-token: the receiver's token")

    def headers(self, body: bytes, identity: str) -> dict[str, str]:
        """What proves to Flux that the call is ours, for the bytes of `body`."""
        headers = {"Content-Type": "application/json", "User-Agent": "falco-dispatch"}
        if name := _SIGNED.get(self.type):
            headers[name] = f"sha256={hmac.new(self.token.encode(), body, hashlib.sha256).hexdigest()}"
        if self.type == "github":
            headers["X-GitHub-Event"] = "push"
        if self.type == "generic-oidc":
            headers["Authorization"] = f"Bearer {identity}"
        return headers


@dataclass(frozen=True, kw_only=True)
class Notice:
    """How a call ended: `status` is None where there was no answer."""

    status: int | None
    detail: str

    @property
    def delivered(self) -> bool:
        return self.status == 200


def notify(
    receiver: Receiver, payload: Mapping[str, object], *, identity: str = "",
    sleep: Callable[[float], None] = time.sleep,
) -> Notice:  # fmt: skip
    """Call the receiver, again on 500, 503 and no answer. Never raises for what the other side does.

    `identity` is the token that says who calls, for `generic-oidc`.
    """
    body = json.dumps(payload).encode()
    headers = receiver.headers(body, identity)
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
