"""Where the token for GitHub comes from, and when it is fetched anew."""

import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import anyio

from relay.errors import NoToken

log = logging.getLogger("relay.credentials")

# A token is replaced so long before its end, so that there is time to try again.
_AHEAD_SECONDS = 600.0
# A token so close to its end could end on its way.
_MARGIN_SECONDS = 60.0
_RETRY_SECONDS = 60.0
_MINT_SECONDS = 20.0


class Credential(Protocol):
    """A source of tokens for one repository."""

    async def token(self) -> str:
        """A token that should be good now. May ask another service; raises NoToken."""

    def refused(self, token: str) -> bool:
        """GitHub does not know this token: whether `token` may give another one at once."""


@dataclass(frozen=True, slots=True)
class StaticToken:
    """A token that the operator made."""

    value: str = field(repr=False)

    async def token(self) -> str:
        return self.value

    def refused(self, token: str) -> bool:  # noqa: ARG002  # the protocol's signature
        return False


@dataclass(frozen=True, slots=True)
class Minted:
    """A token that ends in so many seconds, and what it may do, where that was told."""

    token: str = field(repr=False)
    seconds: float
    permissions: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\x21-\x7e]+", self.token):
            # An HTTP client would quote it in the exception about a bad header.
            raise NoToken("what came for a token cannot be sent as one")


class RenewedToken:
    """Keeps one token and has the next one minted in good time; the old one serves while that fails and it is good."""

    def __init__(self, mint: Callable[[], Awaitable[Minted]], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._mint = mint
        self._clock = clock
        self._lock = anyio.Lock()
        self._minted: Minted | None = None
        self._renew_at = 0.0
        self._ends_at = 0.0

    async def token(self) -> str:
        async with self._lock:
            if self._minted is None or self._clock() >= self._renew_at:
                return (await self._renewed()).token
            return self._minted.token

    def refused(self, token: str) -> bool:
        if self._minted and self._minted.token == token:
            self._minted = None
        return True

    async def _renewed(self) -> Minted:
        try:
            with anyio.fail_after(_MINT_SECONDS):
                minted = await self._mint()
        except TimeoutError:
            return self._kept(NoToken(f"no token within {_MINT_SECONDS:.0f} seconds"))
        except NoToken as failure:
            return self._kept(failure)
        self._minted = minted
        self._ends_at = self._clock() + minted.seconds - _MARGIN_SECONDS
        self._renew_at = self._clock() + max(minted.seconds - _AHEAD_SECONDS, minted.seconds / 2)
        log.info("token renewed", extra={"seconds": round(minted.seconds), "permissions": minted.permissions})
        return minted

    def _kept(self, failure: NoToken) -> Minted:
        """The token at hand, if it is still good; raises the failure if not."""
        if self._minted is None or self._clock() >= self._ends_at:
            raise failure
        log.warning("token not renewed", extra={"reason": failure.reason, "hint": failure.hint})
        self._renew_at = self._clock() + _RETRY_SECONDS
        return self._minted
