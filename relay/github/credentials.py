"""Decides when the token for GitHub is fetched and renewed. It does not decide how (app_token.py, sts.py)."""

import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import anyio

from relay.errors import NoToken

log = logging.getLogger("relay.credentials")

# A token is renewed this long before its end, so that there is time for further attempts.
_AHEAD_SECONDS = 600.0
# A token this close to its end could expire on its way.
_MARGIN_SECONDS = 60.0
_RETRY_SECONDS = 60.0
_MINT_SECONDS = 20.0


class Credential(Protocol):
    """A source of tokens for one repository."""

    async def token(self) -> str:
        """Return a token that should be valid now. It may ask another service. Raise NoToken if there is none."""

    def invalidate(self, token: str) -> bool:
        """Discard a token that GitHub does not accept. Return whether `token` may provide another one at once."""


@dataclass(frozen=True, slots=True)
class StaticToken:
    """A token that the operator made."""

    value: str = field(repr=False)

    async def token(self) -> str:
        return self.value

    def invalidate(self, token: str) -> bool:  # noqa: ARG002  # the protocol's signature
        return False


class ReloadedCredential:
    """A credential that is made again when its file changes."""

    def __init__(self, make: Callable[[], Credential]) -> None:
        self._make = make
        self._credential = make()

    def reload(self) -> None:
        """Make the credential again. An exception of `make` leaves the former one in force."""
        self._credential = self._make()

    async def token(self) -> str:
        return await self._credential.token()

    def invalidate(self, token: str) -> bool:
        return self._credential.invalidate(token)


@dataclass(frozen=True, slots=True)
class MintedToken:
    """A token, the seconds until it ends, and its permissions if the issuer names them."""

    token: str = field(repr=False)
    seconds: float
    permissions: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\x21-\x7e]+", self.token):
            # An HTTP client would quote the text in its exception about a bad header.
            raise NoToken("the issuer's answer is not a token that can be sent")


class RenewedToken:
    """Keeps one token and renews it in time. While renewal fails, the old token is used as long as it is valid."""

    def __init__(
        self, mint: Callable[[], Awaitable[MintedToken]], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._mint = mint
        self._clock = clock
        self._lock = anyio.Lock()
        self._minted: MintedToken | None = None
        self._renew_at = 0.0
        self._ends_at = 0.0

    async def token(self) -> str:
        async with self._lock:
            if self._minted is None or self._clock() >= self._renew_at:
                return (await self._renew()).token
            return self._minted.token

    def invalidate(self, token: str) -> bool:
        if self._minted and self._minted.token == token:
            self._minted = None
        return True

    async def _renew(self) -> MintedToken:
        try:
            with anyio.fail_after(_MINT_SECONDS):
                minted = await self._mint()
        except TimeoutError:
            return self._fallback(NoToken(f"no token within {_MINT_SECONDS:.0f} seconds", is_passing=True))
        except NoToken as failure:
            return self._fallback(failure)
        self._minted = minted
        self._ends_at = self._clock() + minted.seconds - _MARGIN_SECONDS
        self._renew_at = self._clock() + max(minted.seconds - _AHEAD_SECONDS, minted.seconds / 2)
        log.info("token renewed", extra={"seconds": round(minted.seconds), "permissions": minted.permissions})
        return minted

    def _fallback(self, failure: NoToken) -> MintedToken:
        """Return the current token if it is still valid. Raise the failure if it is not."""
        if self._minted is None or self._clock() >= self._ends_at:
            raise failure
        log.warning("token not renewed", extra={"reason": failure.reason, "hint": failure.hint})
        self._renew_at = self._clock() + _RETRY_SECONDS
        return self._minted
