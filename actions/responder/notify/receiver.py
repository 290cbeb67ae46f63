"""Calls a Flux receiver when the desired state has changed, so that Flux need not wait for its interval.

https://fluxcd.io/flux/components/notification/receivers/
"""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ..errors import BadInput, NoAnswer
from ..http_client import HttpClient, is_address

TYPES = ("generic-hmac", "generic", "generic-oidc", "github")
DEFAULT_AUDIENCE = "notification-controller"  # what Flux expects if a Receiver does not say
_SIGNATURE_HEADERS = {"generic-hmac": "X-Signature", "github": "X-Hub-Signature-256"}
_TIME_LIMIT = 10.0  # seconds for one call
_BODY_LIMIT = 64 * 1024  # bytes; Flux answers without a body, what stands before it may say more
_PAUSES = (1.0, 3.0, 9.0)  # seconds before each further try
_RETRIED = (500, 503)  # Flux could not annotate everything, or is not ready; every other answer is final

_MEANINGS = {
    202: "the address is that of Flux's event server, not of the receiver (Service webhook-receiver)",
    400: "Flux did not accept the signature, or the identity: receiver-token is not the `token` of the Receiver's "
    "secret, or its oidcProviders do not fit this repository, branch or audience",
    401: "what stands before Flux wants a user and a password: write them into the address",
    404: "no Receiver has this path: receiver-url has to end with the Receiver's .status.webhookPath",
    413: "the request was too large for Flux",
    500: "Flux could not annotate every resource that the Receiver lists",
    503: "the Receiver is suspended or not ready",
}


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """Where and how to call. `url` is a secret where nothing else proves who calls: it says which path is served.

    `token` is what both sides share where the call is signed, `audience` whom the identity is for in `generic-oidc`.
    A user and password in `url` are for what stands before Flux, such as an ingress.
    """

    url: str = field(repr=False)
    type: str = "generic-hmac"
    token: str = field(default="", repr=False)
    audience: str = ""

    def __post_init__(self) -> None:
        if not is_address(self.url):
            raise BadInput("input receiver-url is not an http or https address")
        if urlsplit(self.url).username is not None and self.type == "generic-oidc":
            raise BadInput("input receiver-url has a user and a password, and generic-oidc needs the same header")
        if self.type in _SIGNATURE_HEADERS and not self.token:
            raise BadInput(f"input receiver-type is {self.type}, which needs receiver-token: the receiver's token")

    def headers(self, body: bytes, identity: str) -> dict[str, str]:
        """Return the headers that prove to Flux who calls, for the bytes of `body`."""
        headers = {"Content-Type": "application/json", "User-Agent": "falco-dispatch"}
        if name := _SIGNATURE_HEADERS.get(self.type):
            headers[name] = f"sha256={hmac.new(self.token.encode(), body, hashlib.sha256).hexdigest()}"
        if self.type == "github":
            headers["X-GitHub-Event"] = "push"
        if self.type == "generic-oidc":
            headers["Authorization"] = f"Bearer {identity}"
        return headers


@dataclass(frozen=True, kw_only=True)
class CallResult:
    """How the call of a receiver ended: `status` is None where there was no answer."""

    status: int | None
    detail: str

    @property
    def is_delivered(self) -> bool:
        return self.status == 200


@dataclass(frozen=True, kw_only=True)
class ReceiverCaller:
    """Calls receivers, again on 500, 503 and no answer."""

    http: HttpClient
    time_limit: float = _TIME_LIMIT
    sleep: Callable[[float], None] = time.sleep

    def call(self, receiver: Receiver, payload: Mapping[str, object], *, identity: str = "") -> CallResult:
        """Call a receiver. Never raises for what the other side does.

        `identity` is the token that says who calls, for `generic-oidc`.
        """
        body = json.dumps(payload).encode()
        headers = receiver.headers(body, identity)
        result = self._try(receiver.url, body, headers)
        for pause in _PAUSES:
            if result.status is not None and result.status not in _RETRIED:
                break
            self.sleep(pause)
            result = self._try(receiver.url, body, headers)
        return result

    def _try(self, url: str, body: bytes, headers: Mapping[str, str]) -> CallResult:
        try:
            answer = self.http.request(
                "POST", url, headers=headers, body=body, time_limit=self.time_limit, body_limit=_BODY_LIMIT
            )
        except NoAnswer as error:
            return CallResult(status=None, detail=str(error))
        meaning = "reconciling" if answer.status == 200 else _MEANINGS.get(answer.status, "an unexpected answer")
        return CallResult(status=answer.status, detail=meaning)
